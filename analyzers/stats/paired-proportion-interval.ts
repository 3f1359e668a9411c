import { type Interval, wilsonInterval } from './proportion-interval.ts';

/** Pairs by what both sides said. */
export interface PairedProportions {
  readonly both: number;
  /** Only the baseline, only the candidate. */
  readonly before: number;
  readonly after: number;
  readonly neither: number;
}

/**
 * Newcombe's score interval for the difference after − before of two rates of the same units.
 *
 * @param pairs at least one pair
 * @param z standard normal quantile: 1.96 for 95 % on two sides
 * @see Newcombe, Statistics in Medicine 17 (1998), 2635–2650, method 10; oracle in test/golden/paired.py
 */
export function pairedNewcombe(pairs: PairedProportions, z: number): Interval {
  const { both, before, after, neither } = pairs;
  const trials = both + before + after + neither;
  const [p, q] = [(both + before) / trials, (both + after) / trials];
  const old = wilsonInterval({ successes: both + before, trials }, z);
  const now = wilsonInterval({ successes: both + after, trials }, z);
  const phi = correlation(pairs, trials);
  const width = (a: number, b: number): number => Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  return {
    low: q - p - width(q - now.low, old.high - p),
    high: q - p + width(now.high - q, p - old.low),
  };
}

/** Of the two answers; made smaller by a continuity correction when positive, 0 where a margin is empty. */
function correlation({ both, before, after, neither }: PairedProportions, trials: number): number {
  const margins = (both + before) * (after + neither) * (both + after) * (before + neither);
  if (margins === 0) return 0;
  const numerator = both * neither - before * after;
  const corrected = numerator > 0 ? Math.max(numerator - trials / 2, 0) : numerator;
  return corrected / Math.sqrt(margins);
}
