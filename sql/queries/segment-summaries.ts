import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import type { SignalSummary } from '../../core/summary.ts';
import type { Store } from '../client.ts';
import { INFERENCES } from './signal-rows.ts';

/** One signal of one segment over a span. */
export interface SegmentSummary {
  /** `region=eu`; empty: all inferences. */
  readonly segment: string;
  /** `inferences` counts all rows and has no bins. */
  readonly signal: string;
  readonly summary: SignalSummary;
}

export interface SegmentSummariesQuery {
  readonly stream: Omit<StreamKey, 'segment'>;
  readonly signals: readonly string[];
  /** Half-open [since, until), whole hours. */
  readonly since: Date;
  readonly until: Date;
}

const Row = z.object({
  segment: z.string(),
  signal: z.string(),
  count: z.coerce.number(),
  sum: z.coerce.number(),
  sum_squares: z.coerce.number(),
  keys: z.array(z.number()),
  counts: z.array(z.coerce.number()),
});

/** 8 attributes × 21 values × 10 signals, with room. */
const ROWS_MAX = 20_000;

const SEGMENT_SUMMARIES = `
  SELECT segment, signal, sum(r.count) AS count, sum(r.sum) AS sum, sum(r.sum_squares) AS sum_squares,
         sumMap(r.bins) AS all_bins, mapKeys(all_bins) AS keys, mapValues(all_bins) AS counts
    FROM rollup_hour AS r FINAL
   WHERE project = {project: String} AND model = {model: String} AND version = {version: String}
     AND bucket >= toDateTime({since: Int64}, 'UTC') AND bucket < toDateTime({until: Int64}, 'UTC')
     AND signal IN {signals: Array(String)}
   GROUP BY segment, signal
   ORDER BY segment, signal
   LIMIT ${ROWS_MAX}`;

/** Every segment of a model that had an inference, the whole first, and how many there were, from the hours; by name. */
export async function segmentSummaries(
  store: Store,
  { stream, signals, since, until }: SegmentSummariesQuery,
): Promise<SegmentSummary[]> {
  const rows = await store.rows(SEGMENT_SUMMARIES, {
    project: stream.project,
    model: stream.model,
    version: stream.version,
    signals: [INFERENCES, ...signals],
    since: Math.floor(since.getTime() / 1000),
    until: Math.ceil(until.getTime() / 1000),
  });
  return z
    .array(Row)
    .parse(rows)
    .map(({ segment, signal, count, sum, sum_squares, keys, counts }) => ({
      segment,
      signal,
      summary: {
        count,
        sum,
        sumSquares: sum_squares,
        bins: new Map(keys.map((bin, place) => [bin, counts[place] ?? 0])),
      },
    }));
}
