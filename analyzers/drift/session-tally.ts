import { binOf, sessionBin } from '../../core/grid.ts';
import type { Histogram } from '../../core/summary.ts';
import { ACCOUNT, type SessionSums } from '../../core/window.ts';
import type { Dependence } from './inflation.ts';
import { addSessions, dependenceOf, NO_SESSIONS } from './sessions.ts';

/** Sessions that are told apart: enough to know how their rows hang together. Those that come later count for nothing here. */
const UNITS_MAX = 20_000;

/** Adds up rows by session, value by value, in any order. */
export interface SessionTally {
  /** @param unit session, or user; empty: the row is by itself */
  add(unit: string, signal: string, value: number): void;
  /** By signal. */
  sums(): Map<string, SessionSums>;
}

interface Unit {
  readonly rows: number;
  readonly bins: number;
}

export function createSessionTally(): SessionTally {
  const known = new Set<string>();
  /** By signal, then by session. */
  const together = new Map<string, Map<string, Unit>>();
  const alone = new Map<string, SessionSums>();
  return {
    add(unit, signal, value) {
      const bins = sessionBin(binOf(value));
      if (unit === '') {
        alone.set(signal, withUnit(alone.get(signal) ?? NOTHING, { rows: 1, bins }));
        return;
      }
      if (!known.has(unit) && known.size >= UNITS_MAX) return;
      known.add(unit);
      const units = together.get(signal) ?? new Map<string, Unit>();
      const before = units.get(unit);
      together.set(
        signal,
        units.set(unit, { rows: (before?.rows ?? 0) + 1, bins: (before?.bins ?? 0) + bins }),
      );
    },
    sums() {
      const all = new Map(alone);
      for (const [signal, units] of together) {
        const own = alone.get(signal) ?? NOTHING;
        const ofAll = [...units.values()].reduce((sum, { rows }) => sum + rows, own.rows);
        const sessions = [...units.values()].filter(({ rows }) => !isAccount(rows, ofAll));
        const sums = sessions.reduce(withUnit, own);
        if (sums.rows > 0) all.set(signal, sums);
      }
      return all;
    },
  };
}

const NOTHING: SessionSums = { rows: 0, squares: 0, binSquares: 0, rowsTimesBins: 0 };

const isAccount = (rows: number, ofAll: number): boolean =>
  rows > ACCOUNT.rows && rows > ACCOUNT.share * ofAll;

function withUnit(sums: SessionSums, { rows, bins }: Unit): SessionSums {
  return {
    rows: sums.rows + rows,
    squares: sums.squares + rows * rows,
    binSquares: sums.binSquares + bins * bins,
    rowsTimesBins: sums.rowsTimesBins + rows * bins,
  };
}

/** How the rows of fixed sides hang together, by all of them: the upper limit of their correlation. */
export function sessionsOfSides(
  sides: readonly { readonly sums: SessionSums | undefined; readonly bins: Histogram }[],
): Omit<Dependence, 'rows'> {
  let [rows, squares, moments] = [0, 0, NO_SESSIONS];
  for (const { sums, bins } of sides) {
    rows += sums?.rows ?? 0;
    squares += sums?.squares ?? 0;
    moments = addSessions(moments, sums, bins);
  }
  return dependenceOf(rows > 0 ? squares / rows : 1, moments);
}
