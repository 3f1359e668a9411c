import type { GroupTable, GroupTally } from '../../core/group-table.ts';

/** How much the units of one signal differ from each other, and how much they would if rows were independent. JSON. */
export interface Scatter {
  /** Σ over units of (Σ x − n x̄)², within cells. */
  readonly observed: number;
  readonly expected: number;
  readonly units: number;
  readonly rows: number;
  /** Σ n². */
  readonly rowSquares: number;
}

export const NO_SCATTER: Scatter = { observed: 0, expected: 0, units: 0, rows: 0, rowSquares: 0 };

/** One-sided 95 %. */
const LIMIT_Z = 1.645;

/** What a table says of the units of each signal. Only within a group's stratum: what strata differ by is no clustering. */
export function scatterOf(table: GroupTable): Map<string, Scatter> {
  const bySignal = new Map<string, Scatter>();
  for (const tally of table.tallies) {
    const own = scatterIn(tally);
    bySignal.set(tally.signal, addScatter(bySignal.get(tally.signal) ?? NO_SCATTER, own));
  }
  return bySignal;
}

function scatterIn(tally: GroupTally): Scatter {
  const { count, sum, sumSquares, units, unitRowSquares, unitCross, unitSumSquares } = tally;
  if (units < 2 || count < 2) return NO_SCATTER;
  const mean = sum / count;
  const between = unitSumSquares - 2 * mean * unitCross + mean * mean * unitRowSquares;
  const within = Math.max(0, sumSquares - count * mean * mean);
  // Residuals sum to nothing in each cell: its mean takes one of its units, and one of its rows, away.
  return {
    observed: (Math.max(0, between) * units) / (units - 1),
    expected: (within * count) / (count - 1),
    units,
    rows: count,
    rowSquares: unitRowSquares,
  };
}

/** Of disjoint rows. */
export function addScatter(a: Scatter, b: Scatter): Scatter {
  return {
    observed: a.observed + b.observed,
    expected: a.expected + b.expected,
    units: a.units + b.units,
    rows: a.rows + b.rows,
    rowSquares: a.rowSquares + b.rowSquares,
  };
}

/**
 * Design effect, at its upper limit: the variance of a mean over what it would be if the rows of a unit had nothing in
 * common. At least 1, where every unit is one row; at most the rows of a unit, where they all say the same.
 *
 * @see Rao & Scott (1992), with the ratio estimator's variance over units
 */
export function designEffectOf({ observed, expected, units, rows, rowSquares }: Scatter): number {
  if (rows === 0) return 1;
  const largest = rowSquares / rows;
  if (largest <= 1) return 1;
  if (expected <= 0) return largest;
  const estimate = observed / expected;
  const upper = estimate * (1 + LIMIT_Z * Math.sqrt(2 / units));
  return Math.min(largest, Math.max(1, upper));
}
