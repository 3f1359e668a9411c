import { WEEK_MS } from '../drift/history.ts';
import { DOUBT, isOrdinary, MATURE_MS } from '../drift/maturing.ts';
import { type Recent, remember, type Stretch, suffixes } from '../drift/recent.ts';
import type { Sample } from '../drift/sample.ts';
import { type Bins, binned } from './bins.ts';
import { type Counts, totalOf } from './counts.ts';
import { addToCourse, type Course, DAY_MS, deseasoned, newCourse, ripened } from './course.ts';
import { type MixChange, mixChange } from './mix-change.ts';
import type { CategoryOptions } from './options.ts';
import {
  designEffectAt,
  EMPTY_GATHERING,
  type FrozenReference,
  freeze,
  type Gathering,
  gather,
} from './reference.ts';
import { EMPTY_WAGER, type Wager, wagerOn } from './wager.ts';

/** A change of mix that was called and has not gone away; JSON. */
interface Standing {
  /** Cramér's V when it was called. */
  readonly size: number;
  readonly evidence: number;
  /** Start of the first window that counts, ISO 8601. */
  readonly since: string;
  readonly windows: number;
  readonly quietWindows: number;
}

/** What is remembered of one category signal of one stream; JSON. */
export type CategoryState =
  | {
      readonly phase: 'gathering';
      readonly gathering: Gathering;
      /** With windows of time. */
      readonly course?: Course;
    }
  | {
      readonly phase: 'watching';
      readonly reference: FrozenReference;
      readonly wager: Wager;
      /** Rows by number of bin. */
      readonly recent: Recent;
      readonly standing: Standing | null;
      /** With windows of time, while the reference matures. */
      readonly course?: Course;
    };

export type CategoryWatch = Extract<CategoryState, { phase: 'watching' }>;

export interface CategoryWindow {
  readonly since: Date;
  readonly until: Date;
  readonly counts: Counts;
}

export interface CategorySettings {
  /** False alarms that this signal may give per window, on average. */
  readonly level: number;
  readonly options: CategoryOptions;
  /** Bins that a reference makes (bins.ts). */
  readonly binsFrom: (reference: Counts) => Bins;
}

/** What a window said of a signal. */
export interface Judged {
  readonly outcome: 'alarm' | 'quiet' | 'not_enough_data';
  /** Null without enough data. */
  readonly change: MixChange | null;
  /** Rows that the change is seen in. */
  readonly rows: number;
  readonly evidence: number;
  readonly changedSince: Date;
  readonly becameBaseline: boolean;
  readonly rowsNeeded: number | null;
}

export const NEW_CATEGORY_STATE: CategoryState = { phase: 'gathering', gathering: EMPTY_GATHERING };

/** A watch at its start. */
export function watchMix(reference: FrozenReference, course?: Course): CategoryWatch {
  const watch = { phase: 'watching', reference, wager: EMPTY_WAGER, recent: [], standing: null } as const;
  return course ? { ...watch, course } : watch;
}

/**
 * One step of the detector of a mix (D3).
 *
 * 1. Without a reference windows are gathered; every window says how many more rows are needed.
 * 2. A change stands: followed until it is gone for `recoveryWindows`, or has stood so long that it is the new reference.
 * 3. Otherwise evidence is added up (wager.ts); it alarms when it suffices and the change is large enough to matter.
 */
export function stepMix(
  state: CategoryState,
  window: CategoryWindow,
  settings: CategorySettings,
): { readonly state: CategoryState; readonly judged: Judged } {
  if (state.phase === 'gathering') return gatherWindow(state, window, settings);
  const rows = totalOf(window.counts);
  if (rows === 0) return { state, judged: unjudged(window, 1) };
  const bins = settings.binsFrom(state.reference.counts);
  const binnedRows = deseasoned(state.reference, window, binned(bins, window.counts));
  const sample = sampleOf(binnedRows);
  const watch = { ...state, recent: remember(state.recent, { since: window.since, sample }) };
  const at = { window, bins, settings };
  const stepped = watch.standing ? follow(watch, watch.standing, at) : detect(watch, binnedRows, at);
  return settings.options.isTimed ? mature(stepped, binnedRows, at) : stepped;
}

