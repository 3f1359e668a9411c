import type { SessionSums } from '../../core/window.ts';
import { type Counts, totalOf } from './counts.ts';

/** What windows have shown of how often two rows of a session are of one category; adds up over windows. JSON. */
export interface MixSessions {
  /** Rows, and Σ n_j² over sessions of n_j rows. */
  readonly rows: number;
  readonly squares: number;
  /** Pairs of rows of one session, in both orders; how many agree, and how many rows of different sessions would. */
  readonly pairs: number;
  readonly agreed: number;
  readonly expected: number;
}

export const NO_MIX_SESSIONS: MixSessions = { rows: 0, squares: 0, pairs: 0, agreed: 0, expected: 0 };

/**
 * Adds a window. What is expected is how often rows of different sessions of this window agree: neither season nor what a
 * window has in common counts as correlation of a session.
 *
 * @param sums of a category signal (core/window.ts)
 */
export function addMixSessions(
  known: MixSessions,
  sums: SessionSums | undefined,
  counts: Counts,
): MixSessions {
  const rows = totalOf(counts);
  if (!sums || sums.rows <= 0 || rows <= 0) return known;
  const pairs = Math.max(0, sums.squares - sums.rows);
  // The sums may be of a part of the sessions only.
  const scale = rows / sums.rows;
  const apart = rows ** 2 - scale * sums.squares;
  const equal = counts.reduce((sum, [, count]) => sum + count ** 2, 0) - scale * sums.binSquares;
  const counted = { ...known, rows: known.rows + sums.rows, squares: known.squares + sums.squares };
  // With all rows in one session there is nothing to compare it with.
  if (pairs === 0 || apart <= 0) return counted;
  const chance = Math.min(1, Math.max(0, equal / apart));
  return {
    ...counted,
    pairs: known.pairs + pairs,
    agreed: round(known.agreed + Math.max(0, sums.binSquares - sums.rows)),
    expected: round(known.expected + pairs * chance),
  };
}

/** Rows in the session of an average row, over all windows so far; 1 where nothing is known of sessions. */
export const usualSessionRows = ({ rows, squares }: MixSessions): number =>
  rows > 0 ? Math.max(1, squares / rows) : 1;

/** Correlation of two turns of a conversation before anything is known, as so many pairs. */
const PRIOR = { correlation: 0.05, pairs: 200 };
/** One-sided 5 %. */
const LIMIT_Z = 1.645;

/**
 * Upper limit of the chance ρ that the rows of a session are of one category for that alone, in [0, 1]. Wilson's form: the
 * largest ρ under which no more likeness than was seen is within its deviation, since the few sessions that a rare
 * category comes in may just not have been there yet. Variance of the estimate: independent rows give 2 / pairs; sessions
 * that are equal by chance ρ add ρ κ s (s − 1) / pairs, with κ the fourth moment of a row's distance from the mix.
 *
 * @param shares of the categories, of the reference
 * @param sessionRows s ≥ 1, rows in the session of an average row
 */
export function mixCorrelationLimit(
  { pairs, agreed, expected }: MixSessions,
  { shares, sessionRows }: { readonly shares: readonly number[]; readonly sessionRows: number },
): number {
  if (sessionRows <= 1) return 0;
  const together = shares.reduce((sum, share) => sum + share ** 2, 0);
  const spread = 1 - together;
  if (spread <= 0) return 1;
  const fourth =
    shares.reduce((sum, share) => sum + share * (1 + together - 2 * share) ** 2, 0) / spread ** 2;
  const prior = PRIOR.pairs * spread;
  const middle = Math.max(0, (agreed - expected + PRIOR.correlation * prior) / (pairs - expected + prior));
  const all = pairs + PRIOR.pairs;
  const byChance = LIMIT_Z ** 2 * (2 / all);
  const bySessions = LIMIT_Z ** 2 * ((fourth * sessionRows * (sessionRows - 1)) / all);
  const half = bySessions / 2;
  return Math.min(1, middle + half + Math.sqrt(half ** 2 + byChance + bySessions * middle));
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}
