import type { Histogram } from '../../core/summary.ts';

/** Share of rows that an outer tail holds in the baseline, at most. */
export const TAIL_SHARE = 0.05;

/**
 * Mid-rank of a value in the frozen baseline, as a share in [0, 1]: P(baseline < value) + ½ P(equal). Its mean
 * over the baseline is ½ exactly, whatever the ties, and 2·mean − 1 over a window is Cliff's δ.
 */
export function rankIn(baseline: Histogram): (bin: number) => number {
  const known = RANKS.get(baseline);
  if (known) return known;
  const rank = ranksOf(baseline);
  RANKS.set(baseline, rank);
  return rank;
}

/** Every test of a window asks for the same ranks. */
const RANKS = new WeakMap<Histogram, (bin: number) => number>();

function ranksOf(baseline: Histogram): (bin: number) => number {
  const total = baseline.reduce((sum, [, rows]) => sum + rows, 0);
  const bins: number[] = [];
  const below: number[] = [];
  let seen = 0;
  for (const [bin, rows] of baseline) {
    bins.push(bin);
    below.push(seen);
    seen += rows;
  }
  below.push(seen);
  return (bin) => {
    const at = lowerBound(bins, bin);
    const ties = bins[at] === bin ? (below[at + 1] ?? 0) - (below[at] ?? 0) : 0;
    return ((below[at] ?? 0) + ties / 2) / total;
  };
}

/** Index of the first element that is not below `value`. */
function lowerBound(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
