import { BET_LOG_ODDS } from '../drift/bet.ts';
import { logMean, logSum, softplus } from '../log-space.ts';
import { directionBet, type LimitOptions, type Reference, shareBets } from './direction.ts';
import { type MixDependence, mixInflations } from './dispersion.ts';
import { type ScoreBet, scoreWealth } from './score-bet.ts';

/** What is bet on a mix and remembered of it; JSON. */
export interface Wager {
  /** Per bet, then per size of change, log of the evidence M; [] before the first window. */
  readonly evidence: readonly (readonly number[])[];
  /** Rows per bin of the windows so far, faded. */
  readonly learned: readonly number[];
}

export const EMPTY_WAGER: Wager = { evidence: [], learned: [] };

/** What is left of a window in what is learned, after each window that follows: it is of about the last ten. */
const FADING = 0.9;
/** Share of the evidence for the direction that was learned; single shares have the rest, and see a cliff at once. */
const DIRECTION_WEIGHT = 0.5;

/**
 * One step of the e-detector M ← (1 + M) L of a mix (Shin, Ramdas & Rinaldo, 2024), averaged over bets: on the direction
 * learned from the windows before (it is predictable, so L is a product of fair bets) and on each single share.
 *
 * @param rows per bin of the window
 * @param dependence of the window's rows: log L is divided by as much as keeps the bet fair (drift/inflation.ts)
 */
export function wagerOn(
  wager: Wager,
  rows: readonly number[],
  at: {
    readonly reference: Reference;
    readonly groups: readonly (readonly number[])[];
    readonly dependence: MixDependence;
    readonly limits: LimitOptions;
  },
): { readonly wager: Wager; readonly logEvidence: number } {
  const { reference, groups, dependence, limits } = at;
  const window = rows.map((count, bin) => [bin, count] as const).filter(([, count]) => count > 0);
  const direction = directionBet(reference, wager.learned, limits);
  const shares = shareBets(reference, groups, limits);
  const stepOf = (bet: ScoreBet | null, before: readonly number[] | undefined): number[] => {
    const gains = bet ? scoreWealth(bet, window) : BET_LOG_ODDS.map(() => 0);
    const inflations = bet ? mixInflations(bet.limit, dependence) : [];
    return gains.map(
      (gain, size) => gain / (inflations[size] ?? 1) + softplus(before?.[size] ?? Number.NEGATIVE_INFINITY),
    );
  };
  const evidence = [
    stepOf(direction && { ...direction, weight: DIRECTION_WEIGHT }, wager.evidence[0]),
    ...shares.map((bet, place) => stepOf(bet, wager.evidence[place + 1])),
  ];
  const weights = [DIRECTION_WEIGHT, ...shares.map(({ weight }) => weight * (1 - DIRECTION_WEIGHT))];
  // Rounded, since it is stored with every stream.
  const learned = rows.map(
    (count, bin) => Math.round(1000 * (FADING * (wager.learned[bin] ?? 0) + count)) / 1000,
  );
  return {
    wager: { evidence, learned },
    logEvidence: logSum(evidence.map((sizes, bet) => ({ log: logMean(sizes), weight: weights[bet] ?? 0 }))),
  };
}
