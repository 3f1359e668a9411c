import { gammaln } from 'simple-statistics';
import { normalLogSf } from './normal.ts';

/** Terms of the series and of the continued fraction; both stop long before at any value met. */
const TERMS_MAX = 10_000;
const PRECISION = 1e-16;
/** Keeps Lentz's recurrence away from a division by zero. */
const TINY = 1e-300;

/**
 * log P(X > x) of a χ² with `df` degrees of freedom, however deep the tail; 0 for x ≤ 0.
 *
 * @param df above 0
 * @see Abramowitz & Stegun 6.5.29 (series), 6.5.31 (continued fraction, by Lentz); oracle scipy.stats.chi2.logsf
 */
export function chiSquaredLogSf(x: number, df: number): number {
  if (x <= 0) return 0;
  const [a, half] = [df / 2, x / 2];
  const logFactor = a * Math.log(half) - half - gammaln(a);
  if (half < a + 1) return Math.log1p(-Math.min(1, Math.exp(logFactor) * lowerSeries(a, half)));
  return logFactor + Math.log(upperFraction(a, half));
}

/** P(X ≤ x) of a non-central χ², to about three digits: Sankaran's normal approximation (Biometrika 46, 1959). */
function nonCentralBelow(x: number, df: number, noncentrality: number): number {
  const [sum, twice, thrice] = [1, 2, 3].map((times) => df + times * noncentrality) as [
    number,
    number,
    number,
  ];
  const h = 1 - (2 * sum * thrice) / (3 * twice * twice);
  const p = twice / (sum * sum);
  const m = (h - 1) * (1 - 3 * h);
  const middle = 1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p);
  const z = ((x / sum) ** h - middle) / (h * Math.sqrt(2 * p) * (1 + 0.5 * m * p));
  return Math.exp(normalLogSf(-z));
}

/** Limits of the non-centrality of a χ² that was seen as x: 95 % on two sides; 0 where the data admit none. */
export function noncentralityInterval(x: number, df: number): { low: number; high: number } {
  return { low: noncentralityAt(x, df, 0.975), high: noncentralityAt(x, df, 0.025) };
}

/** The non-centrality with which so much lies below x; below falls as it grows. */
function noncentralityAt(x: number, df: number, below: number): number {
  if (nonCentralBelow(x, df, 0) <= below) return 0;
  let [low, high] = [0, x + 10];
  while (nonCentralBelow(x, df, high) > below) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (nonCentralBelow(x, df, middle) > below) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function lowerSeries(a: number, x: number): number {
  let [term, sum] = [1 / a, 1 / a];
  for (let n = 1; n < TERMS_MAX && term > PRECISION * sum; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < TERMS_MAX; n++) {
    const coefficient = -n * (n - a);
    b += 2;
    d = 1 / nonZero(coefficient * d + b);
    c = nonZero(b + coefficient / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < PRECISION * 10) break;
  }
  return value;
}

const nonZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
