import type { Bet } from './bet.ts';
import { type Measured, ownInflation } from './deviates.ts';
import { designEffect } from './inflation.ts';
import { lastingAt } from './lasting.ts';
import { rankCumulant, shareCumulant } from './lumpy-law.ts';
import { cumulantOf, nearestTilt } from './score-law.ts';
import { baselineMoments, type Scored } from './scores.ts';

/** Shifts that are bet on, in deviations of a window: from what a day shows to a cliff. */
const SHIFTS = [0.25, 0.5, 1, 2, 4] as const;

/**
 * log L of one window of time for each size of shift: L = exp(t (S − n m) − C(t)), with S the sum of a score over n rows, m the
 * largest mean that counts as no change, and C the cumulant generating function of S − n m in a law at least as uneven as what
 * the baseline has shown (lumpy-law.ts). So E[L] ≤ 1 however rare or skewed a score is, and L is the likelihood ratio of a shift
 * where S is nearly normal.
 *
 * @see exponential tilting: Chernoff (1952); Waudby-Smith & Ramdas (JRSS-B 2024) for the wager it makes
 */
export function windowWealth(measured: Measured, bet: Bet, { rows, sums }: Scored): number[] {
  const { baseline, kind, forecast } = measured;
  const limit = bet.isRise ? bet.limit : 1 - bet.limit;
  const variance = bet.isShare
    ? limit * (1 - limit)
    : (baselineMoments(baseline, kind)[bet.score]?.variance ?? 0);
  if (variance <= 0) return SHIFTS.map(() => 0);
  const side = bet.isRise ? 1 : -1;
  const moved = side * ((sums[bet.score] ?? 0) - rows * limit);
  const law = { rows, between: betweenOf(measured, bet, rows), ...forecast };
  // A fall of a share is bet on as the rise of its complement: the gamma law is uneven towards the side of the wager.
  const cumulant = bet.isShare
    ? (tilt: number) => shareCumulant(law, bet.limit, tilt)
    : (tilt: number) =>
        rankCumulant(law, variance, {
          tilt: side * tilt,
          cumulant: (at) => cumulantOf(baseline, bet.score, at),
        });
  const deviation = Math.sqrt(rows * variance * (designEffect(forecast) + rows * law.between));
  return SHIFTS.map((shift) => {
    let tilt = nearestTilt(shift / deviation);
    let cost = cumulant(tilt);
    // A heavy law has no moment at a large tilt: a smaller wager has.
    while (!(cost <= COST_MAX)) {
      tilt /= 2;
      cost = cumulant(tilt);
    }
    return tilt * moved - cost;
  });
}

/** A wager that costs more than this is as good as never won. */
const COST_MAX = 60;

/**
 * What windows have in common, as far as it may be off: two standard errors above what is known of it. Wealth is the product of many
 * windows, so each counts as uneven as it is beside its neighbours.
 */
function betweenOf({ forecast }: Measured, { score }: Bet, rows: number): number {
  const freedom = forecast.scores[score]?.freedom ?? Number.POSITIVE_INFINITY;
  const apart = ownInflation(forecast, score, { rows, squares: rows * rows, sums: [], expected: [] });
  const own = apart * lastingAt(forecast.scores[score]?.lasting ?? null, Number.POSITIVE_INFINITY);
  return ((own - designEffect(forecast)) / rows) * (1 + 2 * Math.sqrt(2 / freedom));
}
