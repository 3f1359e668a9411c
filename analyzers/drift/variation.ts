import { dependenceIn, type History, spanOf } from './history.ts';
import { designEffect } from './inflation.ts';
import { lastingAt, lastingOf, NO_BLOCKS } from './lasting.ts';
import type { Kind, Sample } from './sample.ts';
import { baselineMoments, SCORES } from './scores.ts';
import { type Season, seasonOf } from './seasons.ts';
import type { SessionMoments } from './sessions.ts';

/** How windows differ without a change, as a frozen baseline knows it; replaced with the baseline only. */
export interface Variation {
  /** Start of the history and its length in ms. */
  readonly since: string;
  readonly spanMs: number;
  readonly windows: number;
  readonly sessions: SessionMoments;
  /** In the order of `SCORES`; empty with windows of rows. */
  readonly scores: readonly ScoreVariation[];
}

export interface ScoreVariation extends Season {
  /** Correlation of the residuals of adjacent windows; 0 where it is small. */
  readonly autocorrelation: number;
  /** `lastingOf`; absent where windows are not seen to move together. */
  readonly lasting?: readonly number[];
}

/** Adjacent windows below which nothing is said of their correlation. */
const LAG_PAIRS_MIN = 50;
/** A weaker one is left alone: what it would gain is less than what it costs to be wrong. */
const AUTOCORRELATION_MIN = 0.2;
const AUTOCORRELATION_MAX = 0.95;

/** What a history says, to be frozen with the baseline that came with it. */
export function variationOf(history: History, baseline: Sample, kind: Kind): Variation {
  const moments = baselineMoments(baseline, kind);
  const effect = designEffect(dependenceIn(history));
  const { blocks = NO_BLOCKS } = history;
  return {
    since: history.since,
    spanMs: spanOf(history),
    windows: history.windows,
    sessions: history.sessions,
    scores: SCORES[kind].map((_, index) => {
      const together = lastingAt(lastingOf(blocks, index, 0), windowsInHour(history));
      const autocorrelation = autocorrelationOf(history.lags, index);
      const lasting = lastingOf(blocks, index, autocorrelation);
      return {
        ...seasonOf(history, index, { variance: moments[index]?.variance ?? 0, effect, together }),
        autocorrelation,
        ...(lasting ? { lasting } : {}),
      };
    }),
  };
}

const HOUR_MS = 3_600_000;

function windowsInHour(history: History): number {
  const spanMs = spanOf(history);
  return spanMs > 0 ? Math.max(1, (history.windows * HOUR_MS) / spanMs) : 1;
}

function autocorrelationOf({ pairs, products, squares }: History['lags'], index: number): number {
  const square = squares[index] ?? 0;
  if (pairs < LAG_PAIRS_MIN || square <= 0) return 0;
  const found = (products[index] ?? 0) / square;
  if (Math.abs(found) <= Math.max(AUTOCORRELATION_MIN, 2 / Math.sqrt(pairs))) return 0;
  return Math.sign(found) * Math.min(AUTOCORRELATION_MAX, Math.abs(found));
}
