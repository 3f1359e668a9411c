import { binOf } from '../../core/grid.ts';
import type { GroupTable, GroupTally } from '../../core/group-table.ts';
import type { GateSide } from './side.ts';

/** Signals of one group that are compared: with fewer rows nothing can be said. */
const ROWS_MIN = 10;
const WHOLE = 'all';

/**
 * The groups of a side as fairness compares them: one stratum, since both sides are a choice of their own. A number is
 * summed by its bin, which no outlier decides.
 */
export function groupTableOf({ groups, units, columns }: GateSide): GroupTable {
  const rowsOf = new Map<string, { attribute: string; value: string; rows: number[] }>();
  groups.forEach((row, index) => {
    for (const [attribute, value] of Object.entries(row)) {
      if (value === '') continue;
      const name = JSON.stringify([attribute, value]);
      const group = rowsOf.get(name) ?? { attribute, value, rows: [] };
      group.rows.push(index);
      rowsOf.set(name, group);
    }
  });
  const isBounded = new Map([...columns].map(([signal, column]) => [signal, isInUnit(column)]));
  const tallies = [...rowsOf.values()].flatMap(({ attribute, value, rows }) =>
    [...columns].flatMap(([signal, column]) => {
      const tally = tallyOf(rows, { column, units, isBounded: isBounded.get(signal) === true });
      return tally ? [{ attribute, value, stratum: WHOLE, signal, ...tally }] : [];
    }),
  );
  return { tallies, pairs: [] };
}

const isInUnit = (column: Float64Array): boolean =>
  column.every((value) => Number.isNaN(value) || Math.abs(value) <= 1);

type Sums = Omit<GroupTally, 'attribute' | 'value' | 'stratum' | 'signal'>;

function tallyOf(
  rows: readonly number[],
  { column, units, isBounded }: { column: Float64Array; units: readonly string[]; isBounded: boolean },
): Sums | null {
  const known = rows.filter((row) => !Number.isNaN(column[row] ?? Number.NaN));
  if (known.length < ROWS_MIN) return null;
  const bins = new Map<number, number>();
  const together = new Map<string, { rows: number; sum: number }>();
  let [sum, sumSquares] = [0, 0];
  for (const row of known) {
    const value = column[row] ?? 0;
    const bin = binOf(value);
    const x = isBounded ? value : bin;
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
    sum += x;
    sumSquares += x * x;
    const unit = together.get(units[row] ?? '') ?? { rows: 0, sum: 0 };
    together.set(units[row] ?? '', { rows: unit.rows + 1, sum: unit.sum + x });
  }
  const own = [...together.values()];
  const total = (of: (unit: { rows: number; sum: number }) => number): number =>
    own.reduce((all, unit) => all + of(unit), 0);
  return {
    count: known.length,
    bins: [...bins].sort((a, b) => a[0] - b[0]),
    sum,
    sumSquares,
    units: own.length,
    unitRowSquares: total((unit) => unit.rows * unit.rows),
    unitCross: total((unit) => unit.rows * unit.sum),
    unitSumSquares: total((unit) => unit.sum * unit.sum),
  };
}
