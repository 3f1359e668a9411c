import type { Histogram } from '../../core/summary.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import type { Bet } from './bet.ts';
import type { DetectorOptions } from './options.ts';
import type { Sample } from './sample.ts';

/** Share of rows that an outer tail holds in the baseline, at most. */
export const TAIL_SHARE = 0.05;
/** Keeps a limit inside (0, 1): with a baseline that never saw the event, its upper limit is well above this. */
const LIMIT_EDGE = 1e-6;

/**
 * Mid-rank of a value in the frozen baseline, as a share in [0, 1]: P(baseline < value) + ½ P(equal). Its mean
 * over the baseline is ½ exactly, whatever the ties, and 2·mean − 1 over a window is Cliff's δ.
 */
export function rankIn(baseline: Histogram): (bin: number) => number {
  const known = RANKS.get(baseline);
  if (known) return known;
  const rank = ranksOf(baseline);
  RANKS.set(baseline, rank);
  return rank;
}

/** Every test of a window asks for the same ranks. */
const RANKS = new WeakMap<Histogram, (bin: number) => number>();

function ranksOf(baseline: Histogram): (bin: number) => number {
  const total = baseline.reduce((sum, [, rows]) => sum + rows, 0);
  const bins: number[] = [];
  const below: number[] = [];
  let seen = 0;
  for (const [bin, rows] of baseline) {
    bins.push(bin);
    below.push(seen);
    seen += rows;
  }
  below.push(seen);
  return (bin) => {
    const at = lowerBound(bins, bin);
    const ties = bins[at] === bin ? (below[at + 1] ?? 0) - (below[at] ?? 0) : 0;
    return ((below[at] ?? 0) + ties / 2) / total;
  };
}

/** The scores that are bet on, for each kind of signal, in a fixed order. */
export function betsOn(baseline: Sample, kind: 'rate' | 'continuous', options: DetectorOptions): Bet[] {
  return kind === 'rate' ? rateBets(baseline, options) : continuousBets(baseline, options);
}

/** A rise and a fall of the share of ones, with equal say. */
function rateBets(baseline: Sample, options: DetectorOptions): Bet[] {
  const isOne = (bin: number) => (bin === 0 ? 0 : 1);
  return [
    { weight: 0.5, score: isOne, limit: shareLimit(baseline, isOne, options) },
    {
      weight: 0.5,
      score: (bin) => 1 - isOne(bin),
      limit: shareLimit(baseline, (b) => 1 - isOne(b), options),
    },
  ];
}

/** Order of the bets on a continuous signal. */
export const CONTINUOUS_BETS = ['up', 'down', 'wider', 'narrower', 'upper_tail', 'lower_tail'] as const;

/** The middle gets three fifths of the say, because most changes move it; a fifth each for spread and tails. */
function continuousBets(baseline: Sample, options: DetectorOptions): Bet[] {
  const rank = rankIn(baseline.bins);
  const spread = (bin: number) => Math.abs(2 * rank(bin) - 1);
  const isUpper = (bin: number) => (rank(bin) > 1 - TAIL_SHARE ? 1 : 0);
  const isLower = (bin: number) => (rank(bin) < TAIL_SHARE ? 1 : 0);
  const mean = (weight: number, score: (bin: number) => number): Bet => ({
    weight,
    score,
    limit: meanLimit(baseline, score, options),
  });
  const tail = (score: (bin: number) => number): Bet => ({
    weight: 0.1,
    score,
    limit: shareLimit(baseline, score, options),
  });
  return [
    mean(0.3, rank),
    mean(0.3, (bin) => 1 - rank(bin)),
    mean(0.1, spread),
    mean(0.1, (bin) => 1 - spread(bin)),
    tail(isUpper),
    tail(isLower),
  ];
}

/** Upper confidence limit of the mean of a score over the baseline's source, plus the tolerance. */
function meanLimit(baseline: Sample, score: (bin: number) => number, options: DetectorOptions): number {
  let [sum, squares] = [0, 0];
  for (const [bin, rows] of baseline.bins) {
    const value = score(bin);
    sum += rows * value;
    squares += rows * value * value;
  }
  const mean = sum / baseline.count;
  const variance = Math.max(0, squares / baseline.count - mean * mean);
  const margin = options.baselineLimitZ * Math.sqrt(variance / baseline.count) + options.rankTolerance;
  return clamp(mean + margin);
}

/** The same for a share, where the tolerance is one of odds. */
function shareLimit(baseline: Sample, score: (bin: number) => number, options: DetectorOptions): number {
  const successes = baseline.bins.reduce((sum, [bin, rows]) => sum + rows * score(bin), 0);
  const { high } = wilsonInterval({ successes, trials: baseline.count }, options.baselineLimitZ);
  const share = clamp(high);
  return clamp(1 / (1 + ((1 - share) / share) * Math.exp(-options.logOddsTolerance)));
}

function clamp(limit: number): number {
  return Math.min(1 - LIMIT_EDGE, Math.max(LIMIT_EDGE, limit));
}

/** Index of the first element that is not below `value`. */
function lowerBound(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
