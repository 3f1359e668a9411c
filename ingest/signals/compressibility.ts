/** Shortest run worth a back reference, and what a reference costs, in code units: as in LZ4. */
const MATCH_MIN = 4;
const REFERENCE_COST = 3;
/** A reference reaches this far back. */
const DISTANCE_MAX = 1 << 16;
const SLOT_BITS = 12;
const BASE_MAX = 1 << 30;
/** After each 2^3 misses in a row the search steps one further, so that noise costs little. */
const SKIP_SHIFT = 3;

/**
 * A function of the share of a text that one greedy LZ4-like pass saves, in [0, 1): 0 for text without a
 * repeated run of four characters, about .1-.25 for a page of prose, near 1 for a loop. It grows with the
 * length, as any compression does: compare like with like. Linear. No code units: 0.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function createCompressibility(): (codes: Uint16Array, length: number) => number {
  // Places of earlier texts stay in the table; they lie before `base`, so nothing needs to be cleared.
  const slots = new Int32Array(1 << SLOT_BITS).fill(-1);
  let base = 0;
  return (codes, length) => {
    if (base + length > BASE_MAX) {
      slots.fill(-1);
      base = 0;
    }
    const saved = savedUnits(codes, length, { slots, base });
    base += length;
    return length === 0 ? 0 : saved / length;
  };
}

function savedUnits(codes: Uint16Array, length: number, table: { slots: Int32Array; base: number }): number {
  const { slots, base } = table;
  const last = length - MATCH_MIN;
  let saved = 0;
  let misses = 0;
  let index = 0;
  while (index <= last) {
    const slot = slotOf(codes, index);
    const candidate = (slots[slot] as number) - base;
    slots[slot] = base + index;
    const run =
      candidate < 0 || index - candidate > DISTANCE_MAX ? 0 : commonRun(codes, candidate, index, length);
    if (run < MATCH_MIN) {
      index += 1 + (misses++ >> SKIP_SHIFT);
      continue;
    }
    saved += run - REFERENCE_COST;
    misses = 0;
    index += run;
  }
  return saved;
}

/** Slot of four code units by their low bytes: two that share them are told apart when the run is compared. */
function slotOf(codes: Uint16Array, index: number): number {
  const four =
    (codes[index] as number) ^
    ((codes[index + 1] as number) << 8) ^
    ((codes[index + 2] as number) << 16) ^
    ((codes[index + 3] as number) << 24);
  return Math.imul(four, 0x9e_37_79_b1) >>> (32 - SLOT_BITS);
}

/** How many code units are the same from both places on; `from` is before `at` and may run into it. */
function commonRun(codes: Uint16Array, from: number, at: number, length: number): number {
  let run = 0;
  while (at + run < length && codes[from + run] === codes[at + run]) run++;
  return run;
}
