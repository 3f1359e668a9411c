import type { SignalSpec } from '../../core/signals.ts';
import type { SessionSums } from '../../core/window.ts';
import { addEvidence, type Evidence, NO_EVIDENCE } from './bet.ts';
import { betsOn } from './bets-on.ts';
import { type Aspect, callChange, changeOf, onsetOf } from './call-change.ts';
import { type Forecast, forecastOf, type Residuals, residualsOf } from './forecast.ts';
import type { DetectorOptions } from './options.ts';
import { noDataReading, type Reading, readingOf } from './reading.ts';
import { type Recent, type Residue, remember, residueFrom, suffixes } from './recent.ts';
import { type Kind, kindOf, type Sample } from './sample.ts';
import { type ScanResult, scanChange } from './scan.ts';
import { RESIDUES_MAX, scanResidues } from './scan-residues.ts';
import { baselineMoments, type Scored, scoreWindow } from './scores.ts';
import { evidenceOf, multiple, rowWealth, type SignalEvidence, strongestBet } from './signal-evidence.ts';
import type { Variation } from './variation.ts';
import { windowWealth } from './window-wealth.ts';

export type { Reading } from './reading.ts';

/**
 * Share of a signal's level for the exact tests; the rest sets the e-detector's threshold A = 1 / level. The
 * e-detector pays for a smaller share with the log of it only, an exact test at small samples with its power.
 */
const SCAN_SHARE = 0.9;
export const DETECTOR_SHARE = 1 - SCAN_SHARE;

/** A change that was called and has not gone away. */
interface Standing {
  readonly aspect: Aspect;
  /** Change.size when it was called. */
  readonly size: number;
  /** Multiple of what an alarm needs, at its largest. */
  readonly evidence: number;
  /** Start of the first window that counts, ISO 8601. */
  readonly since: string;
  readonly windows: number;
  readonly quietWindows: number;
}

/** What is remembered of one signal whose baseline is frozen; JSON. `baseline` and `variation` change together only. */
export interface Watch {
  readonly baseline: Sample;
  /** How windows differ without a change; null for a baseline of which only its rows are known. */
  readonly variation: Variation | null;
  readonly kind: Kind;
  readonly evidence: Evidence;
  readonly recent: Recent;
  /** Of the last `RESIDUES_MAX` windows of time, newest first. */
  readonly residues: readonly Residue[];
  /** Of the last window; null while a change stands, and with windows of rows. */
  readonly last: Residuals | null;
  readonly standing: Standing | null;
}

export interface SignalWindow {
  readonly since: Date;
  readonly until: Date;
  readonly sample: Sample;
  readonly sessions?: SessionSums | undefined;
}

export interface MonitorSettings {
  readonly spec: SignalSpec;
  /** False alarms that this signal may give per window, on average. */
  readonly level: number;
  /** `StreamOptions.togetherOf` this signal. */
  readonly together?: number;
  /** Windows of time have seasons and something in common; those of rows are only their rows. */
  readonly isTimed: boolean;
  readonly options: DetectorOptions;
}

export interface MonitorStep {
  readonly state: Watch;
  readonly reading: Reading;
  readonly evidence: SignalEvidence;
  /** The window's scores in the baseline; null without a row. */
  readonly scored: Scored | null;
}

/** A watch at its start. */
export function watchFrom(baseline: Sample, variation: Variation | null = null): Watch {
  return {
    baseline,
    variation,
    kind: kindOf(baseline),
    evidence: NO_EVIDENCE,
    recent: [],
    residues: [],
    last: null,
    standing: null,
  };
}

/** The same baseline, with everything since forgotten. */
function startedAgain({ baseline, variation, kind }: Watch): Watch {
  return { ...watchFrom(baseline, variation), kind };
}

/**
 * One step of a signal's detector: D1 while baseline and window hold only zeros and ones, D2 otherwise.
 *
 * 1. No value in the window: nothing is learned, `not_enough_data`.
 * 2. A change stands: followed until it is gone for `recoveryWindows`, then the detector starts again.
 * 3. Otherwise evidence is added up; it alarms when it suffices, by itself or together with that of other signals, and the
 *    change is large enough to matter.
 */
export function monitorSignal(watch: Watch, window: SignalWindow, settings: MonitorSettings): MonitorStep {
  const { sample } = window;
  if (sample.count === 0) {
    const reading = noDataReading({ ...watch, ...settings, window }, { recent: watch.recent, ...settings });
    return { state: watch, reading, evidence: evidenceOf(watch), scored: null };
  }
  const kind = watch.kind === 'rate' ? kindOf(sample) : 'continuous';
  // What was bet on zeros and ones says nothing about ranks, and how they vary does not either.
  const fitting = kind === watch.kind ? watch : { ...watchFrom(watch.baseline), kind };
  const scored = scoreWindow(fitting.baseline.bins, sample.bins, kind);
  const forecast = forecastOf({ sample: fitting.baseline, kind, known: fitting.variation }, window, {
    isTimed: settings.isTimed,
    before: fitting.last,
  });
  const residue = settings.isTimed ? residueFrom(scored, forecast.scores) : undefined;
  const state = {
    ...fitting,
    recent: remember(fitting.recent, { ...window, ...(residue ? { residue } : {}) }),
    residues: residue ? [residue, ...fitting.residues].slice(0, RESIDUES_MAX) : NO_RESIDUES,
  };
  const stepped = state.standing
    ? follow({ ...state, standing: state.standing, last: null }, window, settings)
    : detect(state, { ...window, scored, forecast }, settings);
  return { ...stepped, scored };
}

