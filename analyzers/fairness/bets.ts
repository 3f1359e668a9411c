import { seededRandom } from '../../core/seeded-random.ts';
import type { Histogram } from '../../core/summary.ts';
import { logNormaliser } from '../stats/noncentral-hypergeometric.ts';
import { eventsOf, rowsOf, type Stratum } from './strata.ts';

/** How far beyond the tolerance a bet lies, in log-odds. */
export const BET_LOG_ODDS = [0.15, 0.3, 0.6, 1.2, 2.4] as const;
/** Blocks of one stratum: more bets win more, and cost more. */
const BLOCKS_MAX = 4096;

export type Side = 'up' | 'down';

/**
 * log L of one window for each size of bet that a group's odds lie further above (`up`) or below the rest's than the
 * tolerance. Given the margins of a stratum, the group's events follow Fisher's noncentral hypergeometric law, whatever
 * the rate: L is the ratio of its probabilities at the bet and at the tolerance. Since that ratio rises with the events
 * and the law with the odds, E[L] ≤ 1 for all odds within the tolerance, and exactly 1 at its end. Strata multiply.
 *
 * @param tolerance log of the odds ratio still called fair, ≥ 0, chosen from margins and the past alone
 */
export function logRateBets(strata: readonly Stratum[], tolerance: number, side: Side): number[] {
  const sums = BET_LOG_ODDS.map(() => 0);
  const sign = side === 'up' ? 1 : -1;
  for (const { group, rest, times } of strata) {
    const own = eventsOf(group);
    const margins = { group: rowsOf(group), rest: rowsOf(rest), events: own + eventsOf(rest) };
    const all = margins.group + margins.rest;
    if (margins.group === 0 || margins.rest === 0 || margins.events === 0 || margins.events === all) continue;
    const fair = sign * tolerance;
    const atFair = logNormaliser(margins, fair);
    BET_LOG_ODDS.forEach((beyond, index) => {
      const logL = own * sign * beyond + atFair - logNormaliser(margins, fair + sign * beyond);
      sums[index] = (sums[index] ?? 0) + times * logL;
    });
  }
  return sums;
}

/**
 * The same for a number. The rows of a stratum are dealt at random into blocks of both sides; in each, the share of pairs
 * in which the group's row is above the rest's (half for ties) has mean (1 + δ)/2 and is independent of the other blocks',
 * so that L = Π (1 + λ(x − m)) has E[L] ≤ 1 while δ is within the tolerance, whatever the distributions.
 *
 * @param seed of the dealing: the same for the same window, so that a window run again says the same
 * @see Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting" (JRSS-B 2024)
 */
export function logRankBets(
  strata: readonly Stratum[],
  { tolerance, side, seed }: { tolerance: number; side: Side; seed: number },
): number[] {
  const limit = (1 + tolerance) / 2;
  const stakes = BET_LOG_ODDS.map((logOdds) => {
    const alternative = 1 / (1 + ((1 - limit) / limit) * Math.exp(-logOdds));
    return (alternative - limit) / (limit * (1 - limit));
  });
  const sums = BET_LOG_ODDS.map(() => 0);
  const random = seededRandom(seed);
  for (const { group, rest } of strata) {
    for (const wins of blockWins(group, rest, random)) {
      const gain = (side === 'up' ? wins : 1 - wins) - limit;
      stakes.forEach((stake, index) => {
        sums[index] = (sums[index] ?? 0) + Math.log1p(stake * gain);
      });
    }
  }
  return sums;
}

/** Share of pairs that the group wins, block by block; every row is in one block. O(rows). */
function blockWins(group: Histogram, rest: Histogram, random: () => number): number[] {
  const [ours, theirs] = [shuffledRows(group, random), shuffledRows(rest, random)];
  const blocks = Math.min(ours.length, theirs.length, BLOCKS_MAX);
  return Array.from({ length: blocks }, (_, block) => {
    const part = (rows: Int16Array) =>
      rows
        .slice(Math.floor((block * rows.length) / blocks), Math.floor(((block + 1) * rows.length) / blocks))
        .sort();
    return winShare(part(ours), part(theirs));
  });
}

/** P(a > b) + ½ P(a = b) over all pairs; both ascending. */
function winShare(ours: Int16Array, theirs: Int16Array): number {
  let [below, upTo, wins] = [0, 0, 0];
  for (const value of ours) {
    while (below < theirs.length && (theirs[below] ?? 0) < value) below++;
    while (upTo < theirs.length && (theirs[upTo] ?? 0) <= value) upTo++;
    wins += below + upTo;
  }
  return wins / (2 * ours.length * theirs.length);
}

/** Fisher–Yates. The dealing need not be unforeseeable, only blind to what comes after. */
function shuffledRows(histogram: Histogram, random: () => number): Int16Array {
  const rows = new Int16Array(rowsOf(histogram));
  let at = 0;
  for (const [bin, count] of histogram) {
    rows.fill(bin, at, at + count);
    at += count;
  }
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [rows[i] ?? 0, rows[j] ?? 0];
    rows[i] = b;
    rows[j] = a;
  }
  return rows;
}
