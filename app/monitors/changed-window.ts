import { shiftBin } from '../../analyzers/power/draws.ts';
import { GRID_ONE, sessionBin } from '../../core/grid.ts';
import type { SignalSummary } from '../../core/summary.ts';
import type { SessionSums } from '../../core/window.ts';
import type { PastWindow } from '../../sql/queries/window-history.ts';

/** A window of the past as it is replayed. */
export interface ReplayedWindow extends PastWindow {
  /** Of a rate or a number, where sessions are known. */
  readonly sessions?: SessionSums | undefined;
}

/** What a change of a signal is: of a rate or a mix, in points; of a number, relative. */
export type ChangedKind = 'rate' | 'number' | 'mix';

export function kindOfHistory(history: readonly PastWindow[]): ChangedKind {
  if (history.every(({ summary }) => summary.bins.size === 0)) return 'mix';
  const isRate = history.every(({ summary }) =>
    [...summary.bins.keys()].every((bin) => bin === 0 || bin === GRID_ONE),
  );
  return isRate ? 'rate' : 'number';
}

/**
 * Puts a change into a window: so many more ones of all rows, every value larger by that share of itself, or so many of all rows
 * in the second category that were in the first.
 *
 * @param largest categories of the whole past, the largest first
 */
export function changedWindow(
  past: ReplayedWindow,
  change: number,
  at: { kind: ChangedKind; largest: readonly string[]; random: () => number },
): ReplayedWindow {
  if (at.kind === 'mix') return { ...past, categories: movedRows(past.categories, change, at) };
  return at.kind === 'rate' ? withMoreOnes(past, change, at.random) : withLargerValues(past, change);
}

/** Categories of the whole past, the largest first. */
export function largestCategories(history: readonly PastWindow[]): string[] {
  const rows = new Map<string, number>();
  for (const { categories } of history)
    for (const [name, count] of categories) rows.set(name, (rows.get(name) ?? 0) + count);
  return [...rows].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

function movedRows(
  categories: ReadonlyMap<string, number>,
  change: number,
  { largest, random }: { largest: readonly string[]; random: () => number },
): Map<string, number> {
  const moved = new Map(categories);
  const [from = '', to = `${from} (changed)`] = largest;
  const rows = [...categories.values()].reduce((sum, count) => sum + count, 0);
  const count = Math.min(moved.get(from) ?? 0, Math.floor(rows * change + random()));
  moved.set(from, (moved.get(from) ?? 0) - count);
  moved.set(to, (moved.get(to) ?? 0) + count);
  return moved;
}

function withMoreOnes(past: ReplayedWindow, change: number, random: () => number): ReplayedWindow {
  const { count, bins } = past.summary;
  const zeros = bins.get(0) ?? 0;
  const more = Math.min(zeros, Math.floor(count * change + random()));
  const ones = count - zeros + more;
  const counts: [number, number][] = [
    [0, zeros - more],
    [GRID_ONE, ones],
  ];
  const summary: SignalSummary = {
    count,
    sum: ones,
    sumSquares: ones,
    bins: new Map(counts.filter(([, rows]) => rows !== 0)),
  };
  const turned = zeros > 0 ? more / zeros : 0;
  return { ...past, summary, sessions: turnedSums(past.sessions, { turned, zeroShare: zeros / count }) };
}

function withLargerValues(past: ReplayedWindow, change: number): ReplayedWindow {
  const { count, sum, sumSquares, bins } = past.summary;
  const moved = new Map<number, number>();
  for (const [bin, rows] of bins) {
    const to = shiftBin(bin, change);
    moved.set(to, (moved.get(to) ?? 0) + rows);
  }
  const summary = { count, sum: sum * (1 + change), sumSquares: sumSquares * (1 + change) ** 2, bins: moved };
  const { sessions } = past;
  const plus = shiftBin(GRID_ONE, change) - GRID_ONE;
  return { ...past, summary, sessions: sessions && affineSums(sessions, { times: 1, plus }) };
}

/** Sums after each bin b of the window has become `times` b + `plus`. */
function affineSums(
  { rows, squares, binSquares, rowsTimesBins }: SessionSums,
  { times, plus }: { times: number; plus: number },
): SessionSums {
  return {
    rows,
    squares,
    binSquares: times * times * binSquares + 2 * times * plus * rowsTimesBins + plus * plus * squares,
    rowsTimesBins: times * rowsTimesBins + plus * squares,
  };
}

/** Sums to be expected when a share of the zeros, whosever they are, have become ones. */
function turnedSums(
  sums: SessionSums | undefined,
  { turned, zeroShare }: { turned: number; zeroShare: number },
): SessionSums | undefined {
  if (!sums) return undefined;
  const [zero, one] = [sessionBin(0), sessionBin(GRID_ONE)];
  const moved = affineSums(sums, { times: 1 - turned, plus: turned * one });
  const byChance = sums.rows * zeroShare * turned * (1 - turned) * (one - zero) ** 2;
  return { ...moved, binSquares: moved.binSquares + byChance };
}
