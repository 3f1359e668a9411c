/** Rows by category, in order of name: the JSON form that state keeps. */
export type Counts = readonly (readonly [category: string, rows: number])[];

/** Under this name come the categories beyond those that are kept apart. */
export const OTHER = '(other)';
/** Categories kept apart of what is gathered: an attacker may send a million. */
const CATEGORIES_MAX = 400;

/** Counts from a map, at most 400 apart, the rest under `(other)`; the map is not modified. */
export function countsOf(rows: ReadonlyMap<string, number>): Counts {
  const positive = [...rows].filter(([, count]) => count > 0);
  if (positive.length <= CATEGORIES_MAX) return positive.sort(byName);
  const ranked = positive.filter(([name]) => name !== OTHER).sort((a, b) => b[1] - a[1] || byName(a, b));
  const kept = ranked.slice(0, CATEGORIES_MAX - 1);
  const rest = totalOf(positive) - totalOf(kept);
  return [...kept, [OTHER, rest] as const].sort(byName);
}

/** Counts of the union of two disjoint sets of rows. */
export function mergeCounts(a: Counts, b: Counts): Counts {
  const merged = new Map(a);
  for (const [name, rows] of b) merged.set(name, (merged.get(name) ?? 0) + rows);
  return countsOf(merged);
}

/** Rows in all categories together. */
export const totalOf = (counts: Counts): number => counts.reduce((sum, [, rows]) => sum + rows, 0);

const byName = (a: readonly [string, number], b: readonly [string, number]): number => (a[0] < b[0] ? -1 : 1);
