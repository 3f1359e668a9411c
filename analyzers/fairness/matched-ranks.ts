import type { Histogram } from '../../core/summary.ts';
import { quantileOf } from '../../core/summary.ts';
import { cliffsDelta, deltaInterval } from '../stats/cliffs-delta.ts';
import type { Estimate } from '../stats/ratio-interval.ts';
import { rowsOf, type Stratum } from './strata.ts';

interface RankSide {
  readonly rows: number;
  /** Σ w median. */
  readonly weightedMedian: number;
  /** Σ w² / n. */
  readonly spread: number;
}

/** A group's values against the rest's by rank within each stratum, as sums that add up over windows. JSON. */
export interface MatchedRanks {
  /** Σ w, with van Elteren's weight w = n₁ n₀ / (n₁ + n₀ + 1). */
  readonly weight: number;
  /** Σ w δ. */
  readonly weightedDelta: number;
  readonly group: RankSide;
  readonly rest: RankSide;
}

const EMPTY_SIDE: RankSide = { rows: 0, weightedMedian: 0, spread: 0 };
const NO_RANKS: MatchedRanks = { weight: 0, weightedDelta: 0, group: EMPTY_SIDE, rest: EMPTY_SIDE };

export interface RankGap {
  /** Medians, weighted over strata as δ is. */
  readonly group: number;
  readonly rest: number;
  /** Chance that a row of the group lies above one of the rest in its stratum, less that of below; in [−1, 1]. */
  readonly delta: Estimate;
}

/** Sums of some strata; a stratum without one of the sides has no weight. O(bins). */
export function matchRanks(strata: readonly Stratum[]): MatchedRanks {
  return strata.reduce((sum, stratum) => addRanks(sum, ranksIn(stratum)), NO_RANKS);
}

function ranksIn({ group, rest, times }: Stratum): MatchedRanks {
  const [groupRows, restRows] = [rowsOf(group), rowsOf(rest)];
  if (groupRows === 0 || restRows === 0) {
    return {
      ...NO_RANKS,
      group: { ...EMPTY_SIDE, rows: times * groupRows },
      rest: { ...EMPTY_SIDE, rows: times * restRows },
    };
  }
  const weight = (groupRows * restRows) / (groupRows + restRows + 1);
  const side = (histogram: Histogram, rows: number): RankSide => ({
    rows: times * rows,
    weightedMedian: times * weight * medianOf(histogram, rows),
    spread: (times * weight * weight) / rows,
  });
  return {
    weight: times * weight,
    weightedDelta: times * weight * cliffsDelta(rest, group, 0).value,
    group: side(group, groupRows),
    rest: side(rest, restRows),
  };
}

function medianOf(histogram: Histogram, count: number): number {
  return quantileOf({ count, sum: 0, sumSquares: 0, bins: new Map(histogram) }, 0.5) ?? 0;
}

/** Sums of the strata of both; of disjoint rows. */
export function addRanks(a: MatchedRanks, b: MatchedRanks): MatchedRanks {
  const side = (one: RankSide, other: RankSide): RankSide => ({
    rows: one.rows + other.rows,
    weightedMedian: one.weightedMedian + other.weightedMedian,
    spread: one.spread + other.spread,
  });
  return {
    weight: a.weight + b.weight,
    weightedDelta: a.weightedDelta + b.weightedDelta,
    group: side(a.group, b.group),
    rest: side(a.rest, b.rest),
  };
}

/** The sums of what counts for `share` of what it was: old windows fade. */
export function fadeRanks(ranks: MatchedRanks, share: number): MatchedRanks {
  const side = (one: RankSide): RankSide => ({
    rows: one.rows * share,
    weightedMedian: one.weightedMedian * share,
    spread: one.spread * share,
  });
  return {
    weight: ranks.weight * share,
    weightedDelta: ranks.weightedDelta * share,
    group: side(ranks.group),
    rest: side(ranks.rest),
  };
}

/**
 * Cliff's δ of the group against the rest over all strata, with a score interval. Of one stratum it is the plain one.
 *
 * @returns null where no stratum has both sides
 * @see van Elteren (1960) for the weights; oracle in test/golden/fairness.py
 */
export function rankGap(
  { weight, weightedDelta, group, rest }: MatchedRanks,
  { z, designEffect }: { z: number; designEffect: number },
): RankGap | null {
  if (weight === 0) return null;
  const rows = (side: RankSide) => Math.max(1, (weight * weight) / side.spread / designEffect);
  const value = Math.min(1, Math.max(-1, weightedDelta / weight));
  return {
    group: group.weightedMedian / weight,
    rest: rest.weightedMedian / weight,
    delta: { value, ...deltaInterval({ value, m: rows(rest), n: rows(group), z }) },
  };
}
