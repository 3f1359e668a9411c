import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

/** How much of a stream there is. */
export interface StreamTotals {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly inferences: number;
  /** Of the hour up to `lastSeen`; of a stream silent for hours, of the last hour of the clock. */
  readonly lastHour: number;
  /** To the hour. */
  readonly firstSeen: Date;
  /** To the minute; of a stream silent for hours, to the hour. Never after `now`. */
  readonly lastSeen: Date;
}

const Row = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  segment: z.string(),
  inferences: z.coerce.number(),
  last_hour: z.coerce.number(),
  first_seen: Instant,
  last_seen: Instant,
});

const CHOSEN = `segment = {segment: String} AND signal = 'inferences'
         AND ({project: String} = '' OR project = {project: String})
         AND ({isAllStreams: UInt8} OR (model = {model: String} AND version = {version: String}))`;

/** Hours for what is old, minutes for the last two hours: a scan of all minutes would cost as much as all signals. */
const STREAM_TOTALS = `
  SELECT project, model, version, {segment: String} AS segment, h.inferences AS inferences,
         if(m.minutes = 0, h.of_last_hour, m.of_last_hour) AS last_hour,
         toDateTime64(h.first_hour, 3, 'UTC') AS first_seen,
         least(if(m.minutes = 0, toDateTime64(h.last_bucket, 3, 'UTC') + 3599, toDateTime64(m.last_bucket, 3, 'UTC') + 59),
               {now: DateTime64(3, 'UTC')}) AS last_seen
    FROM (
      SELECT project, model, version, sum(count) AS inferences, min(bucket) AS first_hour,
             max(bucket) AS last_bucket, argMax(count, bucket) AS of_last_hour
        FROM rollup_hour FINAL
       WHERE ${CHOSEN}
       GROUP BY project, model, version
       ORDER BY last_bucket DESC, project, model, version
       LIMIT {limit: UInt32}
    ) AS h
    LEFT JOIN (
      SELECT project, model, version, max(bucket) AS last_bucket, count() AS minutes,
             arraySum(arrayFilter((n, at) -> at > last_bucket - 3600, groupArray(count), groupArray(bucket))) AS of_last_hour
        FROM rollup_minute FINAL
       WHERE ${CHOSEN}
         AND bucket >= {now: DateTime64(3, 'UTC')} - 7200
       GROUP BY project, model, version
    ) AS m USING (project, model, version)
   ORDER BY last_seen DESC, project, model, version`;

/**
 * Streams, the last seen first, at most `limit`. An empty project means all of them.
 *
 * @param stream null for all streams
 * @param segment empty for all inferences
 */
export async function streamTotals(
  store: Store,
  params: {
    project: string;
    stream: { model: string; version: string } | null;
    segment: string;
    now: Date;
    limit: number;
  },
): Promise<StreamTotals[]> {
  const { project, stream, segment, now, limit } = params;
  const rows = await store.rows(STREAM_TOTALS, {
    project,
    segment,
    isAllStreams: stream === null ? 1 : 0,
    model: stream?.model ?? '',
    version: stream?.version ?? '',
    now: toSqlInstant(now),
    limit,
  });
  return z
    .array(Row)
    .parse(rows)
    .map(({ last_hour, first_seen, last_seen, ...row }) => ({
      ...row,
      lastHour: last_hour,
      firstSeen: first_seen,
      lastSeen: last_seen,
    }));
}
