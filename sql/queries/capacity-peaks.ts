import { z } from 'zod';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { minutesOf, type Server, serverName, THROUGHPUT } from './capacity.ts';

const DAY_MS = 86_400_000;
/** The busiest minutes of a day that are passed over, so that no odd minute is its peak: a hundredth of it. */
const PEAK_MINUTE = 15;

const Row = z.object({ name: z.string(), day: z.coerce.number(), peak: z.coerce.number() });

const PEAKS = `
  SELECT name, intDiv(minute, 86400) AS day,
         if(count() < ${PEAK_MINUTE}, 0, arrayReverseSort(groupArray(throughput))[${PEAK_MINUTE}]) AS peak
    FROM (${minutesOf({ columns: ['output_tokens'], measures: THROUGHPUT })})
   GROUP BY name, day`;

/**
 * Output tokens a second that each whole UTC day of [since, until) asked of servers in its busiest minutes, oldest day
 * first, by `serverName`. The day on which a server is first seen is 0, for it may have begun at any hour; so are days
 * before it and days without calls.
 *
 * @param since,until midnights
 */
export async function dailyPeaks(
  store: Store,
  {
    project,
    servers,
    since,
    until,
  }: { project: string; servers: readonly Server[]; since: Date; until: Date },
): Promise<Map<string, number[]>> {
  if (servers.length === 0) return new Map();
  const rows = await store.rows(PEAKS, {
    project,
    servers: servers.map(serverName),
    since: toSqlInstant(since),
    until: toSqlInstant(until),
  });
  const days = (until.getTime() - since.getTime()) / DAY_MS;
  const peaks = new Map<string, number[]>();
  const firsts = new Map<string, number>();
  for (const { name, day, peak } of z.array(Row).parse(rows)) {
    const place = day - since.getTime() / DAY_MS;
    const ofServer = peaks.get(name) ?? Array.from({ length: days }, () => 0);
    ofServer[place] = peak;
    peaks.set(name, ofServer);
    firsts.set(name, Math.min(place, firsts.get(name) ?? place));
  }
  for (const [name, first] of firsts) peaks.get(name)?.splice(first, 1, 0);
  return peaks;
}
