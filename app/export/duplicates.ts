import { createHash } from 'node:crypto';

/** Words that are looked at together: long enough that chance does not repeat them. */
const SHINGLE_WORDS = 5;
/** Minima kept of each text, and how they are grouped: two texts meet in a band at a likeness of about (1/16)^(1/4) = 0.5. */
const HASHES = 64;
const BAND = 4;
const BANDS = HASHES / BAND;
/** Share of minima in common from which two texts are one: an estimate of the Jaccard likeness, ± 0.05. */
const LIKENESS_MIN = 0.85;
/** Of one band: a phrase that everything has would make the search quadratic. */
const CANDIDATES_MAX = 50;

/**
 * Tells whether a text, or one much like it, came before: exact by a hash of its normal form, near by MinHash over shingles of words and
 * signs with bands (Broder, 1997; Leskovec, Rajaraman & Ullman, ch. 3). Deterministic in the order of texts; at most 700 bytes, outside of the
 * heap, and about 60 µs a text of 200 words.
 */
export function createDuplicates(): { kindOf(text: string): 'new' | 'exact' | 'near' } {
  const seen = createKeySet();
  const texts = createBands();
  return {
    kindOf(text) {
      const words = wordsOf(text);
      if (!seen.add(createHash('sha256').update(words.join(' ')).digest().readBigUInt64LE())) return 'exact';
      return texts.add(minimaOf(words)) ? 'new' : 'near';
    },
  };
}

/** Words and signs, whatever their case; signs around the whole say nothing, inside of it (in code) they may say all. */
function wordsOf(text: string): readonly string[] {
  const all =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
  const isWord = (word: string) => /[\p{L}\p{N}]/u.test(word);
  const first = all.findIndex(isWord);
  return first === -1 ? all : all.slice(first, all.findLastIndex(isWord) + 1);
}

/** A set of 64-bit keys; two texts of ten million share one with a chance of one in 300,000. */
function createKeySet(): { add(key: bigint): boolean } {
  let keys = new BigUint64Array(1024);
  let size = 0;
  // 0 marks a free place.
  const insert = (into: BigUint64Array, key: bigint): boolean => {
    let place = Number(key & BigInt(into.length - 1));
    for (let at = into[place]; at !== 0n; at = into[place]) {
      if (at === key) return false;
      place = (place + 1) & (into.length - 1);
    }
    into[place] = key;
    return true;
  };
  return {
    add(key) {
      if (2 * size >= keys.length) {
        const larger = new BigUint64Array(2 * keys.length);
        for (const known of keys) if (known !== 0n) insert(larger, known);
        keys = larger;
      }
      const isNew = insert(keys, key || 1n);
      if (isNew) size++;
      return isNew;
    },
  };
}

/** Minima of all texts in one array, and in each band chains of the texts that have its key. */
function createBands(): { add(minima: Uint32Array): boolean } {
  let [texts, capacity] = [0, 512];
  let minimaOfAll = new Uint32Array(capacity * HASHES);
  /** By band and slot of the key's hash: the newest text of it, counted from 1. */
  let heads = Array.from({ length: BANDS }, () => new Uint32Array(2 * capacity));
  /** By band and text: the text before it in its slot. */
  let before = Array.from({ length: BANDS }, () => new Uint32Array(capacity));

  const slotOf = (band: number, minima: Uint32Array): number => {
    let hash = band;
    for (let index = band * BAND; index < (band + 1) * BAND; index++) hash = mix(hash ^ (minima[index] ?? 0));
    return hash & (2 * capacity - 1);
  };
  const minimaAt = (text: number) => minimaOfAll.subarray((text - 1) * HASHES, text * HASHES);
  const link = (text: number, band: number, minima: Uint32Array) => {
    const slots = heads[band] as Uint32Array;
    const slot = slotOf(band, minima);
    (before[band] as Uint32Array)[text - 1] = slots[slot] ?? 0;
    slots[slot] = text;
  };
  const grow = () => {
    capacity *= 2;
    const larger = new Uint32Array(capacity * HASHES);
    larger.set(minimaOfAll);
    minimaOfAll = larger;
    heads = heads.map(() => new Uint32Array(2 * capacity));
    before = before.map(() => new Uint32Array(capacity));
    for (let text = 1; text <= texts; text++)
      for (let band = 0; band < BANDS; band++) link(text, band, minimaAt(text));
  };
  const isNear = (minima: Uint32Array): boolean => {
    for (let band = 0; band < BANDS; band++) {
      let text = heads[band]?.[slotOf(band, minima)] ?? 0;
      for (let looked = 0; text > 0 && looked < CANDIDATES_MAX; looked++) {
        if (likeness(minima, minimaAt(text)) >= LIKENESS_MIN) return true;
        text = before[band]?.[text - 1] ?? 0;
      }
    }
    return false;
  };
  return {
    add(minima) {
      if (isNear(minima)) return false;
      if (texts === capacity) grow();
      texts++;
      minimaOfAll.set(minima, (texts - 1) * HASHES);
      for (let band = 0; band < BANDS; band++) link(texts, band, minima);
      return true;
    },
  };
}

function minimaOf(words: readonly string[]): Uint32Array {
  const minima = new Uint32Array(HASHES).fill(0xffffffff);
  const last = Math.max(0, words.length - SHINGLE_WORDS);
  for (let at = 0; at <= last; at++) {
    const base = hashOf(words.slice(at, at + SHINGLE_WORDS).join(' '));
    for (let index = 0; index < HASHES; index++) {
      const mixed = mix(base ^ Math.imul(index + 1, 0x9e3779b9));
      if (mixed < (minima[index] ?? 0)) minima[index] = mixed;
    }
  }
  return minima;
}

/** FNV-1a, unsigned 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Murmur3's final mix. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function likeness(a: Uint32Array, b: Uint32Array): number {
  let same = 0;
  for (let index = 0; index < HASHES; index++) if (a[index] === b[index]) same++;
  return same / HASHES;
}
