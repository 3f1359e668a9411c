import type { SessionSums } from '../../core/window.ts';
import { hourOfWeek, short, WEEK_MS } from './history.ts';
import { designEffect } from './inflation.ts';
import { lastingAt } from './lasting.ts';
import type { Kind, Sample } from './sample.ts';
import { baselineMoments, type Scored } from './scores.ts';
import { UNKNOWN_SEASON } from './seasons.ts';
import { dependenceOf, NO_SESSIONS, sessionRowsOf } from './sessions.ts';
import type { ScoreVariation, Variation } from './variation.ts';

/** What is expected of one score in one window if nothing has changed. */
export interface ScoreForecast {
  readonly mean: number;
  /** The same without what the window before adds. */
  readonly seasonMean: number;
  /** Independent rows that would tell the baseline's mean as well as the baseline does. */
  readonly baselineRows: number;
  /** What is allowed on top while the baseline has not seen a week, in units of a rank. */
  readonly tolerance: number;
  /** Variance of the window's own mean over that of a row. */
  readonly betweenRatio: number;
  readonly freedom: number;
  /** `lastingOf` the windows; null where they do not move together. */
  readonly lasting: readonly number[] | null;
  /** Part of the variance that knowing the window before leaves, in (0, 1]. */
  readonly whitened: number;
}

export interface Forecast {
  readonly sessionRows: number;
  readonly correlation: number;
  /** In the order of `SCORES`. */
  readonly scores: readonly ScoreForecast[];
}

/** How far a window was from what its season says; kept for the next one. */
export interface Residuals {
  /** End of the window, ISO 8601. */
  readonly until: string;
  /** Per score: of the mean, and in its own deviations. */
  readonly means: readonly number[];
  readonly standard: readonly number[];
}

/** Of independent rows, and windows that differ by them alone. */
export function plainForecast(baseline: Sample, kind: Kind): Forecast {
  return {
    sessionRows: 1,
    correlation: 0,
    scores: baselineMoments(baseline, kind).map(({ mean }) => ({
      mean,
      seasonMean: mean,
      baselineRows: baseline.count,
      tolerance: 0,
      betweenRatio: 0,
      freedom: Number.POSITIVE_INFINITY,
      lasting: null,
      whitened: 1,
    })),
  };
}

/** Ranks: what a day's course or a weekend moves the mean rank by, until a baseline has seen one of each. */
const TOLERANCE_BEFORE_WEEK = 0.1;

/**
 * What to expect of a window: the season of its hour, what the window before says, how far chance, sessions and what a
 * window has in common may move it.
 *
 * @param known null for a baseline of which nothing but its rows is known
 * @param before residuals of the window before; not used if it does not end where this one begins
 */
export function forecastOf(
  baseline: { readonly sample: Sample; readonly kind: Kind; readonly known: Variation | null },
  window: {
    readonly since: Date;
    readonly until: Date;
    readonly sample: Sample;
    readonly sessions?: Pick<SessionSums, 'rows' | 'squares'> | undefined;
  },
  at: { readonly isTimed: boolean; readonly before: Residuals | null },
): Forecast {
  const { sample, kind, known } = baseline;
  const sessionRows = sessionRowsOf(window.sessions, window.sample.count);
  const dependence = dependenceOf(sessionRows, known?.sessions ?? NO_SESSIONS);
  const effect = designEffect(dependence);
  if (!at.isTimed) {
    const plain = plainForecast(sample, kind);
    const scores = plain.scores.map((score) => ({ ...score, baselineRows: sample.count / effect }));
    return { ...dependence, scores };
  }
  const hour = hourOfWeek(window);
  const before = at.before?.until === window.since.toISOString() ? at.before : null;
  const windows = Math.max(1, known?.windows ?? 1);
  const tolerance = (known?.spanMs ?? 0) < WEEK_MS ? TOLERANCE_BEFORE_WEEK : 0;
  const scores = baselineMoments(sample, kind).map(({ mean }, index): ScoreForecast => {
    const season: ScoreVariation = known?.scores[index] ?? { ...UNKNOWN_SEASON, autocorrelation: 0 };
    const seasonMean = inside(mean + (season.hours?.[hour] ?? 0));
    const { autocorrelation, betweenRatio, freedom, lasting = null } = season;
    return {
      mean: before ? inside(seasonMean + autocorrelation * (before.means[index] ?? 0)) : seasonMean,
      seasonMean,
      baselineRows: 1 / ((effect / sample.count + betweenRatio / windows) * lastingAt(lasting, windows)),
      tolerance,
      betweenRatio,
      freedom,
      lasting,
      whitened: before ? 1 - autocorrelation ** 2 : 1,
    };
  });
  return { ...dependence, scores };
}

/** How far a window was from its season, per score, to be kept for the next one. */
export function residualsOf(
  forecast: Forecast,
  scored: Scored,
  at: { readonly until: Date; readonly variances: readonly number[] },
): Residuals {
  const effect = designEffect(forecast);
  const means = forecast.scores.map(({ seasonMean }, index) =>
    short((scored.sums[index] ?? 0) / scored.rows - seasonMean),
  );
  return {
    until: at.until.toISOString(),
    means,
    standard: forecast.scores.map(({ betweenRatio }, index) => {
      const deviation = Math.sqrt((at.variances[index] ?? 0) * (effect / scored.rows + betweenRatio));
      const standard = deviation > 0 ? (means[index] ?? 0) / deviation : 0;
      // One wild window must not decide how windows follow each other.
      return short(Math.min(RESIDUAL_MAX, Math.max(-RESIDUAL_MAX, standard)));
    }),
  };
}

const RESIDUAL_MAX = 4;

function inside(mean: number): number {
  return Math.min(1, Math.max(0, mean));
}
