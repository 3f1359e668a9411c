import { shiftBin } from '../analyzers/power-draws.ts';
import type { StepContext, StepStream } from '../analyzers/step-windows.ts';
import type { FamilyStates } from '../analyzers/stream-book.ts';
import type { StreamKey } from '../core/finding.ts';
import { GRID_ONE } from '../core/grid.ts';
import { type Monitor, monitorOf } from '../core/monitor.ts';
import { familyOf } from '../core/signals.ts';
import type { SignalSummary } from '../core/summary.ts';
import type { StreamWindow } from '../core/window.ts';
import type { PastWindow } from '../sql/queries/window-history.ts';

export interface CalibrateSignal {
  readonly key: StreamKey;
  readonly signal: string;
  /** Its past, oldest first. */
  readonly history: readonly PastWindow[];
}

export interface CalibrateOptions {
  readonly windowMs: number;
  readonly step: StepStream;
  readonly budget: StepContext['budget'];
  readonly monitors: readonly Monitor[];
  /** Months that are drawn. */
  readonly months: number;
  /** A change counts as seen if it is called within so many windows. */
  readonly windowsMax: number;
  readonly random: () => number;
}

/** What a signal cost and saw. */
export interface Calibrated {
  readonly key: StreamKey;
  readonly signal: string;
  readonly monitor: string | null;
  /** Alarms that began, over all months drawn; each would have been a page. */
  readonly alarms: number;
  /** Alarms that its level allows over the same time. */
  readonly allowed: number;
  /** Smallest of CHANGES that was called within `windowsMax` windows in most draws; null if none was, or of a category. */
  readonly smallestSeen: number | null;
  readonly isRate: boolean;
}

const DAY_MS = 86_400_000;
const DAYS_PER_MONTH = 365 / 12;
/** Draws of each change. */
const DRAWS = 5;
/** Windows before a change is put in: twice what a baseline takes at most, in days. */
const WARM_UP_DAYS = 14;
/** Of a rate: more of all calls; of a number: of each value. */
export const CHANGES = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] as const;

/** Days of the past that may stand for one another, by day of the week; all of them where one has fewer than two. */
interface Days {
  readonly byWeekday: ReadonlyMap<number, readonly (readonly PastWindow[])[]>;
  readonly all: readonly (readonly PastWindow[])[];
}

/**
 * Replays a signal's own past in which nothing happened: each day drawn is a whole day of the past of the same weekday, so
 * that sessions, the wandering between windows and the hours of the week stay as they are, and only what lies between days
 * is shuffled. A change that really happened makes the days differ, and the alarms more: what is counted is no less than
 * the truth. The detectors are the real ones, and nothing is written.
 */
export async function calibrateSignal(
  { key, signal, history }: CalibrateSignal,
  options: CalibrateOptions,
): Promise<Calibrated | null> {
  const { windowMs, months, budget, monitors, windowsMax, random } = options;
  const days = daysOf(history);
  if (days.all.length < 2) return null;
  const run = runOf({ key, signal }, options);
  let state: FamilyStates | null = null;
  let established: FamilyStates | null = null;
  let alarms = 0;
  let isAlarming = false;
  const daysToDraw = Math.ceil(months * DAYS_PER_MONTH) + WARM_UP_DAYS;
  for (let day = 0; day < daysToDraw; day++) {
    for (const past of drawDay(days, day, random)) {
      const step = await run(state, past, day);
      state = step.state;
      if (day < WARM_UP_DAYS) continue;
      if (step.isAlarm && !isAlarming) alarms++;
      isAlarming = step.isAlarm;
    }
    if (day === WARM_UP_DAYS - 1) established = state;
  }
  const isRate = history.every(({ summary }) =>
    [...summary.bins.keys()].every((bin) => bin === 0 || bin === GRID_ONE),
  );
  const isCategory = history.every(({ summary }) => summary.bins.size === 0);
  const windows = (months * DAYS_PER_MONTH * DAY_MS) / windowMs;
  return {
    key,
    signal,
    monitor: monitorOf(monitors, { signal, family: familyOf(signal) })?.name ?? null,
    alarms,
    allowed: budget.levelOf(key, signal) * windows,
    smallestSeen: isCategory ? null : await smallest(established, { days, run, isRate, windowsMax, random }),
    isRate,
  };
}

