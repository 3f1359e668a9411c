import { AppError } from '../core/errors.ts';
import type { SignalSummary } from '../core/summary.ts';
import { NO_EVIDENCE } from './drift/bet.ts';
import { type History, NO_HISTORY } from './drift/history.ts';
import { type Watch, watchFrom } from './drift/monitor-signal.ts';
import { EMPTY_SAMPLE, type Sample, sampleOf } from './drift/sample.ts';
import type { Variation } from './drift/variation.ts';
import type { Established, VersionStretch } from './drift/version-stretch.ts';

/** One signal of a stream: still gathering its baseline, or watched against it. */
export type SignalState =
  | {
      readonly phase: 'gathering';
      readonly gathered: Sample;
      readonly history: History;
      /** With windows of time, of a version that is compared with the one before. */
      readonly stretch?: VersionStretch;
    }
  | {
      readonly phase: 'watching';
      readonly watch: Watch;
      /**
       * Rows for the baseline that follows: with one that matures, all that were calm so far; with a trailing one, those
       * since it was frozen.
       */
      readonly next: Sample;
      readonly windowsSinceFrozen: number;
      /** What calm windows of time show of season and variation; null once the baseline has matured, or is given. */
      readonly history: History | null;
    };

/**
 * Everything that is remembered of one stream: plain JSON, so that it survives in the store. What is static stays the
 * same object from step to step, and can be stored apart: of a watched signal `watch.baseline` and `watch.variation`.
 */
export interface StreamState {
  readonly version: 2;
  /**
   * `learning`: gathers a baseline. `comparing`: a declared new version, compared with its predecessor while it
   * gathers its own. `watching`: every signal with enough rows is watched.
   */
  readonly phase: 'learning' | 'comparing' | 'watching';
  /** Rows seen since the stream began. */
  readonly rows: number;
  /** Looks taken at a declared version. */
  readonly looksTaken: number;
  /** After a declared version that differed: signals whose new level is accepted in so many windows. */
  readonly differing: { readonly signals: readonly string[]; readonly windowsLeft: number } | null;
  /** What the baseline is, for people. */
  readonly baselineLabel: string;
  readonly signals: Readonly<Record<string, SignalState>>;
}

/** An established baseline that a newly declared version is compared with. */
export interface Predecessor {
  readonly version: string;
  readonly signals: ReadonlyMap<string, Established>;
}

/** Fewer baseline values than this cannot be told from noise; a given baseline's smaller signals are gathered. */
const GIVEN_ROWS_MIN = 10;

/** A stream of which nothing is known. */
export function newStreamState(): StreamState {
  return {
    version: 2,
    phase: 'learning',
    rows: 0,
    looksTaken: 0,
    differing: null,
    baselineLabel: '',
    signals: {},
  };
}

/** A stream watched from its first window against a given baseline: a file, pinned dates, another version. */
export function baselineState(summaries: ReadonlyMap<string, SignalSummary>, label: string): StreamState {
  const signals = [...summaries].map(([name, summary]): [string, SignalState] => {
    const sample = sampleOf(summary);
    return [name, sample.count >= GIVEN_ROWS_MIN ? watching(sample) : gathering(sample)];
  });
  return {
    ...newStreamState(),
    phase: 'watching',
    baselineLabel: label,
    signals: Object.fromEntries(signals),
  };
}

/** A stream watched from its first window against the version before. */
export function watchedLike({ version, signals }: Predecessor): StreamState {
  const watched = [...signals].map(([name, { sample, variation }]): [string, SignalState] => [
    name,
    sample.count >= GIVEN_ROWS_MIN ? watching(sample, variation) : gathering(sample),
  ]);
  return {
    ...newStreamState(),
    phase: 'watching',
    baselineLabel: `version ${version}`,
    signals: Object.fromEntries(watched),
  };
}

/** A signal that has begun to gather its baseline. */
export function gathering(gathered: Sample = EMPTY_SAMPLE): SignalState {
  return { phase: 'gathering', gathered, history: NO_HISTORY };
}

/**
 * A signal at the moment its baseline is frozen.
 *
 * @param history of the windows that it was made of, if it goes on maturing
 */
export function watching(
  baseline: Sample,
  variation: Variation | null = null,
  history: History | null = null,
): SignalState {
  return {
    phase: 'watching',
    watch: watchFrom(baseline, variation),
    next: history ? baseline : EMPTY_SAMPLE,
    windowsSinceFrozen: 0,
    history,
  };
}

/** The stream's frozen baselines, for the version that follows; null while it is still learning. */
export function baselinesOf(state: StreamState): ReadonlyMap<string, Sample> | null {
  if (state.phase !== 'watching') return null;
  return new Map(
    Object.entries(state.signals).flatMap(([name, signal]) =>
      signal.phase === 'watching' ? [[name, signal.watch.baseline] as const] : [],
    ),
  );
}

/** A stream as the version that the next one is compared with; null while it is still learning. */
export function predecessorFrom(version: string, state: StreamState): Predecessor | null {
  if (state.phase !== 'watching') return null;
  const signals = Object.entries(state.signals).flatMap(([name, signal]) =>
    signal.phase === 'watching'
      ? [[name, { sample: signal.watch.baseline, variation: signal.watch.variation }] as const]
      : [],
  );
  return { version, signals: new Map(signals) };
}

/** State as one line of JSON. */
export function serializeStreamState(state: StreamState): string {
  return JSON.stringify(state);
}

/**
 * State from its JSON.
 *
 * @throws AppError `unsupported` when another version of Plumbline wrote it
 */
export function parseStreamState(json: string): StreamState {
  return checkStreamState(JSON.parse(json));
}

/**
 * State as the store gives it back, already parsed. One of version 1 keeps its baselines; evidence that had been added up
 * begins again.
 *
 * @throws AppError `unsupported` when another version of Plumbline wrote it
 */
export function checkStreamState(value: unknown): StreamState {
  const state = value as StreamState | StreamStateV1;
  if (state.version === 2) return state;
  if (state.version === 1) return fromV1(state);
  throw new AppError('unsupported', 'the detector state was written by another version', {
    version: (state as { version: unknown }).version,
  });
}

/** As it was before windows of time had seasons. */
interface StreamStateV1 extends Omit<StreamState, 'version' | 'signals'> {
  readonly version: 1;
  readonly signals: Readonly<Record<string, SignalStateV1>>;
}

type SignalStateV1 =
  | { readonly phase: 'gathering'; readonly gathered: Sample }
  | {
      readonly phase: 'watching';
      readonly watch: Omit<Watch, 'variation' | 'evidence' | 'residues' | 'last'>;
      readonly next: Sample;
      readonly windowsSinceFrozen: number;
    };

function fromV1(state: StreamStateV1): StreamState {
  // What was learned from the stream itself goes on maturing; what was given stays as it was given.
  const isLearned = state.baselineLabel.startsWith(LEARNED);
  const signals = Object.entries(state.signals).map(([name, signal]): [string, SignalState] => [
    name,
    signal.phase === 'gathering'
      ? gathering(signal.gathered)
      : {
          ...signal,
          watch: { ...signal.watch, variation: null, evidence: NO_EVIDENCE, residues: [], last: null },
          history: isLearned ? NO_HISTORY : null,
        },
  ]);
  return { ...state, version: 2, signals: Object.fromEntries(signals) };
}

const LEARNED = 'first ';

/** What the baseline of a stream is called that learned it from itself. */
export function learnedLabel(rows: number): string {
  return `${LEARNED}${rows} rows`;
}
