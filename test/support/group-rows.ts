import { binOf, GRID_ONE } from '../../core/grid.ts';
import type { GroupTable, GroupTally } from '../../core/group-table.ts';

/** One inference as the fairness tests make it up. */
export interface GroupRow {
  readonly groups: Readonly<Record<string, string>>;
  readonly stratum?: string;
  /** Unit of independence; absent: its own. */
  readonly unit?: string;
  /** Zeros and ones are rates, other numbers are ranked. */
  readonly signals: Readonly<Record<string, number>>;
}

interface Cell {
  readonly attribute: string;
  readonly value: string;
  readonly stratum: string;
  readonly signal: string;
  readonly bins: Map<number, number>;
  readonly units: Map<string, { rows: number; sum: number }>;
  count: number;
  sum: number;
  sumSquares: number;
}

/** The table that the store would make of the rows. */
export function groupTable(rows: readonly GroupRow[]): GroupTable {
  const cells = new Map<string, Cell>();
  rows.forEach((row, index) => {
    for (const [attribute, value] of Object.entries(row.groups)) {
      for (const [signal, number] of Object.entries(row.signals)) {
        const stratum = row.stratum ?? '';
        const name = JSON.stringify([attribute, value, stratum, signal]);
        const cell = cells.get(name) ?? {
          ...{ attribute, value, stratum, signal, bins: new Map(), units: new Map() },
          ...{ count: 0, sum: 0, sumSquares: 0 },
        };
        cells.set(name, cell);
        add(cell, number, row.unit ?? `row ${index}`);
      }
    }
  });
  return { tallies: [...cells.values()].map(tallyOf), pairs: [] };
}

function add(cell: Cell, value: number, name: string): void {
  const bin = binOf(value);
  const x = bin === 0 || bin === GRID_ONE ? value : bin;
  cell.bins.set(bin, (cell.bins.get(bin) ?? 0) + 1);
  cell.count++;
  cell.sum += x;
  cell.sumSquares += x * x;
  const unit = cell.units.get(name) ?? { rows: 0, sum: 0 };
  cell.units.set(name, { rows: unit.rows + 1, sum: unit.sum + x });
}

function tallyOf({ units, bins, ...cell }: Cell): GroupTally {
  const all = [...units.values()];
  return {
    ...cell,
    bins: [...bins].sort(([a], [b]) => a - b),
    units: all.length,
    unitRowSquares: all.reduce((sum, { rows }) => sum + rows * rows, 0),
    unitCross: all.reduce((sum, { rows, sum: own }) => sum + rows * own, 0),
    unitSumSquares: all.reduce((sum, { sum: own }) => sum + own * own, 0),
  };
}
