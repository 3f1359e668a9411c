import { largestMap } from '../../analyzers/embeddings/family.ts';
import { splitMapId } from '../../analyzers/embeddings/reference-map.ts';
import type { StepContext, StepStream } from '../../analyzers/step-windows.ts';
import type { FamilyStates } from '../../analyzers/stream-book.ts';
import type { StreamKey } from '../../core/finding.ts';
import { type Monitor, monitorOf } from '../../core/monitor.ts';
import { familyOf, SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';
import type { StreamWindow } from '../../core/window.ts';
import {
  type ChangedKind,
  changedWindow,
  kindOfHistory,
  largestCategories,
  type ReplayedWindow,
} from './changed-window.ts';

export interface CalibrateSignal {
  readonly key: StreamKey;
  readonly signal: string;
  /** Its past, oldest first. */
  readonly history: readonly ReplayedWindow[];
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
  readonly kind: ChangedKind;
  /** Alarms that began, over all months drawn; each would have been a page. */
  readonly alarms: number;
  /** Alarms that its level allows over the same time. */
  readonly allowed: number;
  /** Alarms that began in the WARM_UP_DAYS before, while it learned what is ordinary from nothing. */
  readonly alarmsYoung: number;
  /** Whether most draws alarm without any change: of a change nothing can be said then. */
  readonly alarmsUnchanged: boolean;
  /** Smallest of CHANGES that was called within `windowsMax` windows in most draws; null if none was. */
  readonly smallestSeen: number | null;
}

const DAY_MS = 86_400_000;
const DAYS_PER_MONTH = 365 / 12;
/** Draws of each change. */
const DRAWS = 5;
/** Days that a baseline has before alarms are counted, and before a change is put in. */
export const WARM_UP_DAYS = 14;
/** Of a rate: more of all calls; of a number: of each value; of a mix: of all calls, from the largest category to the next. */
export const CHANGES = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] as const;

/** Days of the past that may stand for one another, by day of the week; all of them where one has fewer than two. */
interface Days {
  readonly byWeekday: ReadonlyMap<number, readonly (readonly ReplayedWindow[])[]>;
  readonly all: readonly (readonly ReplayedWindow[])[];
}

/**
 * Whether the rollups have the past of a signal. What groups get (D5) and what people's scores say of a judge's are read from
 * the inferences themselves, and are not there.
 */
export const isInRollups = (signal: string): boolean =>
  signal.startsWith(SCORE_PREFIX) || SIGNALS.some(({ name }) => name === signal);

/**
 * Replays a signal's own past in which nothing happened: each day drawn is a whole day of the past of the same weekday, so
 * that sessions, the wandering between windows and the hours of the week stay as they are, and only what lies between days
 * is shuffled. A change that really happened makes the days differ, and the alarms more; that a weekday's few days come back again
 * and again, in what is learned as in what is judged, makes them fewer than new days would. The detectors are the real ones, and
 * nothing is written.
 */
export async function calibrateSignal(
  { key, signal, history: all }: CalibrateSignal,
  options: CalibrateOptions,
): Promise<Calibrated | null> {
  const { windowMs, months, budget, monitors } = options;
  const history = onLastMap(signal, all);
  const days = daysOf(history);
  if (days.all.length < 2) return null;
  const run = runOf({ key, signal }, options);
  const { established, alarms, alarmsYoung } = await drawnMonths(days, run, options);
  const kind = kindOfHistory(history);
  const at = { ...options, days, run, kind, largest: largestCategories(history) };
  const alarmsUnchanged = await isSeenMostly(established, 0, at);
  return {
    key,
    signal,
    monitor: monitorOf(monitors, { signal, family: familyOf(signal) })?.name ?? null,
    kind,
    alarms,
    allowed: budget.levelOf(key, signal) * ((months * DAYS_PER_MONTH * DAY_MS) / windowMs),
    alarmsYoung,
    alarmsUnchanged,
    smallestSeen: alarmsUnchanged ? null : await smallest(established, at),
  };
}

/** Alarms that began before and after the baseline had WARM_UP_DAYS, and the state between. */
async function drawnMonths(days: Days, run: Run, { months, random }: CalibrateOptions) {
  let state: FamilyStates | null = null;
  let established: FamilyStates | null = null;
  let [alarms, alarmsYoung, isAlarming] = [0, 0, false];
  const daysToDraw = Math.ceil(months * DAYS_PER_MONTH) + WARM_UP_DAYS;
  for (let day = 0; day < daysToDraw; day++) {
    for (const past of drawDay(days, day, random)) {
      const step = await run(state, past, day);
      state = step.state;
      if (step.isAlarm && !isAlarming) {
        if (day < WARM_UP_DAYS) alarmsYoung++;
        else alarms++;
      }
      isAlarming = step.isAlarm;
    }
    if (day === WARM_UP_DAYS - 1) established = state;
  }
  return { established, alarms, alarmsYoung };
}

