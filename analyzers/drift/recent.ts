import { short } from './history.ts';
import { mergeSamples, type Sample } from './sample.ts';
import type { Scored } from './scores.ts';

/** Sums over the windows of a stretch of what was expected of their scores, and what was seen. */
export interface Residue {
  readonly rows: number;
  /** Σ over windows of rows². */
  readonly squares: number;
  /** Per score. */
  readonly sums: readonly number[];
  readonly expected: readonly number[];
}

/** Consecutive windows kept together. */
export interface Stretch {
  /** Start of the first window, ISO 8601. */
  readonly since: string;
  readonly windows: number;
  readonly sample: Sample;
  /** With windows of time. */
  readonly residue?: Residue;
}

/** Stretches, the newest first: the last windows singly, older ones in pairs, fours and so on. */
export type Recent = readonly Stretch[];

/** Two stretches of each length keep every change point since then within a factor of two. */
const SAME_LENGTH_MAX = 2;
/** Windows in the longest stretch: some 30 to 50 windows are remembered, in at most a dozen stretches. */
const STRETCH_WINDOWS_MAX = 16;

/** Adds the newest window; when a length is full, its two oldest stretches become one of twice the length. */
export function remember(
  recent: Recent,
  window: { readonly since: Date; readonly sample: Sample; readonly residue?: Residue },
): Recent {
  const { since, sample, residue } = window;
  const stretches: Stretch[] = [
    { since: since.toISOString(), windows: 1, sample, ...(residue ? { residue } : {}) },
    ...recent,
  ];
  for (let length = 1; length <= STRETCH_WINDOWS_MAX; length *= 2) {
    const same = stretches.filter(({ windows }) => windows === length).length;
    if (same <= SAME_LENGTH_MAX + (length === 1 ? 1 : 0)) break;
    const oldest = stretches.findLastIndex(({ windows }) => windows === length);
    if (length === STRETCH_WINDOWS_MAX) {
      stretches.splice(oldest, 1);
      break;
    }
    const [newer, older] = stretches.slice(oldest - 1, oldest + 1);
    if (!newer || !older) break;
    stretches.splice(oldest - 1, 2, joined(newer, older));
  }
  return stretches;
}

/** Every stretch of time that ends now and starts where a remembered one does, shortest first; made as asked for. */
export function* suffixes(recent: Recent): Generator<Stretch> {
  let found: Stretch | null = null;
  for (const stretch of recent) {
    found = found ? joined(found, stretch) : stretch;
    yield found;
  }
}

/** The stretch that ends now and has at least `windows` windows, less than twice as many, without the rows; or null. */
export function residueOf(recent: Recent, windows: number): Residue | null {
  let [found, counted]: [Residue | null, number] = [null, 0];
  for (const { windows: more, residue } of recent) {
    if (!residue) return null;
    found = found ? addResidues(found, residue) : residue;
    counted += more;
    if (counted >= windows) return counted < 2 * windows ? found : null;
  }
  return null;
}

function joined(newer: Stretch, older: Stretch): Stretch {
  const both = {
    since: older.since,
    windows: newer.windows + older.windows,
    sample: mergeSamples(newer.sample, older.sample),
  };
  return newer.residue && older.residue
    ? { ...both, residue: addResidues(newer.residue, older.residue) }
    : both;
}

/** One window: what was seen of its scores, and what was expected. */
export function residueFrom({ rows, sums }: Scored, scores: readonly { readonly mean: number }[]): Residue {
  const expected = scores.map(({ mean }) => short(mean * rows));
  return { rows, squares: rows * rows, sums: sums.map(short), expected };
}

export function addResidues(a: Residue, b: Residue): Residue {
  return sumOfResidues([a, b]) as Residue;
}

/** Of the same scores; null of none. */
export function sumOfResidues([first, ...others]: readonly Residue[]): Residue | null {
  if (!first) return null;
  let { rows, squares } = first;
  const [sums, expected] = [[...first.sums], [...first.expected]];
  for (const one of others) {
    rows += one.rows;
    squares += one.squares;
    for (const [score, sum] of one.sums.entries()) sums[score] = (sums[score] ?? 0) + sum;
    for (const [score, sum] of one.expected.entries()) expected[score] = (expected[score] ?? 0) + sum;
  }
  return { rows, squares, sums, expected };
}
