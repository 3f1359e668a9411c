/** Bits kept per id: at 16, and 8 probes in one 64-byte line, about one new id in 1,500 looks known. */
const BITS_PER_ID = 16;
const WORDS_PER_LINE = 16;
const PROBES = 8;

/**
 * A blocked Bloom filter over ids: says for certain that an id is new, and with a small error that it is known.
 * (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007.)
 */
export class IdFilter {
  readonly #words: Uint32Array;
  readonly #lines: number;
  #count = 0;

  /** @param idsMax ids that it is made for; beyond them it only errs more often. Memory: 2 bytes an id. */
  constructor(idsMax: number) {
    this.#lines = Math.max(1, Math.ceil((idsMax * BITS_PER_ID) / (WORDS_PER_LINE * 32)));
    this.#words = new Uint32Array(this.#lines * WORDS_PER_LINE);
  }

  /** Ids that were new when added. */
  get count(): number {
    return this.#count;
  }

  /** Adds the id; true if it was certainly not there before. O(length of the id). */
  add(project: string, id: string): boolean {
    const low = hash(id, hash(project, 0x811c9dc5));
    const high = hash(id, low ^ 0x9e3779b9);
    const line = (low % this.#lines) * WORDS_PER_LINE;
    let isNew = false;
    // Nine bits pick one of 512 in the line; a step that is odd visits PROBES different ones.
    let bit = high >>> 23;
    const step = ((high >>> 13) & 0x1ff) | 1;
    for (let probe = 0; probe < PROBES; probe++) {
      const word = line + (bit >>> 5);
      const mask = 1 << (bit & 31);
      const before = this.#words[word] as number;
      if ((before & mask) === 0) {
        isNew = true;
        this.#words[word] = before | mask;
      }
      bit = (bit + step) & 0x1ff;
    }
    if (isNew) this.#count++;
    return isNew;
  }
}

/** FNV-1a over UTF-16 units with a final mix (murmur3's), unsigned 32 bits. */
function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
