import { distinctiveTerms } from './distinctive-terms.ts';
import { type Clusters, naturalClusters } from './k-means.ts';
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
  const { of, terms } = namedClusters(inputs, naturalClusters(components.scores, TOPICS_MAX, random));
  const members = terms.map((_, topic) => inputs.filter((_input, i) => of[i] === topic));
  const sizes = { baseline: countOf(inputs, 'baseline'), current: countOf(inputs, 'current') };
  const topics = terms.map((ofTerms, place): Topic & { readonly place: number } => {
    const ofTopic = members[place] ?? [];
    const scores = components.scores.filter((_, i) => of[i] === place);
    const middle = (axis: number): number =>
      scores.reduce((sum, score) => sum + (score[axis] ?? 0), 0) / Math.max(1, scores.length);
    return {
      place,
      terms: ofTerms,
      baselineShare: countOf(ofTopic, 'baseline') / Math.max(1, sizes.baseline),
      currentShare: countOf(ofTopic, 'current') / Math.max(1, sizes.current),
      x: middle(0),
      y: middle(1),
    };
  });
  const change = ({ baselineShare, currentShare }: Topic): number => Math.abs(currentShare - baselineShare);
  topics.sort((a, b) => change(b) - change(a) || a.place - b.place);
  const rank = new Map(topics.map(({ place }, index) => [place, index]));
  return {
    points: components.scores.map((score, i) => ({
      x: score[0] ?? 0,
      y: score[1] ?? 0,
      topic: rank.get(of[i] ?? 0) ?? 0,
    })),
    topics: topics.map(({ place: _, ...topic }) => topic),
    shownShare: (components.shares[0] ?? 0) + (components.shares[1] ?? 0),
  };
}

/**
 * Clusters with their distinctive words. Those that have none are no topics but pieces of one: they are put together, and
 * what is put together may have words of its own.
 */
function namedClusters(
  inputs: readonly MapInput[],
  { of, centres }: Clusters,
): { of: readonly number[]; terms: readonly (readonly string[])[] } {
  const termsOf = (places: readonly number[], count: number): string[][] =>
    distinctiveTerms(
      Array.from({ length: count }, (_, topic) =>
        inputs.filter((_input, i) => places[i] === topic).map(({ text }) => text),
      ),
      TERMS_SHOWN,
    ).map((ofTopic) => ofTopic.map(({ term }) => term));
  const first = termsOf(of, centres.length);
  const named = first.flatMap((terms, place) => (terms.length > 0 ? [place] : []));
  if (first.length - named.length < 2) return { of, terms: first };
  const merged = of.map((place) => (named.includes(place) ? named.indexOf(place) : named.length));
  return { of: merged, terms: termsOf(merged, named.length + 1) };
}

const countOf = (inputs: readonly MapInput[], side: Side): number =>
  inputs.filter((input) => input.side === side).length;

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length > 0 ? vector.map((value) => value / length) : vector;
}
