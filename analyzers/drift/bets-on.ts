import { wilsonInterval } from '../stats/proportion-interval.ts';
import type { Bet } from './bet.ts';
import { type Forecast, plainForecast, type ScoreForecast } from './forecast.ts';
import type { DetectorOptions } from './options.ts';
import type { Kind, Sample } from './sample.ts';
import {
  baselineMoments,
  LOWER_TAIL,
  RANK,
  SCORES,
  type ScoreMoments,
  SPREAD,
  UPPER_TAIL,
} from './scores.ts';

/** Keeps a limit inside (0, 1): with a baseline that never saw the event, its upper limit is well above this. */
const LIMIT_EDGE = 1e-6;
/** How many log-odds a difference of rank is, at the middle: the derivative of the logit there. */
const LOG_ODDS_OF_RANK = 4;

/** Order of the bets on a continuous signal. */
export const CONTINUOUS_BETS = ['up', 'down', 'wider', 'narrower', 'upper_tail', 'lower_tail'] as const;

/** A rise and a fall of the share of ones, with equal say. */
const RATE_SIDES = [
  { weight: 0.5, score: 0, isRise: true },
  { weight: 0.5, score: 0, isRise: false },
];
/** The middle gets three fifths of the say, because most changes move it; a fifth each for spread and tails. */
const CONTINUOUS_SIDES = [
  { weight: 0.3, score: RANK, isRise: true },
  { weight: 0.3, score: RANK, isRise: false },
  { weight: 0.1, score: SPREAD, isRise: true },
  { weight: 0.1, score: SPREAD, isRise: false },
  { weight: 0.1, score: UPPER_TAIL, isRise: true },
  { weight: 0.1, score: LOWER_TAIL, isRise: true },
];

/**
 * The scores that are bet on, for each kind of signal, in a fixed order; each against the largest mean that still
 * counts as no change: what is expected of the window, how far the baseline may be off, and the tolerance.
 */
export function betsOn(
  baseline: Sample,
  kind: Kind,
  options: DetectorOptions,
  forecast: Forecast = plainForecast(baseline, kind),
): Bet[] {
  const moments = baselineMoments(baseline, kind);
  const sides = kind === 'rate' ? RATE_SIDES : CONTINUOUS_SIDES;
  return sides.map((side) => {
    const [expected, known] = [forecast.scores[side.score], moments[side.score]];
    if (!expected || !known) throw new Error(`no score ${side.score} of a ${kind}`);
    const isShare = SCORES[kind][side.score]?.isShare === true;
    const limitOf = isShare ? shareLimit : meanLimit;
    return { ...side, isShare, limit: limitOf({ known, expected, isRise: side.isRise }, options) };
  });
}

/** Weights of the bets, in their order. */
export function betWeights(kind: Kind): readonly { readonly weight: number }[] {
  return kind === 'rate' ? RATE_SIDES : CONTINUOUS_SIDES;
}

interface Side {
  readonly known: ScoreMoments;
  readonly expected: ScoreForecast;
  readonly isRise: boolean;
}

/** Upper confidence limit of the mean of a score over the baseline's source, plus the tolerance. */
function meanLimit({ known, expected, isRise }: Side, options: DetectorOptions): number {
  const mean = isRise ? expected.mean : 1 - expected.mean;
  const margin = options.baselineLimitZ * Math.sqrt(known.variance / expected.baselineRows);
  return clamp(mean + margin + options.rankTolerance + expected.tolerance);
}

/** The same for a share, where tolerance and season are ones of odds. */
function shareLimit({ known, expected, isRise }: Side, options: DetectorOptions): number {
  const turned = (share: number) => (isRise ? share : 1 - share);
  const trials = expected.baselineRows;
  const successes = Math.min(trials, turned(known.mean) * trials);
  const { high } = wilsonInterval({ successes, trials }, options.baselineLimitZ);
  const season = logOdds(turned(expected.mean)) - logOdds(turned(known.mean));
  const tolerance = options.logOddsTolerance + LOG_ODDS_OF_RANK * expected.tolerance;
  return clamp(1 / (1 + Math.exp(-logOdds(high) - season - tolerance)));
}

function logOdds(share: number): number {
  const inside = clamp(share);
  return Math.log(inside / (1 - inside));
}

function clamp(limit: number): number {
  return Math.min(1 - LIMIT_EDGE, Math.max(LIMIT_EDGE, limit));
}
