import type { Estimate } from '../../core/cause.ts';
import type { CauseTable } from './table.ts';

/** 95 % on two sides. */
const INTERVAL_Z = 1.959963984540054;

/** An estimate with the interval of its standard error; nothing known: the widest that a difference of shares can have. */
export function estimateOf(value: number, standardError: number): Estimate {
  if (!Number.isFinite(standardError)) return { value, low: -1, high: 1 };
  const half = INTERVAL_Z * standardError;
  return { value, low: value - half, high: value + half };
}

/**
 * Standard error of a sum of rows, when the rows of a unit go together: the root of Σ_units (Σ_rows)², with the correction for few units
 * (Liang & Zeger 1986). Infinite with fewer than two units.
 *
 * @param influenceOf what each row adds to the estimate
 */
export function clusteredError(table: CauseTable, influenceOf: (row: number) => number): number {
  const sums = new Float64Array(table.units);
  const isSeen = new Uint8Array(table.units);
  let units = 0;
  for (let row = 0; row < table.rows; row++) {
    const unit = table.unitOf[row] ?? 0;
    if (!isSeen[unit]) units++;
    isSeen[unit] = 1;
    sums[unit] = (sums[unit] ?? 0) + influenceOf(row);
  }
  if (units < 2) return Number.POSITIVE_INFINITY;
  return Math.sqrt((units / (units - 1)) * sums.reduce((sum, one) => sum + one * one, 0));
}

export interface SideMeans {
  readonly before: { readonly rows: number; readonly mean: number };
  readonly after: { readonly rows: number; readonly mean: number };
}

/** Rows and mean score of each side; the mean of nothing is 0. */
export function sideMeans(table: CauseTable, isInside: (row: number) => boolean = () => true): SideMeans {
  const [rows, sums] = [
    [0, 0],
    [0, 0],
  ] as [[number, number], [number, number]];
  for (let row = 0; row < table.rows; row++) {
    if (!isInside(row)) continue;
    const side = table.isAfter[row] === 1 ? 1 : 0;
    rows[side]++;
    sums[side] += table.scores[row] ?? 0;
  }
  const side = (place: 0 | 1) => ({ rows: rows[place], mean: sums[place] / Math.max(1, rows[place]) });
  return { before: side(0), after: side(1) };
}

/** Mean score after less mean score before, of the rows inside. Unknown, from −1 to 1, where a side is empty. */
export function meanChange(
  table: CauseTable,
  isInside: (row: number) => boolean = () => true,
): Estimate & { readonly means: SideMeans } {
  const means = sideMeans(table, isInside);
  const { before, after } = means;
  if (before.rows === 0 || after.rows === 0) return { value: 0, low: -1, high: 1, means };
  const error = clusteredError(table, (row) => {
    if (!isInside(row)) return 0;
    const score = table.scores[row] ?? 0;
    return table.isAfter[row] === 1
      ? (score - after.mean) / after.rows
      : -(score - before.mean) / before.rows;
  });
  return { ...estimateOf(after.mean - before.mean, error), means };
}
