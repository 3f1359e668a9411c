const HALF_LOG_TWO_PI = 0.918_938_533_204_672_8;

/**
 * log of the number of ways to choose k of n.
 *
 * @param n integer ≥ k ≥ 0
 * @see oracle scipy.special.gammaln
 */
export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** log n! by Stirling's series, lifted above 16 where its error is below 1e-16. */
function logFactorial(n: number): number {
  let [x, product] = [n + 1, 1];
  while (x < 16) product *= x++;
  const r = 1 / (x * x);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / x;
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + series - Math.log(product);
}
