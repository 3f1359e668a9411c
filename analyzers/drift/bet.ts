import type { Histogram } from '../../core/summary.ts';

/**
 * Changes bet on, in log-odds: from a tenth of the odds to eleven times them. A grid of ratios of the rate
 * itself misses small changes of a middling rate altogether.
 */
export const BET_LOG_ODDS = [0.08, 0.15, 0.3, 0.6, 1.2, 2.4] as const;

/** A bet that the mean of a score in [0, 1] lies above `limit`. */
export interface Bet {
  /** Share of the evidence that this bet gives; all bets on one signal add up to 1. */
  readonly weight: number;
  /** Largest mean that counts as "no change", in (0, 1). */
  readonly limit: number;
  /** Score in [0, 1] of a value in a bin. */
  readonly score: (bin: number) => number;
}

/** Per bet and per size of change, log of the evidence M; [] before the first window. Always finite. */
export type Evidence = readonly (readonly number[])[];

/**
 * log L of one window for each size of change: L = Π (1 + λ(x − m)), a product of bets whose expectation is at
 * most 1 while the mean is at most m. For a rate this is k·log1p(λ(1−m)) + (n−k)·log1p(−λm).
 *
 * @see Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting" (JRSS-B 2024)
 */
export function logWealth({ limit, score }: Bet, window: Histogram): number[] {
  return BET_LOG_ODDS.map((logOdds) => {
    const stake = stakeOf(limit, logOdds);
    let sum = 0;
    for (const [bin, rows] of window) sum += rows * Math.log1p(stake * (score(bin) - limit));
    return sum;
  });
}

/**
 * One step of the Shiryaev–Roberts e-detector, M ← (1 + M) L, in logs. The mean of M over time t is at most t
 * while nothing changed, so an alarm at M ≥ A comes on average at most once in A windows.
 *
 * @param evidence of the windows before, or [] at the start
 * @see Shin, Ramdas & Rinaldo, "E-detectors" (NEJSDS 2024)
 */
export function addEvidence(evidence: Evidence, bets: readonly Bet[], window: Histogram): Evidence {
  return bets.map((bet, index) =>
    logWealth(bet, window).map((logL, size) => {
      const before = evidence[index]?.[size];
      return logL + (before === undefined ? 0 : softplus(before));
    }),
  );
}

/** log of the evidence averaged over sizes of change, of one bet alone. */
export function logEvidenceOfBet(evidence: Evidence, index: number): number {
  return logMean((evidence[index] ?? []).map((log) => ({ log, weight: 1 / BET_LOG_ODDS.length })));
}

/** log of the evidence averaged over bets and sizes of change: still an e-detector. */
export function logEvidence(evidence: Evidence, bets: readonly Bet[]): number {
  return logMean(bets.map((bet, index) => ({ log: logEvidenceOfBet(evidence, index), weight: bet.weight })));
}

/** λ that is optimal when the odds of the mean are exp(logOdds) times those of m; below 1/m. */
function stakeOf(limit: number, logOdds: number): number {
  const alternative = 1 / (1 + ((1 - limit) / limit) * Math.exp(-logOdds));
  return (alternative - limit) / (limit * (1 - limit));
}

/** log(1 + exp(x)). */
function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

function logMean(parts: readonly { readonly log: number; readonly weight: number }[]): number {
  const largest = parts.reduce((max, { log }) => Math.max(max, log), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return (
    largest + Math.log(parts.reduce((sum, { log, weight }) => sum + weight * Math.exp(log - largest), 0))
  );
}
