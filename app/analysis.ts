import { windowsPerFalseAlarm } from '../analyzers/budget.ts';
import type { Sibling, StepStream } from '../analyzers/schedule.ts';
import { DEFAULT_STREAM_OPTIONS, type StreamOptions, stepStream } from '../analyzers/stream.ts';
import { baselineState, baselinesOf, checkStreamState, type Predecessor } from '../analyzers/stream-state.ts';
import type { StreamKey } from '../core/finding.ts';
import type { SignalSummary } from '../core/summary.ts';
import type { WindowSpec } from '../core/window.ts';

/** A baseline from outside: a file, pinned dates, a version. */
export interface GivenBaseline {
  readonly label: string;
  /** Version it was made of; empty when not declared. */
  readonly version: string;
  readonly summaries: ReadonlyMap<string, SignalSummary>;
}

export interface StepOptions {
  readonly window: WindowSpec;
  readonly baselineRows: number;
  readonly falsePagesPerMonth: number;
  /** Streams that share the budget now; at least 1. */
  readonly streams: () => number;
  /** The baseline for a stream that begins; null to learn it from the stream itself. */
  readonly baselineFor: (key: StreamKey) => Promise<GivenBaseline | null>;
}

/** Puts the detectors behind the schedule: baselines given from outside, and the version before a declared one. */
export function createStep(options: StepOptions): StepStream {
  const given = new Map<string, GivenBaseline | null>();

  /** Asked for once per stream and run: a stream whose state is stored needs it only while it is compared. */
  async function givenFor(key: StreamKey): Promise<GivenBaseline | null> {
    const name = JSON.stringify(key);
    if (!given.has(name)) given.set(name, await options.baselineFor(key));
    return given.get(name) ?? null;
  }

  return async (stored, window, siblings) => {
    const state = stored === null ? null : checkStreamState(stored);
    const needsBaseline = state === null || state.phase === 'comparing';
    const baseline = needsBaseline ? await givenFor(window.key) : null;
    const isSame = baseline !== null && baseline.version === window.key.version;
    const before = state ?? (isSame ? baselineState(baseline.summaries, baseline.label) : null);
    const predecessor = needsBaseline && !isSame ? predecessorOf(baseline, siblings(window.key)) : null;
    const stepped = stepStream(before, window.summaries, window, streamOptions(options), predecessor);
    return {
      state: stepped.state,
      findings: stepped.findings.map((finding) => ({ ...finding, ...window.key })),
    };
  };
}

/** Windows of rows have no rate in time: for them the budget is what the detectors come with, times the setting. */
function streamOptions({ window, falsePagesPerMonth, baselineRows, streams }: StepOptions): StreamOptions {
  const budget =
    window.kind === 'time'
      ? windowsPerFalseAlarm({
          windowMs: window.ms,
          falseIncidentsPerMonth: falsePagesPerMonth,
          streams: Math.max(1, streams()),
        })
      : DEFAULT_STREAM_OPTIONS.windowsPerFalseAlarm / falsePagesPerMonth;
  return { ...DEFAULT_STREAM_OPTIONS, baselineRowsMin: baselineRows, windowsPerFalseAlarm: budget };
}

/** A given baseline of another version, else the established version that was in use last. */
function predecessorOf(given: GivenBaseline | null, siblings: readonly Sibling[]): Predecessor | null {
  if (given) {
    const { version, summaries, label } = given;
    const baselines = baselinesOf(baselineState(summaries, label));
    if (baselines) return { version, baselines };
  }
  let best: { predecessor: Predecessor; until: number } | null = null;
  for (const { key, state, until } of siblings) {
    const baselines = baselinesOf(checkStreamState(state));
    if (baselines && (!best || until > best.until)) {
      best = { predecessor: { version: key.version, baselines }, until };
    }
  }
  return best?.predecessor ?? null;
}
