import { summarize } from '../../core/summary.ts';
import type { SessionSums } from '../../core/window.ts';
import { type Sample, sampleOf } from '../drift/sample.ts';
import { createSessionTally } from '../drift/session-tally.ts';

/** One inference as a comparison sees it. */
export interface GateRow {
  readonly id: string;
  /** Session, else user, else id: rows of one are not independent. */
  readonly unit: string;
  /** What its counterpart on the other side has as well; null: it has none. */
  readonly pair: string | null;
  /** Values of signals and scores (`score:NAME`). */
  readonly numbers: Readonly<Record<string, number>>;
  readonly categories: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<string, string>>;
  /** Without it nobody knows where its texts lie. */
  readonly places?: TextPlaces;
}

/** Coordinates of an inference's texts on their reference maps (embeddings/), of which the cells have the id; empty: no place. */
export type TextPlaces = Readonly<Record<'prompt' | 'response', Float32Array>>;

/** One side of a comparison, by columns: a fifth of the memory of its rows. */
export interface GateSide {
  readonly rows: number;
  readonly ids: readonly string[];
  readonly units: readonly string[];
  readonly pairs: readonly (string | null)[];
  /** By signal, one value a row; NaN: it has none. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  readonly categories: readonly Readonly<Record<string, string>>[];
  readonly groups: readonly Readonly<Record<string, string>>[];
  readonly places: readonly TextPlaces[];
  /** Rows that were there beyond the bound and are not in it. */
  readonly leftOut: number;
}

export const NOWHERE: TextPlaces = { prompt: new Float32Array(), response: new Float32Array() };

/** The side that these rows make. */
export function sideOf(rows: readonly GateRow[], leftOut = 0): GateSide {
  const columns = new Map<string, Float64Array>();
  rows.forEach(({ numbers }, index) => {
    for (const [signal, value] of Object.entries(numbers)) {
      let column = columns.get(signal);
      if (!column) {
        column = new Float64Array(rows.length).fill(Number.NaN);
        columns.set(signal, column);
      }
      column[index] = value;
    }
  });
  return {
    rows: rows.length,
    ids: rows.map(({ id }) => id),
    units: rows.map(({ unit }) => unit),
    pairs: rows.map(({ pair }) => pair),
    columns,
    categories: rows.map(({ categories }) => categories),
    groups: rows.map(({ groups }) => groups),
    places: rows.map(({ places }) => places ?? NOWHERE),
    leftOut,
  };
}

/** Samples of all signals, as fixed-n comparisons take them. */
export function samplesOf(side: GateSide): Map<string, Sample> {
  return new Map([...side.columns].map(([signal, column]) => [signal, sampleOf(summarize(column))]));
}

/** Of all signals, how much their rows resemble each other within a session or a user's. */
export function sessionSumsOf({ columns, units }: GateSide): Map<string, SessionSums> {
  const tally = createSessionTally();
  for (const [signal, column] of columns)
    for (const [row, value] of column.entries())
      if (!Number.isNaN(value)) tally.add(units[row] ?? '', signal, value);
  return tally.sums();
}
