import { normalLogSf } from './normal.ts';

/**
 * log P(T > t) of Student's t, t ≥ 0, through the normal score of t: within a few per cent of the p-value with 8 degrees
 * of freedom or more down to 1e-8, and on the careful side (larger) far beyond.
 *
 * @param freedom degrees of freedom; infinite for the normal law itself
 * @see Wallace, "Bounds on normal approximations to Student's and the chi-square distributions" (1959)
 */
export function studentLogSf(t: number, freedom: number): number {
  if (freedom === Number.POSITIVE_INFINITY) return normalLogSf(t);
  const score = Math.sqrt(freedom * Math.log1p((t * t) / freedom));
  return normalLogSf((score * (8 * freedom + 1)) / (8 * freedom + 3));
}
