import { compareSamples } from './compare.ts';
import type { Reading } from './drift/monitor-signal.ts';
import type { DetectorOptions } from './drift/options.ts';
import type { Sample } from './drift/sample.ts';
import type { Predecessor } from './stream-state.ts';

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