/** A reference of windows of time grows with the calm ones, as other baselines do (stream-signal.ts); then it stays. */
function mature(
  stepped: { state: CategoryState; judged: Judged },
  rows: readonly number[],
  { window, bins, settings }: At,
): { state: CategoryState; judged: Judged } {
  const { state, judged } = stepped;
  if (state.phase === 'gathering' || (state.reference.spanMs ?? 0) >= MATURE_MS) return stepped;
  const { standing, reference, course = newCourse(window.since) } = state;
  if (!isOrdinary(standing, window.until)) return stepped;
  const before = binned(bins, reference.counts);
  const grown = addToCourse(course, window, { before, after: rows });
  const isCalm = !standing && judged.outcome === 'quiet' && judged.evidence <= DOUBT;
  const next = isCalm ? ripened(grown, window.until, { reference, ...settings }) : null;
  if (!next) return { state: { ...state, course: grown }, judged };
  const isMature = (next.spanMs ?? 0) >= MATURE_MS;
  return { state: isMature ? watchMix(next) : watchMix(next, { ...grown, chiSquared: 0, df: 0 }), judged };
}

interface At {
  readonly window: CategoryWindow;
  readonly bins: Bins;
  readonly settings: CategorySettings;
}

function gatherWindow(
  { gathering, course }: Extract<CategoryState, { phase: 'gathering' }>,
  window: CategoryWindow,
  { options, binsFrom }: CategorySettings,
) {
  const isEmpty = totalOf(window.counts) === 0;
  const next = isEmpty ? gathering : gather(gathering, window.counts);
  const grown = options.isTimed && !isEmpty ? addToCourse(course ?? newCourse(window.since), window) : course;
  const rows = next.windows.reduce((sum, counts) => sum + totalOf(counts), 0);
  const windowsMissing = options.referenceWindowsMin - next.windows.length * next.each;
  const rowsMissing = options.referenceRowsMin - rows;
  const judged = unjudged(window, Math.max(1, rowsMissing));
  const isEnough = windowsMissing <= 0 && rowsMissing <= 0;
  if (!isEnough) {
    const state: CategoryState = { phase: 'gathering', gathering: next, ...(grown ? { course: grown } : {}) };
    return { state, judged };
  }
  const reference = freeze(next, binsFrom);
  const spanMs = grown ? window.until.getTime() - Date.parse(grown.since) : 0;
  const state = watchMix(grown ? { ...reference, spanMs } : reference, grown);
  return { state, judged };
}

function detect(watch: CategoryWatch, rows: readonly number[], { window, bins, settings }: At) {
  const { options, level } = settings;
  const designEffect = designEffectAt(watch.reference, totalOf(window.counts));
  const { wager, logEvidence } = wagerOn(watch.wager, rows, {
    reference: watch.reference,
    groups: bins.groups,
    designEffect,
    limits: { z: options.limitZ, logOddsTolerance: toleranceOf(watch.reference, options) },
  });
  const next = { ...watch, wager };
  const evidence = Math.exp(Math.min(700, logEvidence + Math.log(level)));
  const stretches = [...suffixes(next.recent)].filter(({ sample }) => sample.count >= options.currentRowsMin);
  const onset = clearest(stretches, next, bins);
  const latest = stretches[0];
  if (!latest || !onset) return { state: next, judged: unjudged(window, options.currentRowsMin) };
  const called = evidence >= 1 ? changeIn(next, onset, { bins, options }) : null;
  if (!called?.isLarge) {
    const change = changeIn(next, latest, { bins, options });
    return { state: next, judged: { ...seen(window, latest, change), outcome: 'quiet' as const, evidence } };
  }
  const standing: Standing = {
    size: called.effect.value,
    evidence,
    since: onset.since,
    windows: onset.windows,
    quietWindows: 0,
  };
  const judged = { ...seen(window, onset, called), outcome: 'alarm' as const, evidence };
  return { state: { ...next, standing }, judged: { ...judged, changedSince: new Date(onset.since) } };
}

