import { normalLogSf } from './normal.ts';

/**
 * log of the one-sided p-value towards positive differences of Wilcoxon's signed-rank test of pairs in clusters: under no
 * difference the sign of a cluster's sum is a coin's, so its variance is the sum of the squares. Zeros say nothing and are
 * left out; ties share their mid-rank. 0.5 without a difference. O(n log n).
 *
 * @param clusters of each difference, any labels
 * @see Datta & Satten, Biometrics 64 (2008); oracle in test/golden/paired.py
 */
export function signedRankLogRise(differences: readonly number[], clusters: readonly unknown[]): number {
  const order = differences
    .map((value, index) => ({ value, size: Math.abs(value), cluster: clusters[index] }))
    .filter(({ size }) => size > 0)
    .sort((a, b) => a.size - b.size);
  const sums = new Map<unknown, number>();
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && order[end]?.size === order[start]?.size) end++;
    const rank = (start + end + 1) / 2;
    for (const { value, cluster } of order.slice(start, end))
      sums.set(cluster, (sums.get(cluster) ?? 0) + Math.sign(value) * rank);
    start = end;
  }
  let [total, squares, coins] = [0, 0, 0];
  for (const sum of sums.values()) {
    if (sum !== 0) coins++;
    total += sum;
    squares += sum * sum;
  }
  if (coins === 0) return -Math.LN2;
  // So many coins fall no rarer than this; the normal law would say so of few.
  return Math.max(normalLogSf(total / Math.sqrt(squares)), -coins * Math.LN2);
}
