import type { Evidence } from './evidence.ts';
import { bestPrefix, subsetScore } from './prefix.ts';
import type { CauseAttribute } from './table.ts';

/** Per attribute, 1 for each value that is in; null: the attribute says nothing. */
export type Masks = readonly (Uint8Array | null)[];

export interface Found {
  readonly masks: Masks;
  readonly score: number;
}

export interface ScanResult extends Found {
  /** Of each attribute alone, the best score. */
  readonly alone: readonly number[];
}

/** Starts from the attributes that say most alone, and from chance. */
const STARTS_ALONE = 3;
const STARTS_RANDOM = 2;
const ROUNDS_MAX = 8;
/** A subset of less of the weight explains little, and by chance is extreme more often than it should be. */
const WEIGHT_SHARE_MIN = 0.01;
/** Of what the other attributes leave in: an attribute that leaves in more says little. */
const WIDE_SHARE = 0.75;

/**
 * The subset of rows, given by values of attributes, that scores highest: one attribute after the other takes its best values while the others stand,
 * until nothing rises any more, from several starts (multidimensional subset scan, Neill et al. 2013). A local optimum of the whole,
 * the exact one in each attribute. O(starts · rounds · attributes · rows).
 *
 * @param random in [0, 1)
 */
export function scanSubsets(
  attributes: readonly CauseAttribute[],
  evidence: Evidence,
  random: () => number,
): ScanResult {
  const search = new Search(attributes, evidence);
  const singles = attributes.map((_, place) => search.bestOf(place));
  const order = singles.map((_, place) => place).sort((a, b) => scoreAt(singles, b) - scoreAt(singles, a));
  let best: Found = { masks: attributes.map(() => null), score: 0 };
  const starts: Masks[] = order
    .slice(0, STARTS_ALONE)
    .map((place) => attributes.map((_, other) => (other === place ? (singles[place]?.mask ?? null) : null)));
  for (let start = 0; start < STARTS_RANDOM; start++) starts.push(randomMasks(attributes, random));
  for (const start of starts) {
    const found = search.climb(start);
    if (found.score > best.score) best = found;
  }
  return { ...best, alone: singles.map(({ score }) => score) };
}

const scoreAt = (found: readonly { readonly score: number }[], place: number): number =>
  found[place]?.score ?? 0;

/**
 * The subset without the attributes that it scores about as high without: an attribute stays if it adds more than one alone can by chance,
 * and leaves out more than a quarter of what the others leave in. "Only where" of twenty hours in 24 explains nothing beside a client.
 *
 * @param chanceOf per attribute, what it can add by chance
 */
export function pruned(
  attributes: readonly CauseAttribute[],
  evidence: Evidence,
  { found, chanceOf }: { found: Found; chanceOf: readonly number[] },
): Found {
  const search = new Search(attributes, evidence);
  let kept = found;
  for (;;) {
    const inside = search.measure(kept.masks).weight;
    const shorter = kept.masks.flatMap((mask, place) => {
      const masks = kept.masks.map((other, at) => (at === place ? null : other));
      if (mask === null || masks.every((one) => one === null)) return [];
      const { score, weight } = search.measure(masks);
      const isWide = inside > WIDE_SHARE * weight;
      return isWide || kept.score - score <= (chanceOf[place] ?? 0) ? [{ masks, score }] : [];
    });
    const [next] = shorter.sort((a, b) => b.score - a.score);
    if (!next) return kept;
    kept = next;
  }
}

function randomMasks(attributes: readonly CauseAttribute[], random: () => number): Masks {
  return attributes.map(({ values }) =>
    random() < 0.5 ? null : Uint8Array.from(values, () => (random() < 0.5 ? 1 : 0)),
  );
}

class Search {
  readonly #attributes: readonly CauseAttribute[];
  readonly #evidence: Evidence;
  readonly #options: { weightTotal: number; variance: number; weightMin: number };
  /** Per row, how many attributes leave it out. */
  readonly #misses: Uint8Array;

  constructor(attributes: readonly CauseAttribute[], evidence: Evidence) {
    this.#attributes = attributes;
    this.#evidence = evidence;
    const { weightTotal, variance } = evidence;
    this.#options = { weightTotal, variance, weightMin: WEIGHT_SHARE_MIN * weightTotal };
    this.#misses = new Uint8Array(evidence.signed.length);
  }

  /** Of one attribute alone. */
  bestOf(place: number) {
    this.#misses.fill(0);
    return bestPrefix(this.#sums(place, null), this.#options);
  }

  measure(masks: Masks): { score: number; weight: number } {
    this.#count(masks);
    const { signed, weights } = this.#evidence;
    let [sum, weight] = [0, 0];
    for (let row = 0; row < signed.length; row++) {
      if (this.#misses[row] !== 0) continue;
      sum += signed[row] as number;
      weight += weights[row] as number;
    }
    return { score: subsetScore(sum, weight, this.#options), weight };
  }

  climb(start: Masks): Found {
    const masks = [...start];
    this.#count(masks);
    let score = 0;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const before = score;
      for (let place = 0; place < masks.length; place++) {
        const old = masks[place] ?? null;
        const best = bestPrefix(this.#sums(place, old), this.#options);
        if (best.score <= score) continue;
        score = best.score;
        masks[place] = this.#replace(place, old, best.mask);
      }
      if (score <= before) break;
    }
    return { masks, score };
  }

  #count(masks: Masks): void {
    this.#misses.fill(0);
    masks.forEach((mask, place) => {
      if (mask !== null) this.#replace(place, null, mask);
    });
  }

  /** Takes a mask in the place of another; null in the place of one that leaves nothing out. */
  #replace(place: number, old: Uint8Array | null, mask: Uint8Array): Uint8Array | null {
    const codes = this.#attributes[place]?.codes ?? new Uint16Array();
    const misses = this.#misses;
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      const was = old === null || old[code] === 1 ? 0 : 1;
      misses[row] = (misses[row] as number) - was + (mask[code] === 1 ? 0 : 1);
    }
    return mask.every((one) => one === 1) ? null : mask;
  }

  /** By value of an attribute, of the rows that no other attribute leaves out. */
  #sums(place: number, own: Uint8Array | null): { signed: Float64Array; weights: Float64Array } {
    const { values, codes } = this.#attributes[place] ?? { values: [], codes: new Uint16Array() };
    const { signed, weights } = this.#evidence;
    const misses = this.#misses;
    const sums = { signed: new Float64Array(values.length), weights: new Float64Array(values.length) };
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      const ownMiss = own !== null && own[code] !== 1 ? 1 : 0;
      if (misses[row] !== ownMiss) continue;
      sums.signed[code] = (sums.signed[code] as number) + (signed[row] as number);
      sums.weights[code] = (sums.weights[code] as number) + (weights[row] as number);
    }
    return sums;
  }
}
