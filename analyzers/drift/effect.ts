import type { Direction, Effect, Verdict } from '../../core/finding.ts';
import type { SignalSpec } from '../../core/signals.ts';
import type { Histogram } from '../../core/summary.ts';
import { cliffsDelta } from '../stats/cliffs-delta.ts';
import type { Proportion } from '../stats/fisher.ts';
import { ksDistance } from '../stats/ks.ts';
import { newcombeInterval } from '../stats/proportion-interval.ts';
import type { DetectorOptions } from './options.ts';
import { rankIn, TAIL_SHARE } from './ranks.ts';
import type { Kind, Sample } from './sample.ts';
import { LOWER_TAIL, RANK, UPPER_TAIL } from './scores.ts';

/** 95 % on two sides. */
const INTERVAL_Z = 1.959963984540054;
/** Distribution-free half width of a KS distance at 95 %, times √(1/m + 1/n) (Kolmogorov's law). */
const KS_HALF_WIDTH = 1.358;
/** Mean of the squared KS distance without a change, over (1/m + 1/n): π²/12. */
const KS_NULL_SQUARE = Math.PI ** 2 / 12;

/** Two sides of one signal. */
export interface Pair {
  readonly baseline: Sample;
  readonly current: Sample;
  readonly kind: Kind;
  readonly spec: SignalSpec;
  /** Mean of each score (scores.ts) that is expected of the current rows; by default that of the baseline. */
  readonly expected?: readonly number[] | undefined;
}

export interface Change {
  readonly direction: Direction;
  readonly verdict: Verdict;
  readonly effect: Effect;
  /** Whether the effect reaches the minimum that matters, and its interval is clear of nothing. */
  readonly isLarge: boolean;
  /** The effect with its own sampling noise taken off, so that it can be followed over small windows. */
  readonly size: number;
}

/** Successes of a binary signal: rows in any bin but that of 0. */
export function proportionOf(sample: Sample): Proportion {
  const zeros = sample.bins.find(([bin]) => bin === 0)?.[1] ?? 0;
  return { successes: sample.count - zeros, trials: sample.count };
}

/** How the middle of a signal moved: difference of rates, or Cliff's δ; away from what was expected. */
export function middleChange(pair: Pair, options: DetectorOptions): Change {
  return pair.kind === 'rate' ? rateChange(pair, options) : rankChange(pair, options);
}

function rateChange({ baseline, current, spec, expected }: Pair, options: DetectorOptions): Change {
  const before = shareExpected(proportionOf(baseline), expected?.[0]);
  const after = proportionOf(current);
  const effect = rateEffect(before, after);
  return middleOf(effect, spec, isLargeRate(before, after, options));
}

function rankChange({ baseline, current, spec, expected }: Pair, options: DetectorOptions): Change {
  const { value, low, high } = cliffsDelta(baseline.bins, current.bins, INTERVAL_Z);
  // δ is twice the mean rank, less one: the season's part of it is taken off.
  const season = 2 * (expected?.[RANK] ?? 0.5) - 1;
  const at = (delta: number) => Math.min(1, Math.max(-1, delta - season));
  const effect: Effect = { name: 'cliffs_delta', value: at(value), low: at(low), high: at(high) };
  return middleOf(effect, spec, Math.abs(effect.value) >= options.deltaMin);
}

function middleOf(effect: Effect, spec: SignalSpec, isEnough: boolean): Change {
  const direction = effect.value >= 0 ? 'up' : 'down';
  const isClear = effect.low > 0 || effect.high < 0;
  return { direction, verdict: spec[direction], effect, isLarge: isEnough && isClear, size: effect.value };
}

/** As many trials at the share that is expected. */
function shareExpected(before: Proportion, share: number | undefined): Proportion {
  return share === undefined ? before : { successes: share * before.trials, trials: before.trials };
}

/** By how much the KS distance must exceed |δ| to speak of shape: 0.7 of it is what moving the middle gives. */
const SHAPE_OVER_MIDDLE = 1.3;

/**
 * The middle's change, unless the shape's is large and much the clearer one. A shape whose middle moved enough
 * to matter keeps the verdict of the middle.
 */
