import { logMean, logSum, softplus } from '../log-space.ts';
import { RANK_STEPS, type Scored, SPREAD } from './scores.ts';

/**
 * Changes bet on, in log-odds: from a tenth of the odds to eleven times them. A grid of ratios of the rate
 * itself misses small changes of a middling rate altogether.
 */
export const BET_LOG_ODDS = [0.08, 0.15, 0.3, 0.6, 1.2, 2.4] as const;

/** A bet that the mean of a score in [0, 1], or of one minus it, lies above `limit`. */
export interface Bet {
  /** Share of the evidence that this bet gives; all bets on one signal add up to 1. */
  readonly weight: number;
  /** Index of the score (scores.ts). */
  readonly score: number;
  readonly isShare: boolean;
  /** Whether it bets on a rise of the score; otherwise on one of 1 − score. */
  readonly isRise: boolean;
  /** Largest mean that counts as "no change", in (0, 1). */
  readonly limit: number;
}

/** Per bet and per size of change, a logarithm; [] before the first window. Always finite. */
type Logs = readonly (readonly number[])[];

/** What has been won so far; plain JSON. */
export interface Evidence {
  /** log of the e-detector M. */
  readonly detector: Logs;
  /** log of the e-process R that is restarted with a weight in every window. */
  readonly restart: Logs;
  /** Windows in it. */
  readonly windows: number;
  /** Sum of the weights that R was restarted with. */
  readonly spent: number;
}

export const NO_EVIDENCE: Evidence = { detector: [], restart: [], windows: 0, spent: 0 };

/** Σ 1 / (s ln² s) over s ≥ 2. */
const RESTART_SUM = 2.109_742_801_236_891;

/**
 * log L of one window for each size of change: L = Π (1 + λ(x − m)), a product of bets whose expectation is at
 * most 1 while the mean is at most m. For a rate this is k·log1p(λ(1−m)) + (n−k)·log1p(−λm).
 *
 * @see Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting" (JRSS-B 2024)
 */
export function logWealth(bet: Bet, window: Scored): number[] {
  return bet.isShare ? shareWealth(bet, window) : rankWealth(bet, window);
}

function shareWealth({ limit, score, isRise }: Bet, { rows, sums }: Scored): number[] {
  const successes = isRise ? (sums[score] ?? 0) : rows - (sums[score] ?? 0);
  return BET_LOG_ODDS.map((logOdds) => {
    const stake = stakeOf(limit, logOdds);
    return successes * Math.log1p(stake * (1 - limit)) + (rows - successes) * Math.log1p(-stake * limit);
  });
}

function rankWealth({ limit, score, isRise }: Bet, { ranks, counts }: Scored): number[] {
  const table = tableOf(limit);
  const sizes = BET_LOG_ODDS.length;
  const sums = new Float64Array(sizes);
  for (let index = 0; index < ranks.length; index++) {
    const step = ranks[index] as number;
    const rows = counts[index] as number;
    const risen = score === SPREAD ? Math.abs(2 * step - RANK_STEPS) : step;
    const at = (isRise ? risen : RANK_STEPS - risen) * sizes;
    for (let size = 0; size < sizes; size++) {
      sums[size] = (sums[size] as number) + rows * (table[at + size] as number);
    }
  }
  return [...sums];
}

/** log(1 + λ(x − m)) by step of the rank x and size of change; streams share them, at most one for each step, 25 KB. */
const TABLES = new Map<number, Float64Array>();
/** The limit is rounded up by as much as a rank may have been: never in favour of an alarm. */
function tableOf(limit: number): Float64Array {
  const step = Math.min(RANK_STEPS - 1, Math.ceil(limit * RANK_STEPS) + 1);
  const known = TABLES.get(step);
  if (known) return known;
  const rounded = step / RANK_STEPS;
  const stakes = BET_LOG_ODDS.map((logOdds) => stakeOf(rounded, logOdds));
  const table = new Float64Array((RANK_STEPS + 1) * stakes.length);
  for (let rank = 0; rank <= RANK_STEPS; rank++) {
    for (const [size, stake] of stakes.entries()) {
      table[rank * stakes.length + size] = Math.log1p(stake * (rank / RANK_STEPS - rounded));
    }
  }
  TABLES.set(step, table);
  return table;
}

/**
 * One step of two processes of the same bets, in logs.
 *
 * 1. The Shiryaev–Roberts e-detector, M ← (1 + M) L. The mean of M over time t is at most t while nothing changed, so
 *    an alarm at M ≥ A comes on average at most once in A windows.
 * 2. R ← (R + w) L with weights w ∝ 1 / (s ln² s) that add up to at most 1: R + 1 − Σ w has mean at most 1 at any
 *    stopping time, which M has not. It is an e-value, and what e-BH needs.
 *
 * @param wealth log L per bet and size of change
 * @see Shin, Ramdas & Rinaldo, "E-detectors" (NEJSDS 2024)
 */
export function addEvidence(evidence: Evidence, wealth: Logs): Evidence {
  const windows = evidence.windows + 1;
  const weight = 1 / ((windows + 1) * Math.log(windows + 1) ** 2 * RESTART_SUM);
  const logWeight = Math.log(weight);
  return {
    detector: wealth.map((logs, bet) =>
      logs.map((logL, size) => {
        const before = evidence.detector[bet]?.[size];
        return short(logL + (before === undefined ? 0 : softplus(before)));
      }),
    ),
    restart: wealth.map((logs, bet) =>
      logs.map((logL, size) => {
        const before = evidence.restart[bet]?.[size];
        return short(logL + logWeight + (before === undefined ? 0 : softplus(before - logWeight)));
      }),
    ),
    windows,
    spent: evidence.spent + weight,
  };
}

/** Rounded down, so that a stored state is short and evidence never grows by it. */
function short(log: number): number {
  return Math.floor(log * 1e4) / 1e4;
}

/** log of the evidence averaged over sizes of change, of one bet alone. */
export function logEvidenceOfBet(evidence: Evidence, index: number): number {
  return logMean(evidence.detector[index] ?? []);
}

/** log of the evidence averaged over bets and sizes of change: still an e-detector. */
export function logEvidence(evidence: Evidence, bets: readonly Pick<Bet, 'weight'>[]): number {
  return logSum(bets.map((bet, index) => ({ log: logEvidenceOfBet(evidence, index), weight: bet.weight })));
}

/** log of the e-value that nothing has changed since the evidence began, 0 at the start. */
export function logRestartEvidence(evidence: Evidence, bets: readonly Pick<Bet, 'weight'>[]): number {
  const restarted = bets.map(({ weight }, index) => ({
    log: logMean(evidence.restart[index] ?? []),
    weight,
  }));
  return logSum([...restarted, { log: Math.log(Math.max(1e-12, 1 - evidence.spent)), weight: 1 }]);
}

/** λ that is optimal when the odds of the mean are exp(logOdds) times those of m; below 1/m. */
export function stakeOf(limit: number, logOdds: number): number {
  const alternative = 1 / (1 + ((1 - limit) / limit) * Math.exp(-logOdds));
  return (alternative - limit) / (limit * (1 - limit));
}
