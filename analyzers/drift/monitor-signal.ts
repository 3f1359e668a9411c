import type { Finding, StreamKey } from '../../core/finding.ts';
import type { SignalSpec } from '../../core/signals.ts';
import { addEvidence, type Bet, type Evidence, logEvidence, logEvidenceOfBet } from './bet.ts';
import { betsOn, CONTINUOUS_BETS } from './bets-on.ts';
import { type Change, clearestChange, middleChange, shapeChange, tailChange } from './effect.ts';
import type { DetectorOptions } from './options.ts';
import { type Recent, remember, type Stretch, suffixes } from './recent.ts';
import { kindOf, levelOf, type Sample } from './sample.ts';
import { scanChange } from './scan.ts';

/**
 * Share of a signal's level for the exact tests; the rest sets the e-detector's threshold A = 1 / level. The
 * e-detector pays for a smaller share with the log of it only, an exact test at small samples with its power.
 */
const SCAN_SHARE = 0.8;

type Kind = 'rate' | 'continuous';
type Aspect = 'middle' | 'upper_tail' | 'lower_tail' | 'shape';

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

/** What is remembered of one signal whose baseline is frozen; JSON. */
export interface Watch {
  readonly baseline: Sample;
  readonly kind: Kind;
  readonly evidence: Evidence;
  readonly recent: Recent;
  readonly standing: Standing | null;
}

/** A finding without its stream. */
export type Reading = Omit<Finding, keyof StreamKey>;

export interface SignalWindow {
  readonly since: Date;
  readonly until: Date;
  readonly sample: Sample;
}

export interface MonitorSettings {
  readonly spec: SignalSpec;
  /** False alarms that this signal may give per window, on average. */
  readonly level: number;
  readonly options: DetectorOptions;
}

/** A watch at its start. */
export function watchFrom(baseline: Sample): Watch {
  return { baseline, kind: kindOf(baseline), evidence: [], recent: [], standing: null };
}

/**
 * One step of a signal's detector: D1 while baseline and window hold only zeros and ones, D2 otherwise.
 *
 * 1. No value in the window: nothing is learned, `not_enough_data`.
 * 2. A change stands: followed until it is gone for `recoveryWindows`, then the detector starts again.
 * 3. Otherwise evidence is added up; it alarms when it suffices and the change is large enough to matter.
 */
export function monitorSignal(
  watch: Watch,
  window: SignalWindow,
  settings: MonitorSettings,
): { state: Watch; reading: Reading } {
  const { sample } = window;
  if (sample.count === 0) return { state: watch, reading: noData(watch, window, settings) };
  const kind = watch.kind === 'rate' ? kindOf(sample) : 'continuous';
  // What was bet on zeros and ones says nothing about ranks.
  const fitting = kind === watch.kind ? watch : { ...watchFrom(watch.baseline), kind };
  const state = { ...fitting, recent: remember(fitting.recent, window) };
  return state.standing
    ? follow({ ...state, standing: state.standing }, window, settings)
    : detect(state, window, settings);
}

function detect(state: Watch, window: SignalWindow, settings: MonitorSettings) {
  const { spec, level, options } = settings;
  const bets = betsOn(state.baseline, state.kind, options);
  const next = { ...state, evidence: addEvidence(state.evidence, bets, window.sample.bins) };
  const stretches = suffixes(next.recent);
  const pair = { baseline: next.baseline, kind: next.kind, suffixes: stretches, spec };
  const scanned = scanChange(pair, {
    level: level * SCAN_SHARE,
    currentRowsMin: options.currentRowsMin,
  });
  const sequentialRatio = logEvidence(next.evidence, bets) + Math.log(level * (1 - SCAN_SHARE));
  const isScanned = scanned !== null && scanned.logRatio > sequentialRatio;
  const evidence = multiple(isScanned ? scanned.logRatio : sequentialRatio);
  const betIndex = isScanned ? scanned.betIndex : strongestBet(next.evidence, bets);
  const onset =
    evidence < 1 ? null : onsetOf(stretches, { bet: bets[betIndex], baseline: next.baseline, options });
  const called = onset ? callChange({ state: next, onset, betIndex, spec }, options) : null;
  if (!called || !onset)
    return { state: next, reading: quiet(next, window, { ...settings, evidence, stretches }) };
  const standing: Standing = {
    aspect: called.aspect,
    size: called.change.size,
    evidence,
    since: onset.since,
    windows: onset.windows,
    quietWindows: 0,
  };
  const alarming = { ...next, standing };
  const shown = { change: called.change, stretch: onset, outcome: 'alarm', evidence } as const;
  return { state: alarming, reading: readingOf(alarming, window, { ...settings, shown }) };
}

function follow(state: Watch & { standing: Standing }, window: SignalWindow, settings: MonitorSettings) {
  const { spec, options } = settings;
  const { standing } = state;
  // Windows before the change would make it look smaller.
  const changed = suffixes(state.recent).filter((stretch) => stretch.since >= standing.since);
  const latest = changed.find(
    ({ windows, sample }) => windows >= options.recoveryWindows && sample.count >= options.recoveryRowsMin,
  );
  const nowSize = latest
    ? changeOf(standing.aspect, { state, current: latest.sample, spec }, options).size
    : standing.size;
  // Back when less than half of the change is left: half way between "as it was" and "still there".
  const isBack = nowSize * Math.sign(standing.size) < Math.abs(standing.size) / 2;
  const quietWindows = isBack ? standing.quietWindows + 1 : 0;
  const stretch = isBack ? latest : changed.at(-1);
  if (!stretch) return { state, reading: noData(state, window, settings) };
  const change = changeOf(standing.aspect, { state, current: stretch.sample, spec }, options);
  const outcome = isBack ? ('quiet' as const) : ('alarm' as const);
  const shown = { change, stretch, outcome, evidence: standing.evidence };
  const reading = readingOf(state, window, { ...settings, shown });
  const isOver = quietWindows >= options.recoveryWindows;
  const next: Watch = isOver
    ? { ...watchFrom(state.baseline), kind: state.kind }
    : { ...state, standing: { ...standing, windows: standing.windows + 1, quietWindows } };
  return { state: next, reading };
}

