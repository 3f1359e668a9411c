import { logGamma } from './log-gamma.ts';

/** Enough for df up to 1e6; beyond that the law is normal to 1e-6. */
const STEPS_MAX = 2_000;

/**
 * log P(T > t) of Student's law, however deep the tail.
 *
 * @param df degrees of freedom, above 0, not necessarily whole
 * @see Abramowitz & Stegun 26.7.1 by the incomplete beta function; oracle mpmath, test/golden/paired.py
 */
export function studentLogSf(t: number, df: number): number {
  if (t < 0) return Math.log1p(-Math.exp(studentLogSf(-t, df)));
  return Math.min(0, logIncompleteBeta({ a: df / 2, b: 0.5, t, df }) - Math.LN2);
}

/**
 * The standard normal deviate of a Student's t ≥ 0: P(Z > z) is within a few per cent of P(T > t) from 8 degrees of freedom on,
 * down to 1e-8, and larger far beyond: never in favour of an alarm.
 *
 * @param df degrees of freedom; infinite for the normal law itself
 * @see Wallace, "Bounds on normal approximations to Student's and the chi-square distributions" (1959)
 */
export function studentDeviate(t: number, df: number): number {
  if (df === Number.POSITIVE_INFINITY) return t;
  return (Math.sqrt(df * Math.log1p((t * t) / df)) * (8 * df + 1)) / (8 * df + 3);
}

/** t with P(T > t) = p, by bisection to 1e-10. @param p in (0, 0.5] */
export function studentIsf(p: number, df: number): number {
  const logP = Math.log(p);
  let [low, high] = [0, 1];
  while (studentLogSf(high, df) > logP) high *= 2;
  while (high - low > 1e-10 * Math.max(1, high)) {
    const middle = (low + high) / 2;
    if (studentLogSf(middle, df) > logP) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** log of the regularised I_x(a, b) at x = df / (df + t²), given t so that 1 − x loses no digits. */
function logIncompleteBeta({ a, b, t, df }: { a: number; b: number; t: number; df: number }): number {
  const x = df / (df + t * t);
  const rest = (t * t) / (df + t * t);
  if (rest === 0) return 0;
  const logFront = a * Math.log(x) + b * Math.log(rest) + logGamma(a + b) - logGamma(a) - logGamma(b);
  if (x < (a + 1) / (a + b + 2)) return logFront + Math.log(fraction(a, b, x) / a);
  return Math.log1p(-Math.exp(logFront) * (fraction(b, a, rest) / b));
}

/** Continued fraction of the incomplete beta function by Lentz's method (Numerical Recipes 6.4). */
function fraction(a: number, b: number, x: number): number {
  const guarded = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= STEPS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return value;
}
