import { gammaln } from 'simple-statistics';

/**
 * log of the number of ways to choose k of n.
 *
 * @param n integer ≥ k ≥ 0
 * @see oracle scipy.special.gammaln
 */
export function logChoose(n: number, k: number): number {
  return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
}
