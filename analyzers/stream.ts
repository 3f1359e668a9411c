import type { SignalSummary } from '../core/summary.ts';
import type { SessionSums } from '../core/window.ts';
import { signalWeights } from './budget.ts';
import type { Reading } from './drift/reading.ts';
import { sampleOf } from './drift/sample.ts';
import type { SignalEvidence } from './drift/signal-evidence.ts';
import { countDown, differingAfter, lookAt } from './look.ts';
import type { StreamOptions } from './stream-options.ts';
import { frozen, type Rebaselined, stepSignal } from './stream-signal.ts';
import {
  gathering,
  learnedLabel,
  newStreamState,
  type Predecessor,
  type SignalState,
  type StreamState,
} from './stream-state.ts';

export interface StreamWindow {
  readonly since: Date;
  readonly until: Date;
  /** Rows of the window, with a value of any signal or not. */
  readonly rows: number;
  /** By signal; without it each row is a session. */
  readonly sessions?: ReadonlyMap<string, SessionSums>;
}

export interface StreamStep {
  readonly state: StreamState;
  readonly findings: readonly Reading[];
  readonly rebaselined: readonly Rebaselined[];
  /** By watched signal: what the page and the drill-down add up (page-evidence.ts). */
  readonly evidence: ReadonlyMap<string, SignalEvidence>;
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
  const isCompared = phase === 'comparing' && options.isTimed;
  const levelOf = options.levelOf ?? rowLevels(Object.keys(started.signals), options);
  const stepped = Object.entries(started.signals).map(([name, signal]) =>
    stepSignal(signal, {
      name,
      window: {
        ...window,
        sample: sampleOf(summaries.get(name) ?? NOTHING),
        sessions: window.sessions?.get(name),
      },
      level: levelOf(name),
      together: options.togetherOf?.(name) ?? 0,
      isWatching: started.phase === 'watching',
      established: isCompared ? (predecessor?.signals.get(name) ?? null) : null,
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
  const step: StreamStep = {
    state: next,
    findings: readings,
    rebaselined: stepped.flatMap(({ rebaselined: one }) => (one ? [one] : [])),
    evidence: new Map(stepped.flatMap(({ name, evidence }) => (evidence ? [[name, evidence] as const] : []))),
  };
  return phase === 'comparing' && predecessor
    ? settleVersion(step, { window, options, predecessor })
    : settleLearning(step, options);
}

/** Without a budget over all streams, as with windows of rows, each stream has the whole of its own. */
function rowLevels(signals: readonly string[], options: StreamOptions): (signal: string) => number {
  const weights = signalWeights(signals);
  return (signal) => (weights.get(signal) ?? 0) / options.windowsPerFalseAlarm;
}

const NOTHING: SignalSummary = { count: 0, sum: 0, sumSquares: 0, bins: new Map() };

function withNewSignals(
  signals: StreamState['signals'],
  summaries: ReadonlyMap<string, SignalSummary>,
): StreamState['signals'] {
  const added = [...summaries]
    .filter(([name, { count }]) => count > 0 && !Object.hasOwn(signals, name))
    .map(([name]): [string, SignalState] => [name, gathering()]);
  return added.length === 0 ? signals : { ...signals, ...Object.fromEntries(added) };
}

/** Freezes every gathered signal that has enough rows, once the stream itself has. */
function settleLearning(step: StreamStep, options: StreamOptions): StreamStep {
  const { state } = step;
  if (state.phase === 'watching' || state.rows < options.baselineRowsMin) return step;
  return freeze(step, options, learnedLabel(state.rows));
}

function freeze(step: StreamStep, options: StreamOptions, label: string): StreamStep {
  const rebaselined = [...step.rebaselined];
  const signals = Object.entries(step.state.signals).map(([name, signal]): [string, SignalState] => {
    if (signal.phase === 'watching' || signal.gathered.count < options.signalRowsMin) return [name, signal];
    rebaselined.push({ signal: name, reason: 'learned', rows: signal.gathered.count });
    return [name, frozen(signal.gathered, signal.history, options)];
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
      ? lookAt(state.signals, predecessor, {
          window,
          isTimed: options.isTimed,
          familyWise: (options.familyWise * taken) / looks.length,
          detector: options.detector,
        })
      : step.findings.map((finding) => ({ ...finding, rowsNeeded, baselineVersion: predecessor.version }));
  const done = { ...step, state, findings };
  const rowsMin = Math.max(options.baselineRowsMin, looks.at(-1) ?? 0);
  if (state.rows < rowsMin) return done;
  const frozen = freeze(done, options, learnedLabel(state.rows));
  const differing = differingAfter(findings, options.acceptAfterWindows);
  return { ...frozen, state: { ...frozen.state, differing } };
}
