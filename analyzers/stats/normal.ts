const LOG_SQRT_TWO_PI = 0.918_938_533_204_672_8;
/** Below this the power series is exact to the last digits, above it the continued fraction is. */
const SERIES_MAX = 2.5;

/**
 * log P(Z > z) of a standard normal Z, to 1e-13 relative however deep the tail.
 *
 * @see Abramowitz & Stegun 26.2.11 (series) and 26.2.14 (continued fraction); oracle scipy.stats.norm.logsf.
 */
export function normalLogSf(z: number): number {
  if (z < -SERIES_MAX) return Math.log1p(-Math.exp(normalLogSf(-z)));
  if (z < SERIES_MAX) return Math.log(0.5 - centralMass(z));
  return -0.5 * z * z - LOG_SQRT_TWO_PI - Math.log(inverseMills(z));
}

/**
 * z with P(Z > z) = p.
 *
 * @param p in (0, 1)
 * @see Newton's method on the log of the tail; oracle scipy.stats.norm.isf.
 */
export function normalIsf(p: number): number {
  return p > 0.5 ? -normalIsf(1 - p) : normalIsfOfLog(Math.log(p));
}

/** The same of a p-value that is given as its logarithm, at most log ½: it may be too small for a number. */
export function normalIsfOfLog(logP: number): number {
  // Starts left of the root, where the concave log tail lets Newton approach from one side.
  let z = Math.sqrt(Math.max(0, -2 * logP - 2 * LOG_SQRT_TWO_PI)) * 0.5;
  for (let step = 0; step < 60; step++) {
    const logSf = normalLogSf(z);
    const hazard = Math.exp(-0.5 * z * z - LOG_SQRT_TWO_PI - logSf);
    const change = (logSf - logP) / hazard;
    z += change;
    if (Math.abs(change) < 1e-14 * (1 + Math.abs(z))) break;
  }
  return z;
}

/** P(0 < Z < z), negative for negative z. */
function centralMass(z: number): number {
  let [term, sum] = [z, z];
  for (let odd = 3; Math.abs(term) > 1e-18 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return sum * Math.exp(-0.5 * z * z - LOG_SQRT_TWO_PI);
}

/** φ(z) / P(Z > z) for z ≥ 2.5, from the far end of the continued fraction inwards. */
function inverseMills(z: number): number {
  let value = z;
  for (let k = 120; k >= 1; k--) value = z + k / value;
  return value;
}
