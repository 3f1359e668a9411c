/** Tokens in one n-gram. Six in a row are seldom said twice in prose, and always in a loop. */
const GRAM_TOKENS = 6;
/** Factor of the rolling hash; odd, so that it loses no bits. */
const FACTOR = 0x9e_37_79_b1 | 0;

/**
 * A function of the share of token 6-grams (words and runs of signs) that occurred before in the same text, in
 * [0, 1]: near 0 for prose, 1 - 1/k for a text said k times, near 1 for a loop. Below 6 tokens: 0. Linear; the
 * function keeps a table that grows to the longest text seen.
 *
 * @see repetition-n in Welleck et al. 2019, "Neural text generation with unlikelihood training"
 */
export function createRepetition(): (hashes: Int32Array, count: number) => number {
  let table = new Int32Array(1 << 10);
  return (hashes, count) => {
    const grams = count - GRAM_TOKENS + 1;
    if (grams < 2) return 0;
    const size = 1 << (33 - Math.clz32(grams));
    if (table.length < size) table = new Int32Array(size);
    table.fill(0, 0, size);
    return repeated(hashes, grams, { table, mask: size - 1 }) / grams;
  };
}

/** Number of n-grams that are in the table already when their turn comes. */
function repeated(hashes: Int32Array, grams: number, slots: { table: Int32Array; mask: number }): number {
  const { table, mask } = slots;
  let oldest = 1;
  for (let token = 0; token < GRAM_TOKENS; token++) oldest = Math.imul(oldest, FACTOR);
  let [hash, count] = [0, 0];
  for (let token = 0; token < GRAM_TOKENS - 1; token++) {
    hash = (Math.imul(hash, FACTOR) + (hashes[token] as number)) | 0;
  }
  for (let gram = 0; gram < grams; gram++) {
    hash = (Math.imul(hash, FACTOR) + (hashes[gram + GRAM_TOKENS - 1] as number)) | 0;
    if (gram > 0) hash = (hash - Math.imul(hashes[gram - 1] as number, oldest)) | 0;
    // 0 marks a free slot.
    const key = hash === 0 ? 1 : hash;
    let slot = (key ^ (key >>> 15)) & mask;
    while (table[slot] !== 0 && table[slot] !== key) slot = (slot + 1) & mask;
    if (table[slot] === key) count++;
    else table[slot] = key;
  }
  return count;
}
