import { z } from 'zod';
import { valueOfBin } from '../../core/grid.ts';
import type { Store } from '../client.ts';
import { INFERENCES } from './signal-rows.ts';

/** One signal of one stream in one bucket of time. */
export interface SignalBucket {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  readonly signal: string;
  /** The bucket starts at `since` + bucket × `stepMs`. */
  readonly bucket: number;
  readonly count: number;
  readonly mean: number;
  readonly p05: number;
  readonly median: number;
  readonly p95: number;
  /** Every value is 0 or 1: the mean is a share. */
  readonly isBinary: boolean;
}

export interface SeriesQuery {
  /** Empty: all projects. */
  readonly project: string;
  /** Null: all streams. */
  readonly stream: { readonly model: string; readonly version: string } | null;
  /** Empty: all inferences. */
  readonly segment: string;
  /** Null: every signal that has numbers. */
  readonly signals: readonly string[] | null;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Whole minutes; from whole hours on the hour rollup is read. */
  readonly stepMs: number;
}

const Row = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  signal: z.string(),
  bucket: z.coerce.number(),
  count: z.coerce.number(),
  mean: z.coerce.number(),
  quantiles: z.tuple([z.number(), z.number(), z.number()]),
  is_binary: z.coerce.number(),
});

const HOUR_MS = 3_600_000;
/** 32 signals × 600 buckets × a few streams, with room. */
const ROWS_MAX = 200_000;

/** Quantiles by nearest rank on the grid, as core/summary.ts \`quantileOf\` does it; keys of sumMap are in order. */
const seriesQuery = (table: 'rollup_minute' | 'rollup_hour'): string => `
  SELECT project, model, version, signal, at AS bucket, n AS count, total / n AS mean, is_binary,
         arrayMap(share -> keys[arrayFirstIndex(seen -> seen >= greatest(1, ceil(share * n)), seen_rows)],
                  [0.05, 0.5, 0.95]) AS quantiles
    FROM (
      SELECT project, model, version, signal,
             intDiv(toUnixTimestamp(bucket) - {since: Int64}, {step: Int64}) AS at,
             sum(r.count) AS n, sum(r.sum) AS total, sumMap(r.bins) AS all_bins,
             mapKeys(all_bins) AS keys, arrayCumSum(mapValues(all_bins)) AS seen_rows,
             hasAll([0, 5000], keys) AS is_binary
        FROM ${table} AS r FINAL
       WHERE ({project: String} = '' OR project = {project: String}) AND segment = {segment: String}
         AND ({isAllStreams: UInt8} OR (model = {model: String} AND version = {version: String}))
         AND ({isAllSignals: UInt8} OR signal IN {signals: Array(String)})
         AND bucket >= toDateTime({since: Int64}, 'UTC') AND bucket < toDateTime({until: Int64}, 'UTC')
         AND signal != '${INFERENCES}' AND notEmpty(bins)
       GROUP BY project, model, version, signal, at
    )
   WHERE n > 0
   ORDER BY project, model, version, signal, bucket
   LIMIT ${ROWS_MAX}`;

const BY_MINUTE = seriesQuery('rollup_minute');
const BY_HOUR = seriesQuery('rollup_hour');

/** Buckets that had a value, by stream and signal, oldest first. Categories have no numbers and are left out. */
export async function signalSeries(store: Store, query: SeriesQuery): Promise<SignalBucket[]> {
  const { project, stream, segment, signals, since, until, stepMs } = query;
  const rows = await store.rows(stepMs % HOUR_MS === 0 ? BY_HOUR : BY_MINUTE, {
    project,
    segment,
    isAllStreams: stream === null ? 1 : 0,
    model: stream?.model ?? '',
    version: stream?.version ?? '',
    isAllSignals: signals === null ? 1 : 0,
    signals: signals ?? [],
    since: Math.floor(since.getTime() / 1000),
    until: Math.ceil(until.getTime() / 1000),
    step: stepMs / 1000,
  });
  return z
    .array(Row)
    .parse(rows)
    .map(({ quantiles, is_binary, ...row }) => {
      const [p05, median, p95] = quantiles.map(valueOfBin) as [number, number, number];
      return { ...row, p05, median, p95, isBinary: is_binary === 1 };
    });
}