/** What changed enough to matter: the middle or the shape, else the tail that was bet on; or null. */
function callChange(
  at: { state: Watch; onset: Stretch; betIndex: number; spec: SignalSpec },
  options: DetectorOptions,
): { aspect: Aspect; change: Change } | null {
  const { state, onset, betIndex, spec } = at;
  const { baseline, kind } = state;
  const clearest = clearestChange({ baseline, current: onset.sample, kind, spec }, options);
  if (clearest.isLarge) {
    return { aspect: clearest.direction === 'shape' ? 'shape' : 'middle', change: clearest };
  }
  const bet = kind === 'continuous' ? CONTINUOUS_BETS[betIndex] : undefined;
  if (bet !== 'upper_tail' && bet !== 'lower_tail') return null;
  const change = changeOf(bet, { state, current: onset.sample, spec }, options);
  return change.isLarge ? { aspect: bet, change } : null;
}

function changeOf(
  aspect: Aspect,
  { state, current, spec }: { state: Watch; current: Sample; spec: SignalSpec },
  options: DetectorOptions,
): Change {
  const { baseline, kind } = state;
  if (aspect === 'middle') return middleChange({ baseline, current, kind, spec }, options);
  if (aspect === 'shape') return shapeChange({ baseline, current }, options);
  const tail = aspect === 'upper_tail' ? 'upper' : 'lower';
  return tailChange({ baseline, current, tail, spec }, options);
}

function strongestBet(evidence: Evidence, bets: readonly Bet[]): number {
  const strengths = bets.map(({ weight }, index) => Math.log(weight) + logEvidenceOfBet(evidence, index));
  return strengths.indexOf(Math.max(...strengths));
}

/** The stretch that differs most clearly from the baseline in what was bet on: where the change began. */
function onsetOf(
  stretches: readonly Stretch[],
  at: { bet: Bet | undefined; baseline: Sample; options: DetectorOptions },
): Stretch | null {
  const { bet, baseline, options } = at;
  if (!bet) return null;
  const before = meanScore(baseline, bet);
  let best: { stretch: Stretch; clarity: number } | null = null;
  for (const stretch of stretches) {
    const { count } = stretch.sample;
    if (count < options.currentRowsMin) continue;
    const clarity = (meanScore(stretch.sample, bet) - before) / Math.sqrt(1 / count + 1 / baseline.count);
    if (!best || clarity > best.clarity) best = { stretch, clarity };
  }
  return best?.stretch ?? null;
}

function meanScore(sample: Sample, { score }: Bet): number {
  return sample.bins.reduce((sum, [bin, rows]) => sum + rows * score(bin), 0) / sample.count;
}

function quiet(
  state: Watch,
  window: SignalWindow,
  settings: MonitorSettings & { evidence: number; stretches: readonly Stretch[] },
): Reading {
  const { spec, options, evidence, stretches } = settings;
  const stretch = stretches.find(({ sample }) => sample.count >= options.currentRowsMin);
  if (!stretch) return noData(state, window, settings);
  const change = changeOf('middle', { state, current: stretch.sample, spec }, options);
  return readingOf(state, window, { ...settings, shown: { change, stretch, outcome: 'quiet', evidence } });
}

interface Shown {
  readonly change: Change;
  readonly stretch: Stretch;
  readonly outcome: 'alarm' | 'quiet';
  readonly evidence: number;
}

function readingOf(
  state: Watch,
  window: SignalWindow,
  settings: MonitorSettings & { shown: Shown },
): Reading {
  const { spec, shown } = settings;
  const { change, stretch, outcome, evidence } = shown;
  return {
    signal: spec.name,
    family: spec.family,
    detector: state.kind,
    since: window.since,
    until: window.until,
    outcome,
    direction: change.direction,
    verdict: change.verdict,
    effect: change.effect,
    before: levelOf(state.baseline, state.kind),
    after: levelOf(stretch.sample, state.kind),
    evidence,
    samples: { baseline: state.baseline.count, current: stretch.sample.count },
    rowsNeeded: null,
    changedSince: outcome === 'alarm' ? new Date(stretch.since) : window.since,
    histograms: { before: state.baseline.bins, after: stretch.sample.bins },
    baselineVersion: '',
    becameBaseline: false,
  };
}

function noData(state: Watch, window: SignalWindow, { spec, options }: MonitorSettings): Reading {
  const current = state.recent.reduce((sum, { sample }) => sum + sample.count, 0);
  return {
    signal: spec.name,
    family: spec.family,
    detector: state.kind,
    since: window.since,
    until: window.until,
    outcome: 'not_enough_data',
    direction: null,
    verdict: null,
    effect: null,
    before: levelOf(state.baseline, state.kind),
    after: null,
    evidence: 0,
    samples: { baseline: state.baseline.count, current: window.sample.count },
    rowsNeeded: Math.max(1, options.currentRowsMin - current),
    changedSince: window.since,
    histograms: { before: state.baseline.bins, after: window.sample.bins },
    baselineVersion: '',
    becameBaseline: false,
  };
}

/** Evidence as a multiple of what an alarm needs, kept finite for JSON. */
function multiple(logRatio: number): number {
  return Math.exp(Math.min(logRatio, 700));
}
