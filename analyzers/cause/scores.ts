import type { CauseMeasure } from '../../core/cause.ts';
import type { Direction } from '../../core/finding.ts';
import type { CauseRow } from './table.ts';

export interface Scores {
  readonly measure: CauseMeasure;
  /** With measure `category`: which. */
  readonly category: string;
  /** Per row, in [0, 1]. */
  readonly scores: Float64Array;
}

/**
 * A number in [0, 1] per inference whose mean says how far the signal has moved: 0 or 1 as they are; other numbers as their mid-rank among the values
 * before, so that one slow call does not explain everything; a changed shape as the distance of that rank from the middle;
 * of categories whether it is the one asked for; empty, or one that no row has: the one whose share moved most. O(rows · log rows).
 */
export function scoresOf(rows: readonly CauseRow[], direction: Direction, category = ''): Scores {
  if (rows.some(({ value }) => typeof value === 'string')) return categoryScores(rows, category);
  const values = Float64Array.from(rows, ({ value }) => Number(value));
  if (values.every((value) => value === 0 || value === 1))
    return { measure: 'share', category: '', scores: values };
  const before = values.filter((_, row) => rows[row]?.isAfter === false).sort();
  const ranks = values.map((value) => midRank(before, value));
  return direction === 'shape'
    ? { measure: 'spread', category: '', scores: ranks.map((rank) => Math.abs(2 * rank - 1)) }
    : { measure: 'rank', category: '', scores: ranks };
}

/** Share of the sorted values below, and half of those that equal it; 0.5 if there are none. */
function midRank(sorted: Float64Array, value: number): number {
  if (sorted.length === 0) return 0.5;
  return (placeOf(sorted, value, false) + placeOf(sorted, value, true)) / 2 / sorted.length;
}

/** How many of the sorted values are below (or at most) this one. */
function placeOf(sorted: Float64Array, value: number, isInclusive: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = sorted[middle] ?? 0;
    if (at < value || (isInclusive && at === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function categoryScores(rows: readonly CauseRow[], asked: string): Scores {
  const counts = new Map<string, [before: number, after: number]>();
  const sizes: [number, number] = [0, 0];
  for (const { value, isAfter } of rows) {
    const name = String(value);
    const count = counts.get(name) ?? [0, 0];
    count[isAfter ? 1 : 0]++;
    sizes[isAfter ? 1 : 0]++;
    counts.set(name, count);
  }
  const moved = ([before, after]: [number, number]): number =>
    Math.abs(after / Math.max(1, sizes[1]) - before / Math.max(1, sizes[0]));
  const [most = ''] = [...counts].sort((a, b) => moved(b[1]) - moved(a[1]))[0] ?? [];
  const category = counts.has(asked) ? asked : most;
  return {
    measure: 'category',
    category,
    scores: Float64Array.from(rows, ({ value }) => (String(value) === category ? 1 : 0)),
  };
}
