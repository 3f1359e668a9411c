import { signalSpec } from '../core/signals.ts';
import { type ComparedPair, comparePairs, exactPair } from './compare.ts';
import { dependenceIn } from './drift/history.ts';
import type { Reading } from './drift/monitor-signal.ts';
import type { DetectorOptions } from './drift/options.ts';
import { EMPTY_SAMPLE } from './drift/sample.ts';
import { type Established, stretchTests } from './drift/version-stretch.ts';
import type { Predecessor, SignalState, StreamState } from './stream-state.ts';

interface Look {
  readonly window: { readonly since: Date; readonly until: Date };
  /** Windows of time: hours of the week differ, and so do windows beyond their rows. */
  readonly isTimed: boolean;
  /** The part of the family-wise level that this look may spend. */
  readonly familyWise: number;
  readonly detector: DetectorOptions;
}

type Gathering = Extract<SignalState, { phase: 'gathering' }>;

/**
 * Compares what a declared version has gathered so far with its predecessor, as findings of the window that completed the
 * look: with windows of rows by exact tests that count sessions, with windows of time against what its hours lead to expect.
 */
export function lookAt(signals: StreamState['signals'], predecessor: Predecessor, at: Look): Reading[] {
  const { since, until } = at.window;
  const names = new Set([...predecessor.signals.keys(), ...Object.keys(signals)]);
  const pairs = [...names].flatMap((name) => {
    const signal = signals[name];
    return signal?.phase === 'watching'
      ? []
      : [pairOf(name, signal, { established: predecessor.signals.get(name), at })];
  });
  const { findings } = comparePairs(pairs, at);
  return findings.map((finding) => ({
    ...finding,
    since,
    until,
    changedSince: since,
    baselineVersion: predecessor.version,
    becameBaseline: false,
  }));
}

function pairOf(
  name: string,
  gathering: Gathering | undefined,
  { established, at }: { established: Established | undefined; at: Look },
): ComparedPair {
  const [baseline, current] = [established?.sample ?? EMPTY_SAMPLE, gathering?.gathered ?? EMPTY_SAMPLE];
  if (!at.isTimed || !established || !gathering?.stretch) {
    return exactPair(name, {
      baseline,
      current,
      sessions: gathering && dependenceIn(gathering.history, established?.variation?.sessions),
    });
  }
  const { stretch, history } = gathering;
  const { kind } = stretch;
  return {
    ...{ spec: signalSpec(name), kind, baseline, current },
    ...stretchTests(stretch, established, { history, window: at.window }),
  };
}

/** What still differs after the last look, with the windows for which it stands; null for nothing, or for ever. */
export function differingAfter(
  findings: readonly Reading[],
  acceptAfterWindows: number,
): StreamState['differing'] {
  const signals = findings.filter(({ outcome }) => outcome === 'alarm').map(({ signal }) => signal);
  return signals.length > 0 && acceptAfterWindows > 0 ? { signals, windowsLeft: acceptAfterWindows } : null;
}

/** Counts a window of the version as it is now; after the last one its level is said to be the normal one. */
export function countDown(
  differing: StreamState['differing'],
  readings: readonly Reading[],
): { differing: StreamState['differing']; readings: readonly Reading[] } {
  if (!differing) return { differing, readings };
  const windowsLeft = differing.windowsLeft - 1;
  if (windowsLeft > 0) return { differing: { ...differing, windowsLeft }, readings };
  return {
    differing: null,
    readings: readings.map((reading) =>
      differing.signals.includes(reading.signal) ? { ...reading, becameBaseline: true } : reading,
    ),
  };
}