type Run = (
  state: FamilyStates | null,
  past: PastWindow,
  day: number,
) => Promise<{ state: FamilyStates; isAlarm: boolean }>;

/** Steps the real detectors by one window of the one signal; days are counted on from a Thursday, as 1970 began. */
function runOf({ key, signal }: { key: StreamKey; signal: string }, options: CalibrateOptions): Run {
  const { windowMs, step, budget } = options;
  // A signal is replayed alone, so no others speak with it.
  const context: StepContext = { budget, togetherOf: () => 0, siblings: async () => [] };
  return async (state, { sinceMs, summary, categories }, day) => {
    const since = day * DAY_MS + (sinceMs % DAY_MS);
    const rows = summary.count;
    const window: StreamWindow = {
      key,
      since: new Date(since),
      until: new Date(since + windowMs),
      rows,
      summaries: summary.bins.size > 0 ? new Map([[signal, summary]]) : new Map(),
      categories: categories.size > 0 ? new Map([[signal, categories]]) : new Map(),
    };
    const stepped = await step(state, window, context);
    return { state: stepped.state, isAlarm: stepped.findings.some(({ outcome }) => outcome === 'alarm') };
  };
}

async function smallest(
  established: FamilyStates | null,
  at: { days: Days; run: Run; isRate: boolean; windowsMax: number; random: () => number },
): Promise<number | null> {
  for (const change of CHANGES) {
    let seen = 0;
    for (let draw = 0; draw < DRAWS; draw++) if (await isSeen(established, change, at)) seen++;
    if (seen > DRAWS / 2) return change;
  }
  return null;
}

async function isSeen(
  established: FamilyStates | null,
  change: number,
  at: { days: Days; run: Run; isRate: boolean; windowsMax: number; random: () => number },
): Promise<boolean> {
  let state = established;
  let windows = 0;
  for (let day = WARM_UP_DAYS; windows < at.windowsMax; day++) {
    for (const past of drawDay(at.days, day, at.random)) {
      const summary = changed(past.summary, change, at);
      const step = await at.run(state, { ...past, summary }, day);
      if (step.isAlarm) return true;
      state = step.state;
      if (++windows >= at.windowsMax) break;
    }
  }
  return false;
}

/** More ones among zeros, or every value larger by a share of itself. */
function changed(
  summary: SignalSummary,
  change: number,
  { isRate, random }: { isRate: boolean; random: () => number },
): SignalSummary {
  const { count, sum, bins } = summary;
  if (!isRate) {
    const moved = new Map<number, number>();
    for (const [bin, rows] of bins) {
      const to = shiftBin(bin, change);
      moved.set(to, (moved.get(to) ?? 0) + rows);
    }
    return {
      count,
      sum: sum * (1 + change),
      sumSquares: summary.sumSquares * (1 + change) ** 2,
      bins: moved,
    };
  }
  const zeros = bins.get(0) ?? 0;
  const more = Math.min(zeros, Math.floor(count * change + random()));
  const ones = count - zeros + more;
  return {
    count,
    sum: ones,
    sumSquares: ones,
    bins: new Map(
      [
        [0, zeros - more],
        [GRID_ONE, ones],
      ].filter(([, n]) => n !== 0) as [number, number][],
    ),
  };
}

function daysOf(history: readonly PastWindow[]): Days {
  const all = new Map<number, PastWindow[]>();
  for (const past of history) {
    const day = Math.floor(past.sinceMs / DAY_MS);
    const ofDay = all.get(day);
    if (ofDay) ofDay.push(past);
    else all.set(day, [past]);
  }
  const byWeekday = new Map<number, PastWindow[][]>();
  for (const [day, windows] of all) byWeekday.set(day % 7, [...(byWeekday.get(day % 7) ?? []), windows]);
  return { byWeekday, all: [...all.values()] };
}

function drawDay({ byWeekday, all }: Days, day: number, random: () => number): readonly PastWindow[] {
  const same = byWeekday.get(day % 7) ?? [];
  const days = same.length >= 2 ? same : all;
  return days[Math.floor(random() * days.length)] ?? [];
}
