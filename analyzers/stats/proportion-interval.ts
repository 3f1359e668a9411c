import type { Proportion } from './fisher.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval for a rate.
 *
 * @param trials at least 1
 * @param z standard normal quantile: 1.96 for 95 % on two sides
 * @see Wilson (1927); oracle scipy.stats.binomtest(...).proportion_ci(method='wilson')
 */
export function wilsonInterval({ successes, trials }: Proportion, z: number): Interval {
  const rate = successes / trials;
  const spread = (z * z) / trials;
  const middle = rate + spread / 2;
  const half = Math.sqrt(spread * (rate * (1 - rate) + spread / 4));
  return {
    low: Math.max(0, (middle - half) / (1 + spread)),
    high: Math.min(1, (middle + half) / (1 + spread)),
  };
}

/**
 * Newcombe's hybrid score interval for the difference current − baseline of two rates.
 *
 * @see Newcombe, Statistics in Medicine 17 (1998), method 10; oracle in test/golden/stats.py
 */
export function newcombeInterval(baseline: Proportion, current: Proportion, z: number): Interval {
  const before = baseline.successes / baseline.trials;
  const after = current.successes / current.trials;
  const old = wilsonInterval(baseline, z);
  const now = wilsonInterval(current, z);
  return {
    low: after - before - Math.hypot(after - now.low, old.high - before),
    high: after - before + Math.hypot(now.high - after, before - old.low),
  };
}
