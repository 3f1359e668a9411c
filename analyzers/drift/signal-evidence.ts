import {
  type Bet,
  type Evidence,
  logEvidence,
  logEvidenceOfBet,
  logRestartEvidence,
  logWealth,
} from './bet.ts';
import { betWeights } from './bets-on.ts';
import type { Forecast } from './forecast.ts';
import { inflations } from './inflation.ts';
import type { Kind } from './sample.ts';
import type { Scored } from './scores.ts';

interface Wagers {
  readonly evidence: Evidence;
  readonly kind: Kind;
  /** The change that has been called, if any. */
  readonly standing: object | null;
}

/** What a signal says to the whole page (page-evidence.ts), in logs. */
export interface SignalEvidence {
  /** The e-detector M, averaged over its bets: alarms at 1 / level. */
  readonly logDetector: number;
  /** The e-value that nothing has changed since the evidence began. */
  readonly logEValue: number;
  /** The change has been called already. */
  readonly isStanding: boolean;
}

export function evidenceOf({ evidence, kind, standing }: Wagers): SignalEvidence {
  const weights = betWeights(kind);
  return {
    logDetector: Math.max(-LOG_MAX, logEvidence(evidence, weights)),
    logEValue: logRestartEvidence(evidence, weights),
    isStanding: standing !== null,
  };
}

/** Which of the bets has won most, each by its weight. */
export function strongestBet(evidence: Evidence, bets: readonly Bet[]): number {
  const strengths = bets.map(({ weight }, index) => Math.log(weight) + logEvidenceOfBet(evidence, index));
  return strengths.indexOf(Math.max(...strengths));
}

/** log L of a window of rows over how much more they vary together than apart. */
export function rowWealth(
  bet: Bet,
  { scored, forecast }: { readonly scored: Scored; readonly forecast: Forecast },
): number[] {
  const { sessionRows, correlation } = forecast;
  const divisors = inflations(bet, { rows: scored.rows, sessionRows, correlation });
  return logWealth(bet, scored).map((log, size) => log / (divisors[size] ?? 1));
}

/** Keeps evidence finite for JSON. */
const LOG_MAX = 700;

/** Evidence as a multiple of what an alarm needs. */
export function multiple(logRatio: number): number {
  return Math.exp(Math.min(logRatio, LOG_MAX));
}
