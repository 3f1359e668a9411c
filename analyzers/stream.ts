import { signalSpec } from '../core/signals.ts';
import type { SignalSummary } from '../core/summary.ts';
import { signalWeights } from './budget.ts';
import { monitorSignal, type Reading } from './drift/monitor-signal.ts';
import { DEFAULT_DETECTOR_OPTIONS, type DetectorOptions } from './drift/options.ts';
import { type Recent, suffixes } from './drift/recent.ts';
import { EMPTY_SAMPLE, kindOf, levelOf, mergeSamples, type Sample, sampleOf } from './drift/sample.ts';
import { countDown, differingAfter, lookAt } from './look.ts';
import {
  newStreamState,
  type Predecessor,
  type SignalState,
  type StreamState,
  watching,
} from './stream-state.ts';

export interface StreamOptions {
  /** Rows that make a baseline. */
  readonly baselineRowsMin: number;
  /** With this many rows a sparse signal (a score that few calls get) is frozen with the others. */
  readonly signalRowsMin: number;
  /** Windows, over all streams, between two false incidents: the budget (budget.ts). */
  readonly windowsPerFalseAlarm: number;
  /** Chance of calling any difference between a declared version and its predecessor when there is none. */
  readonly familyWise: number;
  /** Rows of a declared version at which it is compared; ascending, each with an equal part of `familyWise`. */
  readonly looks: readonly number[];
  /** Windows without an alarm after which the baseline is taken anew from them; 0 for a fixed baseline. */
  readonly baselineRefreshWindows: number;
  /** Windows that a change stands before it is accepted as the new baseline; 0 for never. */
  readonly acceptAfterWindows: number;
  readonly detector: DetectorOptions;
}

export const DEFAULT_STREAM_OPTIONS: StreamOptions = {
  // The limits put on a baseline of 500 rows cost about as much as the tolerance; more rows gain little.
  baselineRowsMin: 500,
  signalRowsMin: 100,
  // With windows of 25 rows, at most one false incident in 250,000 calls; measured, less than half of that.
  windowsPerFalseAlarm: 10_000,
  familyWise: 0.01,
  looks: [50, 100, 200, 400, 800],
  // A baseline that moves by itself swallows a slow drift, so it moves only when asked to.
  baselineRefreshWindows: 0,
  // Long enough that a person has seen the incident, short enough that the next change is not hidden behind it.
  acceptAfterWindows: 500,
  detector: DEFAULT_DETECTOR_OPTIONS,
};

export interface StreamWindow {
  readonly since: Date;
  readonly until: Date;
  /** Rows of the window, with a value of any signal or not. */
  readonly rows: number;
}

/** A baseline that was frozen in this step, to be said aloud. */
export interface Rebaselined {
  readonly signal: string;
  readonly reason: 'learned' | 'refreshed' | 'accepted';
  readonly rows: number;
}

export interface StreamStep {
  readonly state: StreamState;
  readonly findings: readonly Reading[];
  readonly rebaselined: readonly Rebaselined[];
}

/**
 * One window of one stream: findings for every signal that has ever had a value, and the state after it.
 *
 * 1. `learning`: rows are gathered; every finding says how many more are needed.
 * 2. `comparing`, entered by a new stream with a predecessor: rows are gathered and, at each look, compared
 *    with the predecessor's baseline.
 * 3. `watching`: each frozen signal takes a step of its detector; a signal that came later is gathered first.
 *
 * @param state null for a stream never seen
 * @param summaries per signal; signals without a value may be left out
 * @param predecessor read only while the stream is new or comparing
 */