/** Values under two reference maps are never compared, and a detector begins anew with each: what lay on the last one. */
function onLastMap(signal: string, history: readonly ReplayedWindow[]): readonly ReplayedWindow[] {
  if (!SIGNALS.some(({ name, kind, source }) => name === signal && kind === 'category' && source === 'map'))
    return history;
  const map = largestMap(history.at(-1)?.categories ?? new Map());
  return history.flatMap((past) => {
    const categories = new Map([...past.categories].filter(([name]) => splitMapId(name).map === map));
    const count = [...categories.values()].reduce((sum, rows) => sum + rows, 0);
    return count > 0 ? [{ ...past, categories, summary: { ...past.summary, count } }] : [];
  });
}

type Run = (
  state: FamilyStates | null,
  past: ReplayedWindow,
  day: number,
) => Promise<{ state: FamilyStates; isAlarm: boolean }>;

/** Steps the real detectors by one window of the one signal; days are counted on from a Thursday, as 1970 began. */
function runOf({ key, signal }: { key: StreamKey; signal: string }, options: CalibrateOptions): Run {
  const { windowMs, step, budget } = options;
  // A signal is replayed alone, so no others speak with it.
  const context: StepContext = { budget, togetherOf: () => 0, siblings: async () => [] };
  return async (state, { sinceMs, summary, categories, sessions }, day) => {
    const since = day * DAY_MS + (sinceMs % DAY_MS);
    const rows = summary.count;
    const window: StreamWindow = {
      key,
      since: new Date(since),
      until: new Date(since + windowMs),
      rows,
      summaries: summary.bins.size > 0 ? new Map([[signal, summary]]) : new Map(),
      categories: categories.size > 0 ? new Map([[signal, categories]]) : new Map(),
      ...(sessions ? { sessions: new Map([[signal, sessions]]) } : {}),
    };
    const stepped = await step(state, window, context);
    return { state: stepped.state, isAlarm: stepped.findings.some(({ outcome }) => outcome === 'alarm') };
  };
}

type ChangeAt = { readonly days: Days; readonly run: Run; readonly windowsMax: number } & Parameters<
  typeof changedWindow
>[2];

async function smallest(established: FamilyStates | null, at: ChangeAt): Promise<number | null> {
  for (const change of CHANGES) if (await isSeenMostly(established, change, at)) return change;
  return null;
}

async function isSeenMostly(
  established: FamilyStates | null,
  change: number,
  at: ChangeAt,
): Promise<boolean> {
  let seen = 0;
  for (let draw = 0; draw < DRAWS; draw++) if (await isSeen(established, change, at)) seen++;
  return seen > DRAWS / 2;
}

async function isSeen(established: FamilyStates | null, change: number, at: ChangeAt): Promise<boolean> {
  let state = established;
  let windows = 0;
  for (let day = WARM_UP_DAYS; windows < at.windowsMax; day++) {
    for (const past of drawDay(at.days, day, at.random)) {
      const step = await at.run(state, change === 0 ? past : changedWindow(past, change, at), day);
      if (step.isAlarm) return true;
      state = step.state;
      if (++windows >= at.windowsMax) break;
    }
  }
  return false;
}

function daysOf(history: readonly ReplayedWindow[]): Days {
  const all = new Map<number, ReplayedWindow[]>();
  for (const past of history) {
    const day = Math.floor(past.sinceMs / DAY_MS);
    const ofDay = all.get(day);
    if (ofDay) ofDay.push(past);
    else all.set(day, [past]);
  }
  const byWeekday = new Map<number, ReplayedWindow[][]>();
  for (const [day, windows] of all) byWeekday.set(day % 7, [...(byWeekday.get(day % 7) ?? []), windows]);
  return { byWeekday, all: [...all.values()] };
}

function drawDay({ byWeekday, all }: Days, day: number, random: () => number): readonly ReplayedWindow[] {
  const same = byWeekday.get(day % 7) ?? [];
  const days = same.length >= 2 ? same : all;
  return days[Math.floor(random() * days.length)] ?? [];
}
