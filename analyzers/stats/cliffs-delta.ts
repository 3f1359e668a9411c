import type { Histogram } from '../../core/summary.ts';
import type { Interval } from './proportion-interval.ts';

export interface CliffsDelta extends Interval {
  /** P(current > baseline) − P(current < baseline), in [−1, 1]; ties count for neither. */
  readonly value: number;
}

/**
 * Cliff's δ of two histograms with a score interval that stays inside [−1, 1] and has width even when the
 * samples do not overlap. Ties make it a little wide.
 *
 * @param baseline ascending, not empty
 * @param current ascending, not empty
 * @param z standard normal quantile: 1.96 for 95 %
 * @see Newcombe, Statistics in Medicine 25 (2006), part 2, method 5; oracle in test/golden/stats.py
 */
export function cliffsDelta(baseline: Histogram, current: Histogram, z: number): CliffsDelta {
  const [m, n] = [rowsOf(baseline), rowsOf(current)];
  let [below, at, wins] = [0, 0, 0];
  for (const [bin, rows] of current) {
    while (at < baseline.length && baseline[at]![0] < bin) below += baseline[at++]![1];
    const ties = baseline[at]?.[0] === bin ? baseline[at]![1] : 0;
    wins += rows * (2 * below + ties);
  }
  const value = wins / (m * n) - 1;
  return { value, ...deltaInterval({ value, m, n, z }) };
}

/**
 * The same interval for a δ that is known already.
 *
 * @param at m, n: rows on either side, at least 1 and not always whole
 */
export function deltaInterval(at: { value: number; m: number; n: number; z: number }): Interval {
  const { value, m, n, z } = at;
  const theta = (value + 1) / 2;
  const bound = (end: 0 | 1) => 2 * scoreBound({ theta, end, m, n, z }) - 1;
  return { low: bound(0), high: bound(1) };
}

function rowsOf(histogram: Histogram): number {
  let sum = 0;
  for (const [, rows] of histogram) sum += rows;
  return sum;
}

/** Where (θ − θ̂)² = z² V(θ) between θ̂ and an end of [0, 1]; bisection, 60 halvings. */
function scoreBound(at: { theta: number; end: 0 | 1; m: number; n: number; z: number }): number {
  const { theta, end, m, n, z } = at;
  const half = (m + n) / 2 - 1;
  const isInside = (t: number) => {
    const variance = (t * (1 - t) * (1 + half * ((1 - t) / (2 - t) + t / (1 + t)))) / (m * n);
    return (t - theta) ** 2 <= z * z * variance;
  };
  let [inside, outside] = [theta, end as number];
  if (isInside((inside + outside) / 2) && theta === end) return theta;
  for (let step = 0; step < 60; step++) {
    const middle = (inside + outside) / 2;
    if (isInside(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
