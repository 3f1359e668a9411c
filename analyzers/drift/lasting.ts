/** Lengths in windows over which it is learned how neighbours move together, each twice the one before. */
const LENGTHS = [2, 4, 8, 16, 32] as const;

/**
 * How windows that follow each other moved together, in blocks of `LENGTHS` windows that do not overlap; JSON. Residuals are from the
 * season, in their own deviations.
 */
export interface Blocks {
  readonly windows: number;
  /** Per score: Σ z² of single windows. */
  readonly squares: readonly number[];
  /** By length: sums per score of the half that waits for the other; empty where none does. */
  readonly waiting: readonly (readonly number[])[];
  /** By length: blocks that are complete. */
  readonly counts: readonly number[];
  /** By length, per score: Σ over blocks of (Σ z)². */
  readonly sums: readonly (readonly number[])[];
}

export const NO_BLOCKS: Blocks = { windows: 0, squares: [], waiting: [], counts: [], sums: [] };

/** Adds a window. @param isAdjacent whether it follows the one before: a block has no gap */
export function addToBlocks(blocks: Blocks, residuals: readonly number[], isAdjacent: boolean): Blocks {
  const waiting = LENGTHS.map((_, level) => (isAdjacent ? (blocks.waiting[level] ?? []) : []));
  const counts = LENGTHS.map((_, level) => blocks.counts[level] ?? 0);
  const sums = LENGTHS.map((_, level) => blocks.sums[level] ?? []);
  let block = residuals;
  for (let level = 0; level < LENGTHS.length; level++) {
    const half = waiting[level] ?? [];
    if (half.length === 0) {
      waiting[level] = block;
      break;
    }
    block = block.map((sum, score) => round(sum + (half[score] ?? 0)));
    waiting[level] = [];
    counts[level] = (counts[level] ?? 0) + 1;
    sums[level] = plusSquares(sums[level] ?? [], block);
  }
  return {
    windows: blocks.windows + 1,
    squares: plusSquares(blocks.squares, residuals),
    waiting,
    counts,
    sums,
  };
}

/** Fewer blocks than this say nothing of their length: a month of hours has few days, and by chance one signal in thirty would be half as sensitive to them. */
const BLOCKS_MIN = 24;
/** Standard errors by which blocks must vary more than single windows, before it is believed. */
const DOUBT_Z = 3;

/**
 * Variance of a sum of so many adjacent windows over what independent windows would give, for each length in `LENGTHS` and at least 1;
 * null where windows are not seen to move together. Calls of a conversation that goes on for an hour do so in windows of minutes.
 *
 * Longer blocks are fewer, so a length takes what its neighbours say where they contradict it (the ratio does not fall with the length:
 * isotonic regression, weighted by blocks). What is believed is raised by one standard error.
 *
 * @param autocorrelation that the forecast has taken out of the windows
 * @see Carlstein (1986), variance of a sum by blocks; Barlow et al. (1972), pooling adjacent violators
 */
export function lastingOf(blocks: Blocks, score: number, autocorrelation: number): readonly number[] | null {
  const single = (blocks.squares[score] ?? 0) / Math.max(1, blocks.windows);
  if (single <= 0) return null;
  const pools: { ratio: number; blocks: number; lengths: number }[] = [];
  for (const [level, length] of LENGTHS.entries()) {
    const count = blocks.counts[level] ?? 0;
    if (count < BLOCKS_MIN) break;
    const variance = (blocks.sums[level]?.[score] ?? 0) / (count * length);
    let pool = { ratio: variance / single / whitenedBy(autocorrelation, length), blocks: count, lengths: 1 };
    for (let last = pools.at(-1); last && last.ratio >= pool.ratio; last = pools.at(-1)) {
      pools.pop();
      const both = last.blocks + pool.blocks;
      const ratio = (last.ratio * last.blocks + pool.ratio * pool.blocks) / both;
      pool = { ratio, blocks: both, lengths: last.lengths + pool.lengths };
    }
    pools.push(pool);
  }
  const found = pools.flatMap(({ ratio, blocks: count, lengths }) => {
    const error = Math.sqrt(2 / count);
    const believed = ratio > 1 + DOUBT_Z * error ? round(ratio * (1 + error)) : 1;
    return new Array<number>(lengths).fill(believed);
  });
  return found.some((ratio) => ratio > 1) ? found : null;
}

/** The same ratio of windows of which each is that much like the one before. */
function whitenedBy(autocorrelation: number, length: number): number {
  let ratio = 1;
  for (let lag = 1; lag < length; lag++) ratio += 2 * (1 - lag / length) * autocorrelation ** lag;
  return ratio;
}

/** The ratio for any number of windows, from those of `LENGTHS`: in between by their logarithm, beyond as at the longest known. */
export function lastingAt(lasting: readonly number[] | null, windows: number): number {
  if (!lasting || windows <= 1) return 1;
  const step = Math.min(Math.log2(windows), lasting.length);
  const at = (length: number) => (length === 0 ? 1 : (lasting[length - 1] ?? 1));
  const below = Math.floor(step);
  return at(below) + (step - below) * (at(Math.min(below + 1, lasting.length)) - at(below));
}

function plusSquares(before: readonly number[], block: readonly number[]): readonly number[] {
  return block.map((sum, score) => round((before[score] ?? 0) + sum * sum));
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}
