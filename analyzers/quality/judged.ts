import { JUDGE_BIAS_PREFIX, QUALITY_PREFIX } from '../../core/judged-signals.ts';
import type { Reading } from '../drift/monitor-signal.ts';
import {
  addHalves,
  type Halves,
  halvesOf,
  type JudgedState,
  type JudgedWindow,
  NO_HALVES,
  type Watched,
} from './judged-state.ts';
import type { MeanLimits } from './mean-watch.ts';
import type { Moments } from './moments.ts';
import { biasObservations, qualityObservations } from './observations.ts';
import {
  judgeBias,
  type MeanInterval,
  predictionPoweredMean,
  totalOf,
  tunedLambda,
} from './prediction-powered.ts';
import { readingOf, stepWatched, TOLERANCE } from './watched-mean.ts';

/** Labels that make a baseline: the mean is then known within about ±.07 by a fair judge. */
const BASELINE_LABELS_MIN = 100;
/** The baseline's interval misses the truth this seldom; its ends are the limits that are bet against. */
const BASELINE_ALPHA = 0.01;
const ALPHA = 0.05;
const RECENT_WINDOWS = 50;

export interface JudgedInput {
  readonly label: string;
  readonly since: Date;
  readonly until: Date;
  readonly buckets: readonly (Moments & { readonly bucket: number })[];
  /** False alarms per window of a signal. */
  readonly levelOf: (signal: string) => number;
}

/**
 * One window of one pair of scores. Two means are watched: the quality by people's standard, from the judge corrected by the
 * labels; and the judge's bias, so that a judge that has changed is not taken for a model that has.
 *
 * 1. `learning`: labels are gathered, 100 make a baseline.
 * 2. `watching`: both means are bet on; an alarm holds while the newest labels still say so.
 *
 * @param state null at the start
 */
export function stepJudged(
  state: JudgedState | null,
  input: JudgedInput,
): { readonly state: JudgedState; readonly readings: readonly Reading[] } {
  const halves = halvesOf(input.buckets);
  if (state === null || state.phase === 'learning') return learn(state?.halves ?? NO_HALVES, halves, input);
  const window: JudgedWindow = { since: input.since.toISOString(), halves };
  const recent = [...state.recent, window].slice(-RECENT_WINDOWS);
  const scale = 1 + 2 * state.lambda;
  const qualities = qualityObservations(input.buckets, state.lambda).map(
    ({ value }) => (value + state.lambda) / scale,
  );
  const biases = biasObservations(input.buckets).map(({ value }) => (value + 1) / 2);
  const labels = totalOf(halves).labels;
  const sizes = { baseline: state.labels, current: labels };
  const at = (prefix: string) => {
    const signal = `${prefix}${input.label}`;
    const { since, until } = input;
    return { signal, since, until, recent, samples: sizes, level: input.levelOf(signal) };
  };
  const quality = stepWatched(state.quality, qualities, {
    ...at(QUALITY_PREFIX),
    meanOf: (sums) => predictionPoweredMean(sums, ALPHA),
  });
  const bias = stepWatched(state.bias, biases, {
    ...at(JUDGE_BIAS_PREFIX),
    meanOf: (sums) => judgeBias(totalOf(sums), ALPHA),
  });
  const next = { ...state, quality: quality.watched, bias: bias.watched, recent };
  return { state: next, readings: [quality.reading, bias.reading] };
}

function learn(before: Halves, window: Halves, input: JudgedInput): ReturnType<typeof stepJudged> {
  const halves = addHalves(before, window);
  const total = totalOf(halves);
  const mean = predictionPoweredMean(halves, BASELINE_ALPHA);
  const bias = judgeBias(total, BASELINE_ALPHA);
  const rowsNeeded = Math.max(1, BASELINE_LABELS_MIN - total.labels);
  const readings = [QUALITY_PREFIX, JUDGE_BIAS_PREFIX].map((prefix) =>
    readingOf(
      { ...input, signal: `${prefix}${input.label}` },
      {
        outcome: 'not_enough_data',
        rowsNeeded,
        samples: { baseline: total.labels, current: totalOf(window).labels },
      },
    ),
  );
  if (total.labels < BASELINE_LABELS_MIN || !mean || !bias)
    return { state: { phase: 'learning', halves }, readings };
  const lambda = tunedLambda(total);
  const state: JudgedState = {
    phase: 'watching',
    lambda,
    labels: total.labels,
    quality: watchedFrom(mean, (value) => (value + lambda) / (1 + 2 * lambda)),
    bias: watchedFrom(bias, (value) => (value + 1) / 2),
    recent: [],
  };
  return { state, readings };
}

function watchedFrom(before: MeanInterval, scaled: (value: number) => number): Watched {
  const inside = (value: number): number => Math.min(1 - 1e-3, Math.max(1e-3, scaled(value)));
  const limits: MeanLimits = { low: inside(before.low - TOLERANCE), high: inside(before.high + TOLERANCE) };
  return { before, limits, evidence: [], standing: null };
}
