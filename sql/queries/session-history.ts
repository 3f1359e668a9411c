import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { SessionSums } from '../../core/window.ts';
import type { Store } from '../client.ts';
import { SEGMENT_VALUE_LENGTH_MAX } from '../segments.ts';
import { INFERENCES_READ, sessionSumsQuery, sumsOf, UNIT } from './session-sums.ts';

/** Sums by signal, by start of the window in ms since 1970. */
export type SessionHistory = ReadonlyMap<number, ReadonlyMap<string, SessionSums>>;

const DayRow = z.object({ day: z.coerce.number(), rows: z.coerce.number(), together: z.coerce.number() });
const WindowRow = z.object({ at: z.coerce.number() });

const DAY_S = 86_400;

/**
 * How the rows of a stream fell into sessions in [since, until), whole minutes, window by window, from the inferences themselves. A
 * segment that stands for the other values of an attribute has none, nor has a day in which nobody has a session or a
 * user. Of a day with more than INFERENCES_READ inferences whole sessions are drawn.
 */
export async function sessionHistory(
  store: Store,
  key: StreamKey,
  { since, until, windowMs }: { since: Date; until: Date; windowMs: number },
): Promise<SessionHistory> {
  const { segment, ...whole } = key;
  const ofStream = `project = {project: String} AND model = {model: String} AND version = {version: String}
    AND toStartOfMinute(timestamp) >= toDateTime({since: Float64}, 'UTC') AND toStartOfMinute(timestamp) < toDateTime({until: Float64}, 'UTC')
    ${segment === '' ? '' : IN_SEGMENT}`;
  const span = { since: since.getTime() / 1000, until: until.getTime() / 1000 };
  const params = { ...whole, segment, seconds: windowMs / 1000 };
  const days = z.array(DayRow).parse(
    await store.rows(
      `SELECT intDiv(toUnixTimestamp(timestamp), ${DAY_S}) AS day, count() AS rows, countIf(session != '' OR user != '') AS together
         FROM inferences WHERE ${ofStream} GROUP BY day ORDER BY day`,
      { ...params, ...span },
    ),
  );
  const query = sessionSumsQuery({
    where: `${ofStream} AND ${UNIT} % {drawn: UInt32} = 0`,
    keep: ['intDiv(toUnixTimestamp(timestamp), {seconds: UInt32}) AS at'],
    groupBy: ['at'],
  });
  const found = new Map<number, ReadonlyMap<string, SessionSums>>();
  for (const { day, rows } of days.filter(({ together }) => together > 0)) {
    const bounds = {
      since: Math.max(span.since, day * DAY_S),
      until: Math.min(span.until, (day + 1) * DAY_S),
    };
    const drawn = Math.max(1, Math.ceil(rows / INFERENCES_READ));
    const sums = await store.rows(query, { ...params, ...bounds, drawn });
    const byWindow = groupBy(sums, (row) => WindowRow.parse(row).at);
    for (const [at, ofWindow] of byWindow) found.set(at * windowMs, sumsOf(ofWindow));
  }
  return found;
}

const IN_SEGMENT = `AND has(arrayMap((name, value) -> concat(toString(name), '=', leftUTF8(value, ${SEGMENT_VALUE_LENGTH_MAX})),
      mapKeys(attributes), mapValues(attributes)), {segment: String})`;
