import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

/** How inferences of one stream arrive, and how far they have been judged. */
export interface Arrival {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  /** To the minute; to the hour if it is hours ago. */
  readonly lastSeen: Date;
  /** Longest time without any, of the days before. */
  readonly longestGapMs: number;
  /** Of an hour that has any: the usual number. */
  readonly perHour: number;
  /** End of the last window that was judged; null if there is none. */
  readonly judgedUntil: Date | null;
}

const Row = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  last_seen: Instant,
  longest_gap_s: z.coerce.number(),
  per_hour: z.coerce.number(),
  judged_until: Instant,
});

const ARRIVALS = `
  SELECT h.project AS project, h.model AS model, h.version AS version,
         toDateTime64(if(toUnixTimestamp(m.last_minute) > 0, m.last_minute + 59, h.last_hour + 3599), 3, 'UTC') AS last_seen,
         h.longest_gap_s AS longest_gap_s, h.per_hour AS per_hour,
         toDateTime64(f.judged_until, 3, 'UTC') AS judged_until
    FROM (
      SELECT project, model, version, max(bucket) AS last_hour, median(count) AS per_hour,
             arrayMax(arrayMap((at, before) -> at - before - 3600, arrayPopFront(hours), arrayPopBack(hours))) AS longest_gap_s,
             arraySort(groupArray(toUnixTimestamp(bucket))) AS hours
        FROM rollup_hour FINAL
       WHERE signal = 'inferences' AND segment = '' AND bucket >= {since: DateTime64(3, 'UTC')}
         AND bucket <= {now: DateTime64(3, 'UTC')}
       GROUP BY project, model, version
       ORDER BY last_hour DESC LIMIT {limit: UInt32}
    ) AS h
    LEFT JOIN (
      SELECT project, model, version, max(bucket) AS last_minute
        FROM rollup_minute FINAL
       WHERE signal = 'inferences' AND segment = '' AND bucket >= {recent: DateTime64(3, 'UTC')}
         AND bucket <= {now: DateTime64(3, 'UTC')}
       GROUP BY project, model, version
    ) AS m USING (project, model, version)
    LEFT JOIN (
      SELECT project, model, version, max(until) AS judged_until
        FROM findings
       WHERE segment = '' AND until >= {since: DateTime64(3, 'UTC')}
       GROUP BY project, model, version
    ) AS f USING (project, model, version)`;

const HOUR_MS = 3_600_000;
const STREAMS_MAX = 1_000;

/** Streams that had inferences since an instant, the last seen first; at most 1,000. */
export async function arrivals(store: Store, { since, now }: { since: Date; now: Date }): Promise<Arrival[]> {
  const rows = await store.rows(ARRIVALS, {
    since: toSqlInstant(since),
    recent: toSqlInstant(new Date(now.getTime() - 2 * HOUR_MS)),
    now: toSqlInstant(now),
    limit: STREAMS_MAX,
  });
  return z
    .array(Row)
    .parse(rows)
    .map(({ last_seen, longest_gap_s, per_hour, judged_until, ...stream }) => ({
      ...stream,
      lastSeen: last_seen,
      longestGapMs: longest_gap_s * 1_000,
      perHour: per_hour,
      judgedUntil: judged_until.getTime() === 0 ? null : judged_until,
    }));
}
