import type { StreamKey } from '../../core/finding.ts';
import type { SignalSummary } from '../../core/summary.ts';
import type { Store } from '../client.ts';
import { OF_STREAMS, ofStreams } from '../of-streams.ts';

/** One signal of one stream in one window of the past. */
export interface PastWindow {
  /** Start, in ms since 1970; a multiple of the window's length. */
  readonly sinceMs: number;
  /** Empty for a category signal. */
  readonly summary: SignalSummary;
  readonly categories: ReadonlyMap<string, number>;
}

interface Row {
  readonly at: string | number;
  readonly n: string | number;
  readonly total: number;
  readonly squares: number;
  readonly bins: string;
  readonly rows_in_bins: string;
  readonly by_category: string;
}

const HOUR_MS = 3_600_000;

/** What a signal of a stream was in [since, until), window by window, oldest first; a window without a value is not there. */
export async function windowHistory(
  store: Store,
  { key, signal }: { key: StreamKey; signal: string },
  { since, until, windowMs }: { since: Date; until: Date; windowMs: number },
): Promise<PastWindow[]> {
  const table = windowMs % HOUR_MS === 0 ? 'rollup_hour' : 'rollup_minute';
  const rows = (await store.rows(
    `SELECT intDiv(toUnixTimestamp(bucket), {seconds: UInt32}) AS at, sum(r.count) AS n, sum(r.sum) AS total,
            sum(r.sum_squares) AS squares, sumMap(r.bins) AS by_bin, toString(mapKeys(by_bin)) AS bins,
            toString(mapValues(by_bin)) AS rows_in_bins, toJSONString(sumMap(r.categories)) AS by_category
       FROM ${table} AS r FINAL
      WHERE ${OF_STREAMS} AND signal = {signal: String}
        AND bucket >= toDateTime({since: Float64}, 'UTC') AND bucket < toDateTime({until: Float64}, 'UTC')
      GROUP BY at ORDER BY at`,
    {
      ...ofStreams([key]),
      signal,
      seconds: windowMs / 1000,
      since: Math.floor(since.getTime() / 1000),
      until: Math.ceil(until.getTime() / 1000),
    },
  )) as Row[];
  return rows.map(({ at, n, total, squares, bins, rows_in_bins, by_category }) => {
    const counts = JSON.parse(rows_in_bins) as number[];
    const byBin = (JSON.parse(bins) as number[]).map((bin, place): [number, number] => [
      bin,
      counts[place] ?? 0,
    ]);
    const values = Object.entries(JSON.parse(by_category) as Record<string, string | number>);
    return {
      sinceMs: Number(at) * windowMs,
      summary: { count: Number(n), sum: total, sumSquares: squares, bins: new Map(byBin) },
      categories: new Map(values.map(([value, count]) => [value, Number(count)])),
    };
  });
}