const NO_RESIDUES: readonly Residue[] = [];

interface ScoredWindow extends SignalWindow {
  readonly scored: Scored;
  readonly forecast: Forecast;
}

function detect(state: Watch, window: ScoredWindow, settings: MonitorSettings): Omit<MonitorStep, 'scored'> {
  const { spec, level, together = 0, options } = settings;
  const { baseline, kind, recent } = state;
  const bets = betsOn(baseline, kind, options, window.forecast);
  const next: Watch = {
    ...state,
    evidence: addEvidence(
      state.evidence,
      bets.map((bet) =>
        settings.isTimed ? windowWealth({ ...state, ...window }, bet, window.scored) : rowWealth(bet, window),
      ),
    ),
    last: settings.isTimed
      ? residualsOf(window.forecast, window.scored, residualSettings(state, window))
      : null,
  };
  const scanned = scan(next, window, settings);
  const found = evidenceOf(next);
  const sequentialRatio = found.logDetector + Math.log(level * DETECTOR_SHARE);
  const isScanned = scanned !== null && scanned.logRatio > sequentialRatio;
  const own = multiple(isScanned ? scanned.logRatio : sequentialRatio);
  // Named for its e-value: the e-detector knows what it was bet on, a test that falls short does not.
  const isNamed = together > own;
  const evidence = isNamed ? together : own;
  const betIndex = isScanned && !isNamed ? scanned.betIndex : strongestBet(next.evidence, bets);
  const bet = bets[betIndex];
  const betweenRatio = window.forecast.scores[bet?.score ?? 0]?.betweenRatio ?? 0;
  const onset =
    evidence < 1 || !bet ? null : onsetOf(suffixes(recent), { bet, baseline, kind, betweenRatio }, options);
  const called = onset ? callChange({ baseline, kind, spec }, { onset, betIndex }, options) : null;
  if (!called || !onset)
    return { state: next, reading: quiet(next, window, { ...settings, evidence }), evidence: found };
  const standing: Standing = {
    aspect: called.aspect,
    size: called.change.size,
    evidence,
    since: onset.since,
    windows: onset.windows,
    quietWindows: 0,
  };
  const shown = { change: called.change, stretch: onset, outcome: 'alarm', evidence } as const;
  const reading = readingOf({ spec, baseline, kind, window }, shown);
  return { state: { ...next, last: null, standing }, reading, evidence: { ...found, isStanding: true } };
}

function residualSettings({ baseline, kind }: Watch, { until }: SignalWindow) {
  return { until, variances: baselineMoments(baseline, kind).map(({ variance }) => variance) };
}

function scan(state: Watch, { forecast }: ScoredWindow, settings: MonitorSettings): ScanResult | null {
  const { baseline, kind, recent } = state;
  const { spec, options, isTimed } = settings;
  const level = settings.level * SCAN_SHARE;
  const { currentRowsMin } = options;
  if (isTimed) {
    return scanResidues(
      { baseline, kind, recent, residues: state.residues, forecast, spec },
      { level, currentRowsMin },
    );
  }
  return scanChange(
    { baseline, kind, suffixes: [...suffixes(recent)], spec },
    { level, currentRowsMin, sessions: forecast },
  );
}

function follow(
  state: Watch & { standing: Standing },
  window: SignalWindow,
  settings: MonitorSettings,
): Omit<MonitorStep, 'scored'> {
  const { spec, options } = settings;
  const { standing, baseline, kind } = state;
  const against = { baseline, kind, spec };
  // Windows before the change would make it look smaller.
  const changed = [...suffixes(state.recent)].filter((stretch) => stretch.since >= standing.since);
  const latest = changed.find(
    ({ windows, sample }) => windows >= options.recoveryWindows && sample.count >= options.recoveryRowsMin,
  );
  const nowSize = latest
    ? changeOf(standing.aspect, { against, stretch: latest }, options).size
    : standing.size;
  // Back when less than half of the change is left: half way between "as it was" and "still there".
  const isBack = nowSize * Math.sign(standing.size) < Math.abs(standing.size) / 2;
  const quietWindows = isBack ? standing.quietWindows + 1 : 0;
  const stretch = isBack ? latest : changed.at(-1);
  const told = { ...against, window };
  const evidence = evidenceOf(state);
  if (!stretch) return { state, reading: noDataReading(told, { recent: state.recent, options }), evidence };
  const change = changeOf(standing.aspect, { against, stretch }, options);
  const outcome = isBack ? ('quiet' as const) : ('alarm' as const);
  const reading = readingOf(told, { change, stretch, outcome, evidence: standing.evidence });
  const isOver = quietWindows >= options.recoveryWindows;
  const next: Watch = isOver
    ? startedAgain(state)
    : { ...state, standing: { ...standing, windows: standing.windows + 1, quietWindows } };
  return { state: next, reading, evidence };
}

function quiet(
  { baseline, kind, recent }: Watch,
  window: SignalWindow,
  { spec, options, evidence }: MonitorSettings & { evidence: number },
): Reading {
  const told = { spec, baseline, kind, window };
  for (const stretch of suffixes(recent)) {
    if (stretch.sample.count < options.currentRowsMin) continue;
    const change = changeOf('middle', { against: { baseline, kind, spec }, stretch }, options);
    return readingOf(told, { change, stretch, outcome: 'quiet', evidence });
  }
  return noDataReading(told, { recent, options });
}