export function stepStream(
  state: StreamState | null,
  summaries: ReadonlyMap<string, SignalSummary>,
  window: StreamWindow,
  options: StreamOptions,
  predecessor: Predecessor | null = null,
): StreamStep {
  const before = state ?? newStreamState();
  const isNew = before.phase === 'learning' && before.rows === 0;
  const phase = isNew && predecessor ? 'comparing' : before.phase;
  const started = {
    ...before,
    phase,
    rows: before.rows + window.rows,
    signals: withNewSignals(before.signals, summaries),
  };
  const weights = signalWeights(Object.keys(started.signals));
  const stepped = Object.entries(started.signals).map(([name, signal]) =>
    stepSignal(signal, {
      name,
      window,
      sample: sampleOf(summaries.get(name) ?? NOTHING),
      level: (weights.get(name) ?? 0) / options.windowsPerFalseAlarm,
      stream: started,
      options,
    }),
  );
  const { differing, readings } = countDown(
    before.differing,
    stepped.map(({ reading }) => reading),
  );
  const next = {
    ...started,
    differing,
    signals: Object.fromEntries(stepped.map(({ name, signal }) => [name, signal])),
  };
  const rebaselined = stepped.flatMap(({ rebaselined: one }) => (one ? [one] : []));
  return phase === 'comparing' && predecessor
    ? settleVersion({ state: next, findings: readings, rebaselined }, { window, options, predecessor })
    : settleLearning({ state: next, findings: readings, rebaselined }, options);
}

const NOTHING: SignalSummary = { count: 0, sum: 0, sumSquares: 0, bins: new Map() };

function withNewSignals(
  signals: StreamState['signals'],
  summaries: ReadonlyMap<string, SignalSummary>,
): StreamState['signals'] {
  const added = [...summaries]
    .filter(([name, { count }]) => count > 0 && !Object.hasOwn(signals, name))
    .map(([name]): [string, SignalState] => [name, { phase: 'gathering', gathered: EMPTY_SAMPLE }]);
  return added.length === 0 ? signals : { ...signals, ...Object.fromEntries(added) };
}

interface SignalStep {
  readonly name: string;
  readonly window: StreamWindow;
  readonly sample: Sample;
  readonly level: number;
  readonly stream: StreamState;
  readonly options: StreamOptions;
}

interface SignalStepped {
  readonly name: string;
  readonly signal: SignalState;
  readonly reading: Reading;
  readonly rebaselined: Rebaselined | null;
}

function stepSignal(signal: SignalState, step: SignalStep): SignalStepped {
  if (signal.phase === 'gathering') return gather(signal.gathered, step);
  const { name, window, sample, level, options } = step;
  const { since, until } = window;
  const { state: watch, reading } = monitorSignal(
    signal.watch,
    { since, until, sample },
    { spec: signalSpec(name), level, options: options.detector },
  );
  const isCalm = watch.standing === null && reading.outcome !== 'alarm';
  const isTrailing = options.baselineRefreshWindows > 0;
  const next = isTrailing && isCalm ? mergeSamples(signal.next, sample) : EMPTY_SAMPLE;
  const windowsSinceFrozen = isCalm ? signal.windowsSinceFrozen + 1 : 0;
  const kept: SignalStepped = {
    name,
    signal: { phase: 'watching', watch, next, windowsSinceFrozen },
    reading,
    rebaselined: null,
  };
  const isDue = isTrailing && windowsSinceFrozen >= options.baselineRefreshWindows;
  if (isDue && next.count >= options.signalRowsMin) return rebaseline(kept, next, 'refreshed');
  const { standing } = watch;
  const isOld = options.acceptAfterWindows > 0 && (standing?.windows ?? 0) >= options.acceptAfterWindows;
  const changed = isOld ? newestRows(watch.recent, options.baselineRowsMin) : EMPTY_SAMPLE;
  return changed.count >= options.signalRowsMin ? rebaseline(kept, changed, 'accepted') : kept;
}

function gather(gathered: Sample, { name, window, sample, stream, options }: SignalStep): SignalStepped {
  const together = mergeSamples(gathered, sample);
  const missing = options.baselineRowsMin - together.count;
  const stepped: SignalStepped = {
    name,
    signal: { phase: 'gathering', gathered: together },
    reading: gatheringReading(together, { name, window, sample, rowsNeeded: Math.max(1, missing) }),
    rebaselined: null,
  };
  // A signal that came after its stream's baseline gets one of its own.
  return stream.phase === 'watching' && missing <= 0 ? rebaseline(stepped, together, 'learned') : stepped;
}

