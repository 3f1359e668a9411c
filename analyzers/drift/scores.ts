import type { Histogram } from '../../core/summary.ts';
import { rankIn, TAIL_SHARE } from './ranks.ts';
import type { Kind, Sample } from './sample.ts';

/**
 * What the detectors take the mean of, in [0, 1], per row: of a rate the value; of other signals the rank in the
 * baseline, its distance from the middle, and whether it lies in an outer tail. `isShare`: zeros and ones.
 */
export const SCORES = {
  rate: [{ isShare: true }],
  continuous: [{ isShare: false }, { isShare: false }, { isShare: true }, { isShare: true }],
} as const satisfies Record<Kind, readonly { readonly isShare: boolean }[]>;

/** Index of the scores of a continuous signal. */
export const RANK = 0;
export const SPREAD = 1;
export const UPPER_TAIL = 2;
export const LOWER_TAIL = 3;

/** Ranks are rounded to this many steps where the bets look them up: a step is a fifteenth of the tolerance. */
export const RANK_STEPS = 512;

/** A window's rows as scores. */
export interface Scored {
  readonly rows: number;
  /** Sum per score, in the order of `SCORES`. */
  readonly sums: readonly number[];
  /** Of a continuous signal, by distinct value: its rank in steps of 1 / RANK_STEPS, and its rows. */
  readonly ranks: Uint16Array;
  readonly counts: Float64Array;
}

/** O(distinct values · log of the baseline's). */
export function scoreWindow(baseline: Histogram, window: Histogram, kind: Kind): Scored {
  return kind === 'rate' ? scoreRate(window) : scoreRanks(baseline, window);
}

function scoreRate(window: Histogram): Scored {
  let [rows, ones] = [0, 0];
  for (const [bin, count] of window) {
    rows += count;
    if (bin !== 0) ones += count;
  }
  return { rows, sums: [ones], ranks: NO_RANKS, counts: NO_COUNTS };
}

const NO_RANKS = new Uint16Array(0);
const NO_COUNTS = new Float64Array(0);

function scoreRanks(baseline: Histogram, window: Histogram): Scored {
  const rankOf = rankIn(baseline);
  let [rows, rankSum, spreadSum, upper, lower] = [0, 0, 0, 0, 0];
  const ranks = new Uint16Array(window.length);
  const counts = new Float64Array(window.length);
  let at = 0;
  for (const [bin, count] of window) {
    const rank = rankOf(bin);
    ranks[at] = Math.round(rank * RANK_STEPS);
    counts[at++] = count;
    rows += count;
    rankSum += count * rank;
    spreadSum += count * Math.abs(2 * rank - 1);
    if (rank > 1 - TAIL_SHARE) upper += count;
    if (rank < TAIL_SHARE) lower += count;
  }
  return { rows, sums: [rankSum, spreadSum, upper, lower], ranks, counts };
}

/** Of one score over the baseline. */
export interface ScoreMoments {
  readonly mean: number;
  readonly variance: number;
}

/** Moments of every score of a kind over the baseline; worked out once for each baseline. */
export function baselineMoments(baseline: Sample, kind: Kind): readonly ScoreMoments[] {
  const known = MOMENTS[kind].get(baseline.bins);
  if (known) return known;
  const { rows, sums, ranks, counts } = scoreWindow(baseline.bins, baseline.bins, kind);
  const squares = [0, 0];
  for (const [at, count] of counts.entries()) {
    const rank = (ranks[at] ?? 0) / RANK_STEPS;
    squares[RANK] = (squares[RANK] ?? 0) + count * rank ** 2;
    squares[SPREAD] = (squares[SPREAD] ?? 0) + count * (2 * rank - 1) ** 2;
  }
  const moments = SCORES[kind].map(({ isShare }, index) => {
    const mean = (sums[index] ?? 0) / rows;
    const square = isShare ? mean : (squares[index] ?? 0) / rows;
    return { mean, variance: Math.max(0, square - mean * mean) };
  });
  MOMENTS[kind].set(baseline.bins, moments);
  return moments;
}

const MOMENTS = {
  rate: new WeakMap<Histogram, readonly ScoreMoments[]>(),
  continuous: new WeakMap<Histogram, readonly ScoreMoments[]>(),
};
