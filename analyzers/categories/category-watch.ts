import type { SessionSums } from '../../core/window.ts';
import { WEEK_MS } from '../drift/history.ts';
import { remember, type Stretch, suffixes } from '../drift/recent.ts';
import type { Sample } from '../drift/sample.ts';
import { type Bins, binned } from './bins.ts';
import {
  type CategorySettings,
  type CategoryState,
  type CategoryWatch,
  type CategoryWindow,
  type Judged,
  NEW_CATEGORY_STATE,
  type Standing,
  takenOver,
  watchMix,
} from './category-state.ts';
import { totalOf } from './counts.ts';
import { addToCourse, DAY_MS, deseasoned, newCourse } from './course.ts';
import { addSessionsOf, interrupted, type MixDependence, mixDependence } from './dispersion.ts';
import { learn, mature, type Stepped, scalesOf } from './learning.ts';
import { type MixChange, mixChange } from './mix-change.ts';
import type { CategoryOptions } from './options.ts';
import { type FrozenReference, freeze, gather } from './reference.ts';
import { wagerOn } from './wager.ts';

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
  if (!state.dispersion) return stepMix(takenOver(state), window, settings);
  if (state.phase === 'gathering') return gatherWindow(state, window, settings);
  const rows = totalOf(window.counts);
  if (rows === 0) return { state, judged: unjudged(window, 1) };
  const bins = settings.binsFrom(state.reference.counts);
  const binnedRows = deseasoned(state.reference, window, binned(bins, window.counts));
  const sample = sampleOf(binnedRows);
  const watch = { ...state, recent: remember(state.recent, { since: window.since, sample }) };
  const at = { window, bins, settings };
  const stepped = watch.standing ? follow(watch, watch.standing, at) : detect(watch, binnedRows, at);
  const learned = learn(stepped, binnedRows, at);
  return settings.options.isTimed ? mature(learned, at) : learned;
}

interface At {
  readonly window: CategoryWindow;
  readonly bins: Bins;
  readonly settings: CategorySettings;
}

function gatherWindow(
  { gathering, dispersion, course }: Extract<CategoryState, { phase: 'gathering' }>,
  window: CategoryWindow,
  settings: CategorySettings,
): Stepped {
  const { options, binsFrom } = settings;
  const isEmpty = totalOf(window.counts) === 0;
  const next = isEmpty ? gathering : gather(gathering, window.counts);
  const known = addSessionsOf(dispersion, window.sessions, window.counts);
  const grown = options.isTimed && !isEmpty ? addToCourse(course ?? newCourse(window.since), window) : course;
  const rows = next.windows.reduce((sum, counts) => sum + totalOf(counts), 0);
  const windowsMissing = options.referenceWindowsMin - next.windows.length * next.each;
  const rowsMissing = options.referenceRowsMin - rows;
  const judged = unjudged(window, Math.max(1, rowsMissing));
  const isEnough = windowsMissing <= 0 && rowsMissing <= 0;
  if (!isEnough) {
    const state = { phase: 'gathering', gathering: next, dispersion: known } as const;
    return { state: grown ? { ...state, course: grown } : state, judged };
  }
  const frozen = freeze(next, { dispersion: known, scales: scalesOf(window, settings), binsFrom });
  const spanMs = grown ? window.until.getTime() - Date.parse(grown.since) : 0;
  const reference = grown ? { ...frozen.reference, spanMs } : frozen.reference;
  return { state: watchMix({ ...frozen, reference }, grown), judged };
}

function detect(watch: CategoryWatch, rows: readonly number[], { window, bins, settings }: At) {
  const { options, level } = settings;
  const dependence = dependenceIn(watch, { rows: totalOf(window.counts), sums: window.sessions }, bins);
  const { wager, logEvidence } = wagerOn(watch.wager, rows, {
    reference: watch.reference,
    groups: bins.groups,
    dependence,
    limits: {
      z: options.limitZ,
      logOddsTolerance: toleranceOf(watch.reference, options),
      designEffect: dependence.effect,
    },
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
  const { pending: _, ...certain } = next;
  const dispersion = interrupted(next.dispersion);
  return {
    state: { ...certain, dispersion, standing },
    judged: { ...judged, changedSince: new Date(onset.since) },
  };
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
      ? watchMix(watch, watch.course)
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
  const { effect } = dependenceIn(watch, { rows: stretch.sample.count / stretch.windows }, bins);
  return mixChange(tableOf(watch, stretch, bins), bins, { designEffect: effect, options });
}

/** How the rows of a window of so many hang together; without its sums, as is usual. */
function dependenceIn(
  { reference, dispersion }: CategoryWatch,
  window: { readonly rows: number; readonly sums?: SessionSums | undefined },
  bins: Bins,
): MixDependence {
  const { windowRows } = reference;
  return mixDependence(dispersion, { ...window, reference: binned(bins, reference.counts), windowRows });
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
