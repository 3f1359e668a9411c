const HALF_LOG_TWO_PI = 0.918_938_533_204_672_8;

/**
 * log Γ(x) for x > 0 to 1e-13: Stirling's series, after stepping up to where it converges.
 *
 * @see Abramowitz & Stegun 6.1.41; oracle mpmath, test/golden/paired.py
 */
export function logGamma(x: number): number {
  let [shift, at] = [0, x];
  while (at < 15) {
    shift += Math.log(at);
    at++;
  }
  const square = at * at;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / at;
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_TWO_PI + series - shift;
}