export function clearestChange(pair: Pair, options: DetectorOptions): Change {
  const middle = middleChange(pair, options);
  if (pair.kind === 'rate') return middle;
  const shape = shapeChange(pair, options);
  // A season that moves the middle moves the shape as well, so it counts here.
  const moved = Math.abs(middle.size + 2 * (pair.expected?.[RANK] ?? 0.5) - 1);
  const isMiddle = middle.isLarge || moved >= options.deltaMin;
  if (!shape.isLarge || (isMiddle && shape.size < SHAPE_OVER_MIDDLE * moved)) return middle;
  return middle.isLarge ? { ...shape, verdict: middle.verdict } : shape;
}

/** How the shape moved, as the largest gap between the two distributions. */
export function shapeChange(
  { baseline, current }: { baseline: Sample; current: Sample },
  options: DetectorOptions,
): Change {
  const statistic = ksDistance(baseline.bins, current.bins);
  const noise = 1 / baseline.count + 1 / current.count;
  const low = Math.max(0, statistic - KS_HALF_WIDTH * Math.sqrt(noise));
  const high = Math.min(1, statistic + KS_HALF_WIDTH * Math.sqrt(noise));
  return {
    direction: 'shape',
    verdict: 'change',
    effect: { name: 'ks_distance', value: statistic, low, high },
    // Two small samples of one source lie a large distance apart, so the lower end has a say too.
    isLarge: statistic >= options.ksDistanceMin && low >= options.ksDistanceMin / 2,
    size: Math.sqrt(Math.max(0, statistic * statistic - KS_NULL_SQUARE * noise)),
  };
}

type Tail = 'upper' | 'lower';

/** Rows of baseline and current that lie in an outer tail of the baseline. */
export function tailProportions(pair: {
  baseline: Sample;
  current: Sample;
  tail: Tail;
}): [before: Proportion, after: Proportion] {
  const { baseline, current, tail } = pair;
  const known = BASELINE_TAILS[tail].get(baseline.bins);
  const before = known ?? tailOf(baseline, baseline, tail);
  if (!known) BASELINE_TAILS[tail].set(baseline.bins, before);
  return [before, tailOf(current, baseline, tail)];
}

/** Every test of a window asks for the same tails. */
const BASELINE_TAILS = {
  upper: new WeakMap<Histogram, Proportion>(),
  lower: new WeakMap<Histogram, Proportion>(),
};

function tailOf(sample: Sample, baseline: Sample, tail: Tail): Proportion {
  const rank = rankIn(baseline.bins);
  let successes = 0;
  for (const [bin, rows] of sample.bins) {
    const at = tail === 'upper' ? 1 - rank(bin) : rank(bin);
    if (at < TAIL_SHARE) successes += rows;
  }
  return { successes, trials: sample.count };
}

/** How an outer tail of the baseline filled up: a slow tail is a regression where slower is. */
export function tailChange(pair: Omit<Pair, 'kind'> & { tail: Tail }, options: DetectorOptions): Change {
  const { tail, spec, expected } = pair;
  const [known, after] = tailProportions(pair);
  const before = shareExpected(known, expected?.[tail === 'upper' ? UPPER_TAIL : LOWER_TAIL]);
  const effect = rateEffect(before, after);
  const rateBefore = before.successes / before.trials;
  const isLarge =
    effect.low > 0 &&
    effect.value >= options.tailDifferenceMin &&
    effect.value + rateBefore >= options.tailRatioMin * rateBefore;
  const verdict = tail === 'upper' ? spec.up : spec.down;
  return { direction: 'shape', verdict, effect, isLarge, size: effect.value };
}

function rateEffect(before: Proportion, after: Proportion): Effect {
  return {
    name: 'rate_difference',
    value: after.successes / after.trials - before.successes / before.trials,
    ...newcombeInterval(before, after, INTERVAL_Z),
  };
}

function isLargeRate(before: Proportion, after: Proportion, options: DetectorOptions): boolean {
  const [p, q] = [before.successes / before.trials, after.successes / after.trials];
  if (Math.abs(q - p) < options.rateDifferenceMin) return false;
  return Math.max(ratio(p, q), ratio(1 - p, 1 - q)) >= options.rateRatioMin;
}

/** Larger over smaller; infinite when the smaller is 0. */
function ratio(a: number, b: number): number {
  return a === b ? 1 : Math.max(a, b) / Math.min(a, b);
}
