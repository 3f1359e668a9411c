/** Numbers, and the cluster that each belongs to. */
export interface Values {
  readonly values: readonly number[];
  readonly clusters: readonly string[];
}

/**
 * Mean, and its variance as clusters say it: the sandwich estimate, with the correction for few clusters.
 *
 * @param values at least one
 * @see Liang & Zeger (1986); of one row a cluster it is s²/n
 */
export function clusterMean(side: Values): { mean: number; variance: number; clusters: number } {
  const { mean, sums } = clusterSums(side);
  const count = sums.length;
  const squares = sums.reduce((total, sum) => total + sum * sum, 0);
  const variance = count > 1 ? (squares * count) / (count - 1) / side.values.length ** 2 : 0;
  return { mean, variance, clusters: count };
}

/** Mean, and of each cluster the sum of what its values are off it. */
export function clusterSums({ values, clusters }: Values): { mean: number; sums: number[] } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sums = new Map<string, number>();
  values.forEach((value, index) => {
    const cluster = clusters[index] ?? '';
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - mean);
  });
  return { mean, sums: [...sums.values()] };
}

/**
 * Degrees of freedom of a difference of two means of clusters, at least 1.
 *
 * @see Welch (1947)
 */
export function welchDf(
  a: { variance: number; clusters: number },
  b: { variance: number; clusters: number },
): number {
  const parts = [a, b].map(({ variance, clusters }) => variance ** 2 / Math.max(1, clusters - 1));
  const sum = parts.reduce((total, part) => total + part, 0);
  return sum === 0 ? 1 : Math.max(1, (a.variance + b.variance) ** 2 / sum);
}

/** Mid-ranks among both sides together, as shares of all. O(n log n). */
export function midRanks(before: readonly number[], after: readonly number[]): [number[], number[]] {
  const all = [...before, ...after];
  const order = all.map((_, index) => index).sort((a, b) => (all[a] ?? 0) - (all[b] ?? 0));
  const ranks = new Array<number>(all.length).fill(0);
  for (let start = 0; start < order.length; ) {
    let end = start;
    const value = all[order[start] ?? 0];
    while (end < order.length && all[order[end] ?? 0] === value) end++;
    for (const index of order.slice(start, end)) ranks[index] = (start + end) / 2 / all.length;
    start = end;
  }
  return [ranks.slice(0, before.length), ranks.slice(before.length)];
}
