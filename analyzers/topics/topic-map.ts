import { distinctiveTerms } from './distinctive-terms.ts';
import { type Clusters, naturalClusters, simplifiedSilhouette } from './k-means.ts';
import { principalComponents } from './principal-components.ts';

export type Side = 'baseline' | 'current';

/** One prompt of the sample. */
export interface MapInput {
  readonly side: Side;
  readonly vector: Float32Array;
  readonly text: string;
}

/** Where a prompt lies on the plane, and which topic it belongs to. */
export interface MapPoint {
  readonly x: number;
  readonly y: number;
  readonly topic: number;
}

export interface Topic {
  /** Its distinctive words, the heaviest first; empty if there are none. */
  readonly terms: readonly string[];
  /** Its most typical prompt: place in the input of the one nearest to the middle. */
  readonly typical: number;
  /** Share of the side's sample, in [0, 1]. */
  readonly baselineShare: number;
  readonly currentShare: number;
  /** Middle of its points. */
  readonly x: number;
  readonly y: number;
}

export interface TopicMap {
  /** In the order of the input. */
  readonly points: readonly MapPoint[];
  /** In order of how much their share has changed, the largest change first; a point's `topic` is an index in it. */
  readonly topics: readonly Topic[];
  /** Share of all variance that the plane shows, in [0, 1]. */
  readonly shownShare: number;
}

/** Axes in which topics are looked for: the plane alone would fold some into each other. */
const AXES = 12;
const TOPICS_MAX = 8;
const TERMS_SHOWN = 4;
/**
 * From this silhouette on two clusters are apart whatever their words: "reasonable structure" begins there (Kaufman & Rousseeuw,
 * 1990). Pieces of one question that only a number sets apart have .26 to .36 (LLMDrift), two kinds of prompts .73.
 */
const APART_MIN = 0.5;

/**
 * Prompts of two sides on one plane, with their topics. Vectors are taken to unit length first: what counts is what a
 * text is about, and the cosine between two is what the embedding model was trained for.
 *
 * @param inputs at least one, vectors of one length
 * @param random in [0, 1); the same numbers give the same map
 */
export function topicMap(inputs: readonly MapInput[], random: () => number): TopicMap {
  const components = principalComponents(
    inputs.map(({ vector }) => unit(vector)),
    AXES,
    random,
  );
  const { scores } = components;
  const { of, terms } = namedClusters(inputs, { scores, ...naturalClusters(scores, TOPICS_MAX, random) });
  const members = terms.map((_, topic) => inputs.filter((_input, i) => of[i] === topic));
  const sizes = { baseline: countOf(inputs, 'baseline'), current: countOf(inputs, 'current') };
  const topics = terms.map((ofTerms, place): Topic & { readonly place: number } => {
    const ofTopic = members[place] ?? [];
    const places = scores.flatMap((_, i) => (of[i] === place ? [i] : []));
    const { middle, typical } = middleOf(scores, places);
    return {
      place,
      terms: ofTerms,
      typical,
      baselineShare: countOf(ofTopic, 'baseline') / Math.max(1, sizes.baseline),
      currentShare: countOf(ofTopic, 'current') / Math.max(1, sizes.current),
      x: middle[0] ?? 0,
      y: middle[1] ?? 0,
    };
  });
  const change = ({ baselineShare, currentShare }: Topic): number => Math.abs(currentShare - baselineShare);
  topics.sort((a, b) => change(b) - change(a) || a.place - b.place);
  const rank = new Map(topics.map(({ place }, index) => [place, index]));
  return {
    points: scores.map((score, i) => ({
      x: score[0] ?? 0,
      y: score[1] ?? 0,
      topic: rank.get(of[i] ?? 0) ?? 0,
    })),
    topics: topics.map(({ place: _, ...topic }) => topic),
    shownShare: (components.shares[0] ?? 0) + (components.shares[1] ?? 0),
  };
}

/** The mean of some points, and which of them is nearest to it. */
function middleOf(
  scores: readonly Float64Array[],
  places: readonly number[],
): { middle: Float64Array; typical: number } {
  const middle = new Float64Array(scores[0]?.length ?? 0);
  for (const place of places)
    scores[place]?.forEach((value, axis) => {
      middle[axis] = (middle[axis] ?? 0) + value / places.length;
    });
  const distance = (place: number): number =>
    middle.reduce((sum, value, axis) => sum + ((scores[place]?.[axis] ?? 0) - value) ** 2, 0);
  const distances = places.map(distance);
  return { middle, typical: places[distances.indexOf(Math.min(...distances))] ?? 0 };
}

/**
 * Clusters with their distinctive words. Those that have none and lie close are no topics but pieces of one: they are put
 * together, and what is put together may have words of its own. What lies apart stays a topic without them.
 */
function namedClusters(
  inputs: readonly MapInput[],
  clusters: Clusters & { readonly scores: readonly Float64Array[] },
): { of: readonly number[]; terms: readonly (readonly string[])[] } {
  const termsOf = (places: readonly number[], count: number): string[][] =>
    distinctiveTerms(
      Array.from({ length: count }, (_, topic) =>
        inputs.filter((_input, i) => places[i] === topic).map(({ text }) => text),
      ),
      TERMS_SHOWN,
    ).map((ofTopic) => ofTopic.map(({ term }) => term));
  const first = termsOf(clusters.of, clusters.centres.length);
  // Of each cluster the one that it is put to: itself, or an earlier one.
  const to: number[] = [];
  for (const [place, terms] of first.entries()) {
    const isNear = (others: readonly string[], other: number): boolean =>
      other < place && others.length === 0 && !areApart(clusters, [other, place]);
    const near = terms.length === 0 ? first.findIndex(isNear) : -1;
    to.push(to[near] ?? place);
  }
  const kept = [...new Set(to)];
  if (kept.length === first.length) return { of: clusters.of, terms: first };
  const merged = clusters.of.map((place) => kept.indexOf(to[place] ?? place));
  return { of: merged, terms: termsOf(merged, kept.length) };
}

function areApart(
  { of, centres, scores }: Clusters & { readonly scores: readonly Float64Array[] },
  pair: readonly number[],
): boolean {
  const places = scores.flatMap((_, i) => (pair.includes(of[i] ?? -1) ? [i] : []));
  const both = {
    of: places.map((i) => pair.indexOf(of[i] ?? -1)),
    centres: pair.flatMap((place) => centres[place] ?? []),
  };
  const points = places.flatMap((i) => scores[i] ?? []);
  return simplifiedSilhouette(points, both) >= APART_MIN;
}

const countOf = (inputs: readonly MapInput[], side: Side): number =>
  inputs.filter((input) => input.side === side).length;

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length > 0 ? vector.map((value) => value / length) : vector;
}
