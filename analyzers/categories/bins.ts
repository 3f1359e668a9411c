import { type Counts, OTHER, totalOf } from './counts.ts';

/** Categories that a reference tells apart; the last two bins are `(other)` and `(new)`. */
export interface Bins {
  readonly names: readonly string[];
  /** Bin of a category. */
  readonly of: (category: string) => number;
  /** Bins whose share is bet on together, beside the direction that is learned. */
  readonly groups: readonly (readonly number[])[];
  /** What bins are called where people read of them: several may be told as one. Without it: their names. */
  readonly told?: readonly string[];
}

/** Under this name come categories that the reference never had. */
export const UNSEEN = '(new)';
/** Bins of their own: more cost every one of them its power. */
const BINS_MAX = 32;
/** Mass in the reference from which a category has a bin of its own; a rarer one has no share to speak of. */
const MASS_MIN = 0.005;

/**
 * Bins by the reference alone, so that the window cannot choose where it is looked at: at most 32 categories with a mass of
 * at least half a per cent, the largest first; what the reference had besides is `(other)`; what it never had is `(new)`.
 * A reference whose own tail was folded cannot tell rare from new: all of that is `(other)`.
 */
export function binsOf(reference: Counts): Bins {
  const total = totalOf(reference);
  const names = reference
    .filter(([name, rows]) => name !== OTHER && rows >= MASS_MIN * total)
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, BINS_MAX)
    .map(([name]) => name);
  const places = new Map(names.map((name, place) => [name, place]));
  const known = new Set(reference.map(([name]) => name));
  const isFolded = known.has(OTHER);
  const [other, unseen] = [names.length, names.length + 1];
  const all = [...names, OTHER, UNSEEN];
  return {
    names: all,
    groups: all.map((_, bin) => [bin]),
    of: (category) =>
      places.get(category) ?? (isFolded || known.has(category) || category === OTHER ? other : unseen),
  };
}

/** Rows per bin. */
export function binned({ names, of }: Pick<Bins, 'names' | 'of'>, counts: Counts): number[] {
  const rows = new Array<number>(names.length).fill(0);
  for (const [category, count] of counts) {
    const bin = of(category);
    rows[bin] = (rows[bin] ?? 0) + count;
  }
  return rows;
}
