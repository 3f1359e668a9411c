import { wilsonInterval } from '../stats/proportion-interval.ts';
import type { ScoreBet } from './score-bet.ts';

/** A frozen reference: rows per bin, in parts of disjoint rows, all with the same bins. */
export interface Reference {
  readonly parts: readonly (readonly number[])[];
}

export interface LimitOptions {
  /** Standard normal quantile of the one-sided limit put on what is estimated from the reference. */
  readonly z: number;
  /** Drift of a share that is still called the same, in log-odds. */
  readonly logOddsTolerance: number;
  /** φ ≥ 1: so many rows of the reference are worth one independent row. */
  readonly designEffect: number;
}

/** Prior of the stream's shares, in rows: so many are needed to believe half of a departure. */
const PRIOR_ROWS = 300;
/** A bin counts from this ratio of its share on; below it is noise that only dilutes the bet. */
const RATIO_MIN = 1.2;
/** The score grows with the ratio up to here: a bin that was hardly ever seen must not take the whole bet. */
const RATIO_MAX = 9;
/** Keeps a limit inside (0, 1). */
const LIMIT_EDGE = 1e-4;

/** Rows per bin over all parts. */
export function totals({ parts }: Reference): number[] {
  const sum = (parts[0] ?? []).map(() => 0);
  for (const part of parts) for (const [bin, rows] of part.entries()) sum[bin] = (sum[bin] ?? 0) + rows;
  return sum;
}

/**
 * A bet in the direction in which the windows before have moved: the score of a bin is the ratio of its posterior share
 * (Dirichlet, the prior around the reference) to its share in the reference. What was learned from a finite reference
 * fits that reference better than its source, so the limit is cross-fitted: the scores made with all parts but one are
 * averaged over that one, and the mean over all parts gets an upper confidence limit.
 *
 * @param learned rows per bin of windows before the one that is bet on, possibly faded
 * @returns null while there is nothing to learn from: fewer than two parts, no rows, or no bin that rose
 */
export function directionBet(
  reference: Reference,
  learned: readonly number[],
  { z, logOddsTolerance, designEffect }: LimitOptions,
): Omit<ScoreBet, 'weight'> | null {
  const { parts } = reference;
  const rows = sum(learned);
  if (parts.length < 2 || rows <= 0) return null;
  const all = totals(reference);
  const scores = new Float64Array(all.length);
  let [first, second] = [0, 0];
  for (const part of parts) {
    const shares = smoothed(all.map((count, bin) => count - (part[bin] ?? 0)));
    shares.forEach((share, bin) => {
      const posterior = ((learned[bin] ?? 0) + PRIOR_ROWS * share) / (rows + PRIOR_ROWS);
      const score = scoreOf(posterior / share);
      scores[bin] = (scores[bin] ?? 0) + score / parts.length;
      first += (part[bin] ?? 0) * score;
      second += (part[bin] ?? 0) * score * score;
    });
  }
  const total = sum(all);
  const mean = first / total;
  if (mean <= 0 && scores.every((score) => score === 0)) return null;
  const variance = Math.max(0, second / total - mean * mean);
  // The last term is Wilson's: a score that no row of the reference had is not impossible.
  const worth = total / designEffect;
  const limit = mean + z * Math.sqrt(variance / worth) + (z * z) / (2 * worth);
  return { score: (bin) => scores[bin] ?? 0, limit: tolerated(limit, logOddsTolerance) };
}

/** Bets that the share of a group of bins rises or falls, each with its upper limit as m; their weights add up to 1. */
export function shareBets(
  reference: Reference,
  groups: readonly (readonly number[])[],
  { z, logOddsTolerance, designEffect }: LimitOptions,
): ScoreBet[] {
  const all = totals(reference);
  const total = sum(all);
  const weight = 1 / (2 * groups.length);
  return groups.flatMap((group) => {
    const members = new Set(group);
    const rows = group.reduce((count, bin) => count + (all[bin] ?? 0), 0);
    const isIn = (at: number): number => (members.has(at) ? 1 : 0);
    const limitOf = (successes: number): number =>
      tolerated(
        wilsonInterval({ successes: successes / designEffect, trials: total / designEffect }, z).high,
        logOddsTolerance,
      );
    return [
      { weight, score: isIn, limit: limitOf(rows) },
      { weight, score: (at: number) => 1 - isIn(at), limit: limitOf(total - rows) },
    ];
  });
}

function scoreOf(ratio: number): number {
  return ratio < RATIO_MIN ? 0 : Math.min(ratio, RATIO_MAX) / RATIO_MAX - 1 / RATIO_MAX;
}

/** Shares with half a row added to each bin. */
function smoothed(rows: readonly number[]): number[] {
  const total = sum(rows) + rows.length / 2;
  return rows.map((count) => (count + 0.5) / total);
}

function tolerated(limit: number, logOddsTolerance: number): number {
  const share = Math.min(1 - LIMIT_EDGE, Math.max(LIMIT_EDGE, limit));
  const raised = 1 / (1 + ((1 - share) / share) * Math.exp(-logOddsTolerance));
  return Math.min(1 - LIMIT_EDGE, raised);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