function rebaseline(stepped: SignalStepped, sample: Sample, reason: Rebaselined['reason']): SignalStepped {
  return {
    ...stepped,
    signal: watching(sample),
    reading: { ...stepped.reading, becameBaseline: reason === 'accepted' },
    rebaselined: { signal: stepped.name, reason, rows: sample.count },
  };
}

/** The newest stretch with enough rows, or all that is remembered. */
function newestRows(recent: Recent, rowsMin: number): Sample {
  const stretches = suffixes(recent);
  return (
    (stretches.find(({ sample }) => sample.count >= rowsMin) ?? stretches.at(-1))?.sample ?? EMPTY_SAMPLE
  );
}

function gatheringReading(
  gathered: Sample,
  at: { name: string; window: StreamWindow; sample: Sample; rowsNeeded: number },
): Reading {
  const spec = signalSpec(at.name);
  const kind = kindOf(gathered);
  return {
    signal: at.name,
    family: spec.family,
    detector: kind,
    since: at.window.since,
    until: at.window.until,
    outcome: 'not_enough_data',
    direction: null,
    verdict: null,
    effect: null,
    before: levelOf(gathered, kind),
    after: null,
    evidence: 0,
    samples: { baseline: gathered.count, current: at.sample.count },
    rowsNeeded: at.rowsNeeded,
    changedSince: at.window.since,
    histograms: { before: gathered.bins, after: at.sample.bins },
    baselineVersion: '',
    becameBaseline: false,
  };
}

/** Freezes every gathered signal that has enough rows, once the stream itself has. */
function settleLearning(step: StreamStep, options: StreamOptions): StreamStep {
  const { state } = step;
  if (state.phase === 'watching' || state.rows < options.baselineRowsMin) return step;
  return freeze(step, options, `first ${state.rows} rows`);
}

function freeze(step: StreamStep, options: StreamOptions, label: string): StreamStep {
  const rebaselined = [...step.rebaselined];
  const signals = Object.entries(step.state.signals).map(([name, signal]): [string, SignalState] => {
    if (signal.phase === 'watching' || signal.gathered.count < options.signalRowsMin) return [name, signal];
    rebaselined.push({ signal: name, reason: 'learned', rows: signal.gathered.count });
    return [name, watching(signal.gathered)];
  });
  return {
    ...step,
    rebaselined,
    state: {
      ...step.state,
      phase: 'watching',
      baselineLabel: label,
      signals: Object.fromEntries(signals),
    },
  };
}

/** Takes the looks that this window reached, and ends the comparison after the last one. */
function settleVersion(
  step: StreamStep,
  at: { window: StreamWindow; options: StreamOptions; predecessor: Predecessor },
): StreamStep {
  const { window, options, predecessor } = at;
  const { looks } = options;
  const reached = looks.filter((rows) => rows <= step.state.rows).length;
  const taken = reached - step.state.looksTaken;
  const state: StreamState = { ...step.state, looksTaken: reached };
  const rowsNeeded = Math.max(1, (looks[reached] ?? 0) - state.rows);
  const findings =
    taken > 0
      ? lookAt(gatheredSamples(state), predecessor, {
          window,
          familyWise: (options.familyWise * taken) / looks.length,
          detector: options.detector,
        })
      : step.findings.map((finding) => ({ ...finding, rowsNeeded, baselineVersion: predecessor.version }));
  const done = { ...step, state, findings };
  const rowsMin = Math.max(options.baselineRowsMin, looks.at(-1) ?? 0);
  if (state.rows < rowsMin) return done;
  const frozen = freeze(done, options, `first ${state.rows} rows`);
  const differing = differingAfter(findings, options.acceptAfterWindows);
  return { ...frozen, state: { ...frozen.state, differing } };
}

function gatheredSamples(state: StreamState): Map<string, Sample> {
  return new Map(
    Object.entries(state.signals).flatMap(([name, signal]) =>
      signal.phase === 'gathering' ? [[name, signal.gathered] as const] : [],
    ),
  );
}
