import { BET_LOG_ODDS, stakeOf } from '../drift/bet.ts';

/** A bet that the mean of a score of categories lies above `limit`. */
export interface ScoreBet {
  /** Share of the evidence that this bet gives; all bets on one signal add up to 1. */
  readonly weight: number;
  /** Largest mean that counts as "no change", in (0, 1). */
  readonly limit: number;
  /** Score in [0, 1] of a category, by its bin. */
  readonly score: (bin: number) => number;
}

/**
 * log L of one window for each size of change: L = Π (1 + λ(x − m)), whose expectation is at most 1 while the mean is at most m.
 *
 * @param window rows by bin
 * @see Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting" (JRSS-B 2024)
 */
export function scoreWealth(
  { limit, score }: Omit<ScoreBet, 'weight'>,
  window: readonly (readonly [bin: number, rows: number])[],
): number[] {
  return BET_LOG_ODDS.map((logOdds) => {
    const stake = stakeOf(limit, logOdds);
    return window.reduce((sum, [bin, rows]) => sum + rows * Math.log1p(stake * (score(bin) - limit)), 0);
  });
}
