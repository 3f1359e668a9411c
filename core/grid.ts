/**
 * The value grid: every number falls into one of a fixed set of bins, each one per cent wide, so that windows,
 * segments and baselines add up bin by bin (the idea of DDSketch, Masson et al., VLDB 2019, with one fixed γ).
 * Integers up to 100 keep a bin of their own, so ties stay ties. `sql/queries/grid.ts` says the same in SQL.
 */
export const GRID_GAMMA = 1.01;
/** Bin of the value 1. Zero is bin 0, negative values mirror the positive ones. */
export const GRID_ONE = 5_000;
/** Largest bin, about 6e42; larger values are counted there. */
export const GRID_BIN_MAX = 15_000;

const LN_GAMMA = Math.log(GRID_GAMMA);
/** Keeps a power of γ, and 1 itself, on the upper side of its edge whatever the last bit of the logarithm. */
const EDGE_SLACK = 1e-9;

/** Bin of a finite number, an integer in [-15000, 15000]; order of bins is order of values. */
export function binOf(value: number): number {
  if (value === 0) return 0;
  const magnitude = Math.floor(Math.log(Math.abs(value)) / LN_GAMMA + EDGE_SLACK) + GRID_ONE;
  return Math.sign(value) * Math.min(Math.max(magnitude, 1), GRID_BIN_MAX);
}

/** Bin of one half. */
export const SESSION_BIN_OF_ZERO = 4_930;

/**
 * The bin as a number that the likeness of a session's rows is measured on: a logarithm, in which zero counts as a half. Among
 * counts zero is a small one; at bin 0 it would be further from 1 than 1 from 1e21, and the only thing to be seen.
 */
export function sessionBin(bin: number): number {
  return bin === 0 ? SESSION_BIN_OF_ZERO : bin;
}

/** A value that stands for a bin: its geometric middle, at most 0.5 % from any value in it; exact for 0 and 1. */
export function valueOfBin(bin: number): number {
  if (bin === 0 || bin === GRID_ONE || bin === -GRID_ONE) return Math.sign(bin);
  return Math.sign(bin) * GRID_GAMMA ** (Math.abs(bin) - GRID_ONE + 0.5);
}
