import { AppError } from '../core/errors.ts';
import type { SignalSummary } from '../core/summary.ts';
import { type Watch, watchFrom } from './drift/monitor-signal.ts';
import { EMPTY_SAMPLE, type Sample, sampleOf } from './drift/sample.ts';

/** One signal of a stream: still gathering its baseline, or watched against it. */
export type SignalState =
  | { readonly phase: 'gathering'; readonly gathered: Sample }
  | {
      readonly phase: 'watching';
      readonly watch: Watch;
      /** With a trailing baseline: rows without an alarm since the baseline was frozen. */
      readonly next: Sample;
      readonly windowsSinceFrozen: number;
    };

/** Everything that is remembered of one stream: plain JSON, so that it survives in the store. */
export interface StreamState {
  readonly version: 1;
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
  readonly baselines: ReadonlyMap<string, Sample>;
}

/** Fewer baseline values than this cannot be told from noise; a given baseline's smaller signals are gathered. */
const GIVEN_ROWS_MIN = 10;

/** A stream of which nothing is known. */
export function newStreamState(): StreamState {
  return {
    version: 1,
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
    return [
      name,
      sample.count >= GIVEN_ROWS_MIN ? watching(sample) : { phase: 'gathering', gathered: sample },
    ];
  });
  return {
    ...newStreamState(),
    phase: 'watching',
    baselineLabel: label,
    signals: Object.fromEntries(signals),
  };
}

/** A signal at the moment its baseline is frozen. */
export function watching(baseline: Sample): SignalState {
  return {
    phase: 'watching',
    watch: watchFrom(baseline),
    next: EMPTY_SAMPLE,
    windowsSinceFrozen: 0,
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
 * State as the store gives it back, already parsed.
 *
 * @throws AppError `unsupported` when another version of Plumbline wrote it
 */
export function checkStreamState(value: unknown): StreamState {
  const state = value as StreamState;
  if (state.version !== 1) {
    throw new AppError('unsupported', 'the detector state was written by another version', {
      version: state.version,
    });
  }
  return state;
}
