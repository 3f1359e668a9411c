import { compareSamples } from './compare.ts';
import type { Reading } from './drift/monitor-signal.ts';
import type { DetectorOptions } from './drift/options.ts';
import type { Sample } from './drift/sample.ts';
import type { Predecessor, StreamState } from './stream-state.ts';

/**
 * Compares what a declared version has gathered so far with its predecessor's baseline, as findings of the
 * window that completed the look.
 */
export function lookAt(
  gathered: ReadonlyMap<string, Sample>,
  predecessor: Predecessor,
  at: {
    readonly window: { readonly since: Date; readonly until: Date };
    /** The part of the family-wise level that this look may spend. */
    readonly familyWise: number;
    readonly detector: DetectorOptions;
  },
): Reading[] {
  const { since, until } = at.window;
  const { findings } = compareSamples(predecessor.baselines, gathered, at);
  return findings.map((finding) => ({
    ...finding,
    since,
    until,
    changedSince: since,
    baselineVersion: predecessor.version,
    becameBaseline: false,
  }));
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
