import { binOf, valueOfBin } from './grid.ts';

/**
 * What is kept of one signal over a window: enough for every detector and every picture, additive, and small.
 * Two summaries of disjoint rows merge into the summary of their union.
 */
export interface SignalSummary {
  /** Rows that had a value. */
  readonly count: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Rows per bin of the value grid (core/grid.ts); positive integers; adds up to `count`. */
  readonly bins: ReadonlyMap<number, number>;
}

/** Rows per bin of the value grid, ascending by bin; the JSON form of a summary's bins. */
export type Histogram = readonly (readonly [bin: number, rows: number])[];

/** Summary of raw values; null, undefined and non-finite values are left out. */
export function summarize(values: Iterable<number | null | undefined>): SignalSummary {
  let [count, sum, sumSquares] = [0, 0, 0];
  const bins = new Map<number, number>();
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    count++;
    sum += value;
    sumSquares += value * value;
    const bin = binOf(value);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  return { count, sum, sumSquares, bins };
}

/** Summary of the union of disjoint windows. */
export function mergeSummaries(...parts: readonly SignalSummary[]): SignalSummary {
  let [count, sum, sumSquares] = [0, 0, 0];
  const bins = new Map<number, number>();
  for (const part of parts) {
    count += part.count;
    sum += part.sum;
    sumSquares += part.sumSquares;
    for (const [bin, rows] of part.bins) bins.set(bin, (bins.get(bin) ?? 0) + rows);
  }
  return { count, sum, sumSquares, bins };
}

/** Mean, or null of an empty summary. */
export function meanOf(summary: SignalSummary): number | null {
  return summary.count === 0 ? null : summary.sum / summary.count;
}

/**
 * Quantile by the nearest-rank method on the grid, within 0.5 % of the exact one; null of an empty summary.
 *
 * @param share in [0, 1]
 */
export function quantileOf(summary: SignalSummary, share: number): number | null {
  if (summary.count === 0) return null;
  const rank = Math.min(summary.count, Math.max(1, Math.ceil(share * summary.count)));
  let seen = 0;
  for (const [bin, rows] of [...summary.bins].sort(([a], [b]) => a - b)) {
    seen += rows;
    if (seen >= rank) return valueOfBin(bin);
  }
  return null;
}
