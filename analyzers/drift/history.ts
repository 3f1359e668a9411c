import type { SessionSums } from '../../core/window.ts';
import { addToBlocks, type Blocks, NO_BLOCKS } from './lasting.ts';
import type { Kind, Sample } from './sample.ts';
import { baselineMoments, type Scored } from './scores.ts';
import { addSessions, dependenceOf, NO_SESSIONS, type SessionMoments, sessionRowsOf } from './sessions.ts';

/**
 * What a signal's ordinary windows have shown so far of how windows differ without a change: sums by hour of the week,
 * some kilobytes of JSON. Scores are ranks in the baseline at the time.
 */
export interface History {
  /** Start of the first window and end of the last, ISO 8601; empty before the first. */
  readonly since: string;
  readonly until: string;
  readonly windows: number;
  /** Σ over rows of the size of their session. */
  readonly sessionRows: number;
  readonly rows: number;
  readonly sessions: SessionMoments;
  /** By day of the week, 0 is Sunday, and hour: windows, rows, and the sum of each score. */
  readonly days: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** Per score: Σ rows · mean² over windows. */
  readonly squares: readonly number[];
  /** Per score, over pairs of adjacent windows: Σ z z′ and Σ z², with z the residual in its own deviations. */
  readonly lags: {
    readonly pairs: number;
    readonly products: readonly number[];
    readonly squares: readonly number[];
  };
  /** Absent in states from before they were kept. */
  readonly blocks?: Blocks;
}

export const NO_HISTORY: History = {
  since: '',
  until: '',
  windows: 0,
  sessionRows: 0,
  rows: 0,
  sessions: NO_SESSIONS,
  days: {},
  squares: [],
  lags: { pairs: 0, products: [], squares: [] },
  blocks: NO_BLOCKS,
};

export interface HistoryWindow {
  readonly since: Date;
  readonly until: Date;
  readonly sample: Sample;
  readonly sessions?: SessionSums | undefined;
}

/** Counts a window of which no scores are known yet: the baseline is being gathered. */
export function countWindow(history: History, window: HistoryWindow): History {
  const { count, bins } = window.sample;
  return {
    ...history,
    since: history.since || window.since.toISOString(),
    until: window.until.toISOString(),
    windows: history.windows + 1,
    rows: history.rows + count,
    sessionRows: short(history.sessionRows + count * sessionRowsOf(window.sessions, count)),
    sessions: addSessions(history.sessions, window.sessions, bins),
  };
}

/**
 * Adds a calm window.
 *
 * @param residuals per score, this window's and the one's before, in their own deviations: none before without a neighbour, and
 * none of a window whose signal is of another kind than its baseline
 */
export function addToHistory(
  history: History,
  window: HistoryWindow,
  {
    scored,
    residuals,
  }: {
    scored: Scored;
    residuals: { now: readonly number[]; before: readonly number[] | null } | null;
  },
): History {
  const counted = countWindow(history, window);
  const { rows, sums } = scored;
  const hourOf = hourOfWeek(window);
  const [day, hour] = [String(Math.floor(hourOf / 24)), String(hourOf % 24)];
  const cell = history.days[day]?.[hour] ?? [0, 0, ...sums.map(() => 0)];
  const added = [1, rows, ...sums].map((value, index) => short((cell[index] ?? 0) + value));
  const plus = (before: readonly number[], more: (index: number) => number) =>
    sums.map((_, index) => short((before[index] ?? 0) + more(index)));
  const { lags, blocks = NO_BLOCKS } = history;
  const [now, earlier] = [residuals?.now, residuals?.before];
  return {
    ...counted,
    days: { ...history.days, [day]: { ...history.days[day], [hour]: added } },
    squares: plus(history.squares, (index) => (sums[index] ?? 0) ** 2 / rows),
    lags:
      now && earlier
        ? {
            pairs: lags.pairs + 1,
            products: plus(lags.products, (i) => (now[i] ?? 0) * (earlier[i] ?? 0)),
            squares: plus(lags.squares, (i) => (earlier[i] ?? 0) ** 2),
          }
        : lags,
    blocks: now ? addToBlocks(blocks, now, Boolean(earlier)) : NO_BLOCKS,
  };
}

/** How rows of a history hang together, on average over its windows. @param moments of their correlation */
export function dependenceIn(history: History, moments: SessionMoments = history.sessions) {
  return dependenceOf(history.rows > 0 ? Math.max(1, history.sessionRows / history.rows) : 1, moments);
}

export const WEEK_MS = 7 * 86_400_000;

/** ms from the start of a history's first window to the end of its last. */
export function spanOf({ since, until }: History): number {
  return since === '' ? 0 : Date.parse(until) - Date.parse(since);
}

/**
 * The same history in the scores of a new baseline, made of all of it: there every score's mean is known, and every
 * hour is moved by as much. To first order in how far the old baseline was off; how neighbours follow each other begins again.
 */
export function recentred(history: History, baseline: Sample, kind: Kind): History {
  const moments = baselineMoments(baseline, kind);
  const cells = cellsOf(history);
  const rows = cells.reduce((sum, cell) => sum + cell.rows, 0);
  const sums = moments.map((_, index) => cells.reduce((sum, cell) => sum + (cell.sums[index] ?? 0), 0));
  const shifts = moments.map(({ mean }, index) => (rows > 0 ? mean - (sums[index] ?? 0) / rows : 0));
  return {
    ...history,
    days: mapCells(history.days, ([windows = 0, count = 0, ...scores]) => [
      windows,
      count,
      ...scores.map((sum, index) => short(sum + count * (shifts[index] ?? 0))),
    ]),
    squares: shifts.map((shift, index) =>
      short((history.squares[index] ?? 0) + 2 * shift * (sums[index] ?? 0) + shift * shift * rows),
    ),
    lags: NO_HISTORY.lags,
    blocks: NO_BLOCKS,
  };
}

function mapCells(
  days: History['days'],
  change: (cell: readonly number[]) => readonly number[],
): History['days'] {
  return Object.fromEntries(
    Object.entries(days).map(([day, hours]) => [
      day,
      Object.fromEntries(Object.entries(hours).map(([hour, cell]) => [hour, change(cell)])),
    ]),
  );
}

/** Windows of one hour of the week. */
export interface HourCell {
  readonly hour: number;
  readonly windows: number;
  readonly rows: number;
  readonly sums: readonly number[];
}

/** Every hour of the week that has been seen. */
export function cellsOf({ days }: History): HourCell[] {
  return Object.entries(days).flatMap(([day, hours]) =>
    Object.entries(hours).map(([hour, [windows = 0, rows = 0, ...sums]]) => ({
      hour: 24 * Number(day) + Number(hour),
      windows,
      rows,
      sums,
    })),
  );
}

/** Hour of the week in which the middle of a window lies: 0 is Sunday from midnight UTC to one, 167 the last. */
export function hourOfWeek({ since, until }: { since: Date; until: Date }): number {
  const middle = new Date((since.getTime() + until.getTime()) / 2);
  return 24 * middle.getUTCDay() + middle.getUTCHours();
}

/** Rounded to four decimals, so that a stored state is short. */
export function short(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