function toleranceOf({ spanMs = 0 }: FrozenReference, options: CategoryOptions): number {
  if (!options.isTimed || spanMs >= WEEK_MS) return options.logOddsTolerance;
  return spanMs < DAY_MS ? options.logOddsToleranceBeforeDay : options.logOddsToleranceBeforeWeek;
}

function follow(watch: CategoryWatch, standing: Standing, { window, bins, settings }: At) {
  const { options } = settings;
  const changed = [...suffixes(watch.recent)].filter(({ since }) => since >= standing.since);
  const latest = changed.find(
    ({ windows, sample }) => windows >= options.recoveryWindows && sample.count >= options.recoveryRowsMin,
  );
  const now = latest ? changeIn(watch, latest, { bins, options }).effect.value : standing.size;
  const isBack = now < standing.size / 2;
  const quietWindows = isBack ? standing.quietWindows + 1 : 0;
  const stretch = (isBack ? latest : changed.at(-1)) ?? [...suffixes(watch.recent)][0];
  if (!stretch) return { state: watch, judged: unjudged(window, 1) };
  const windows = standing.windows + 1;
  const isNormal = !isBack && options.acceptAfterWindows > 0 && windows >= options.acceptAfterWindows;
  const judged: Judged = {
    ...seen(window, stretch, changeIn(watch, stretch, { bins, options })),
    outcome: isBack ? 'quiet' : 'alarm',
    evidence: standing.evidence,
    changedSince: isBack ? window.since : new Date(standing.since),
    becameBaseline: isNormal,
  };
  // New categories stand in one bin together: only rows to come can say how they are mixed.
  if (isNormal) return { state: NEW_CATEGORY_STATE, judged };
  const state =
    quietWindows >= options.recoveryWindows
      ? watchMix(watch.reference, watch.course)
      : { ...watch, standing: { ...standing, windows, quietWindows } };
  return { state, judged };
}

/** The stretch that differs most clearly from the reference: where the change began. */
function clearest(stretches: readonly Stretch[], watch: CategoryWatch, bins: Bins): Stretch | null {
  let best: { stretch: Stretch; clarity: number } | null = null;
  for (const stretch of stretches) {
    const { effect } = mixChange(tableOf(watch, stretch, bins), bins);
    const clarity = effect.value * Math.sqrt(stretch.sample.count);
    if (!best || clarity > best.clarity) best = { stretch, clarity };
  }
  return best?.stretch ?? null;
}

function changeIn(
  watch: CategoryWatch,
  stretch: Stretch,
  { bins, options }: { bins: Bins; options: CategoryOptions },
): MixChange {
  const designEffect = designEffectAt(watch.reference, stretch.sample.count / stretch.windows);
  return mixChange(tableOf(watch, stretch, bins), bins, { designEffect, options });
}

function tableOf({ reference }: CategoryWatch, { sample }: Stretch, bins: Bins) {
  const after = bins.names.map(() => 0);
  for (const [bin, rows] of sample.bins) after[bin] = rows;
  return { before: binned(bins, reference.counts), after };
}

function seen(
  window: CategoryWindow,
  stretch: Stretch,
  change: MixChange,
): Omit<Judged, 'outcome' | 'evidence'> {
  return {
    change,
    rows: stretch.sample.count,
    changedSince: window.since,
    becameBaseline: false,
    rowsNeeded: null,
  };
}

function unjudged(window: CategoryWindow, rowsNeeded: number): Judged {
  return {
    outcome: 'not_enough_data',
    change: null,
    rows: totalOf(window.counts),
    evidence: 0,
    changedSince: window.since,
    becameBaseline: false,
    rowsNeeded,
  };
}

function sampleOf(rows: readonly number[]): Sample {
  const bins = rows.map((count, bin) => [bin, count] as const).filter(([, count]) => count > 0);
  return { count: bins.reduce((sum, [, count]) => sum + count, 0), sum: 0, bins };
}
