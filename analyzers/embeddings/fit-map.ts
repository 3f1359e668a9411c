import { createHash } from 'node:crypto';
import { distinctiveTerms } from '../topics/distinctive-terms.ts';
import { kMeans } from '../topics/k-means.ts';
import { principalComponents } from '../topics/principal-components.ts';
import { locate, type ReferenceMap } from './reference-map.ts';

/** A text of the reference. */
export interface ReferenceText {
  readonly vector: Float32Array;
  /** Its beginning; names the topics. */
  readonly text: string;
}

export interface MapSample {
  readonly about: Pick<ReferenceMap, 'project' | 'model' | 'side' | 'identity' | 'createdAt'>;
  /** What axes and centres are made of. */
  readonly fit: readonly ReferenceText[];
  /** Other rows: what made a centre lies nearer to it than what comes later. */
  readonly calibration: readonly ReferenceText[];
}

/** Below it there are too few rows for the centres of what is rare. */
export const FIT_ROWS_MIN = 1_000;
/** More make the map no better by what was measured, and take longer. */
export const FIT_ROWS_MAX = 3_000;
export const CALIBRATION_ROWS_MIN = 1_000;

const AXES = 64;
/** Rows that a centre is made of, on average. */
const ROWS_PER_CENTRE = 12;
const CENTRES_MAX = 256;
/** One start does: what is bet on is where a text lies among the centres, not the centres themselves. */
const EFFORT = { starts: 1, roundsMax: 20 };
/** Outer shares of the calibration rows that have cells of their own: what is new lies remote from a few topics. */
const OUTER_SHARES = [0.3, 0.1, 0.03, 0.01];
/** Topics are for people to read; the cells behind them are finer. */
const TOPICS_MAX = 24;
const TERMS_SHOWN = 3;

/**
 * Makes the map of a reference. A few seconds for 3,000 rows: in a thread of its own (map-thread.ts).
 *
 * @param sample at least one row to fit and one to calibrate, vectors of one length
 * @param random in [0, 1); the same numbers give the same map
 */
export function fitReferenceMap(sample: MapSample, random: () => number): ReferenceMap {
  const { about, fit, calibration } = sample;
  const { scores, axes, mean } = principalComponents(
    fit.map(({ vector }) => vector),
    AXES,
    random,
  );
  const count = Math.max(1, Math.min(CENTRES_MAX, Math.floor(fit.length / ROWS_PER_CENTRE)));
  const { centres, of: places } = kMeans(scores, count, random, EFFORT);
  const frame = {
    mean: Float32Array.from(mean),
    axes: axes.map((axis) => Float32Array.from(axis)),
    centres: centresIn(fit, places, mean),
  };
  const remoteness = calibration.map(({ vector }) => locate(frame, vector).remoteness).sort((a, b) => a - b);
  const { topicOf, topics } = namedTopics(centres, { fit, places, random });
  const map = {
    ...about,
    ...frame,
    levels: OUTER_SHARES.map((share) => quantile(remoteness, 1 - share)),
    percentiles: Array.from({ length: 101 }, (_, percent) => quantile(remoteness, percent / 100)),
    topicOf,
    topics,
    rows: { fitted: fit.length, calibrated: calibration.length },
  };
  return { ...map, id: idOf(map) };
}

/** The middle of each cluster in the space of the embeddings, beyond the axes too; of an empty one the middle of all. */
function centresIn(
  fit: readonly ReferenceText[],
  places: readonly number[],
  mean: Float64Array,
): Float32Array[] {
  const sums = Array.from({ length: Math.max(...places) + 1 }, () => new Float64Array(mean.length));
  const sizes = sums.map(() => 0);
  for (const [row, { vector }] of fit.entries()) {
    const place = places[row] ?? 0;
    sizes[place] = (sizes[place] ?? 0) + 1;
    sums[place]?.forEach((value, i, sum) => {
      sum[i] = value + (vector[i] ?? 0);
    });
  }
  return sums.map((sum, place) => {
    const size = sizes[place] ?? 0;
    return Float32Array.from(size === 0 ? mean : sum.map((value) => value / size));
  });
}

/** Neighbouring centres as one topic, named by the words that set its texts apart. */
function namedTopics(
  centres: readonly Float64Array[],
  at: { fit: readonly ReferenceText[]; places: readonly number[]; random: () => number },
): { topicOf: readonly number[]; topics: readonly string[] } {
  const { of } = kMeans(centres, Math.min(TOPICS_MAX, centres.length), at.random);
  const count = Math.max(...of) + 1;
  const texts: string[][] = Array.from({ length: count }, () => []);
  for (const [row, { text }] of at.fit.entries()) texts[of[at.places[row] ?? 0] ?? 0]?.push(text);
  const terms = distinctiveTerms(texts, TERMS_SHOWN);
  const topics = terms.map((ofTopic, topic) => [topic, ...ofTopic.map(({ term }) => term)].join(' '));
  return { topicOf: of, topics };
}

/** By linear interpolation between order statistics; 0 of nothing. */
function quantile(ascending: readonly number[], share: number): number {
  const at = share * (ascending.length - 1);
  const [low, high] = [ascending[Math.floor(at)] ?? 0, ascending[Math.ceil(at)] ?? 0];
  return low + (at - Math.floor(at)) * (high - low);
}

function idOf(map: Omit<ReferenceMap, 'id'>): string {
  const { project, model, side, identity, createdAt, percentiles } = map;
  const facts = JSON.stringify([project, model, side, identity, createdAt.toISOString(), percentiles]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 8);
}
