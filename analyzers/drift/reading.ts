import type { Finding, StreamKey } from '../../core/finding.ts';
import type { SignalSpec } from '../../core/signals.ts';
import type { Change } from './effect.ts';
import type { DetectorOptions } from './options.ts';
import type { Recent, Stretch } from './recent.ts';
import { type Kind, levelOf, type Sample } from './sample.ts';

/** A finding without its stream. */
export type Reading = Omit<Finding, keyof StreamKey>;

interface Told {
  readonly spec: SignalSpec;
  readonly baseline: Sample;
  readonly kind: Kind;
  readonly window: { readonly since: Date; readonly until: Date; readonly sample: Sample };
}

export interface Shown {
  readonly change: Change;
  readonly stretch: Stretch;
  readonly outcome: 'alarm' | 'quiet';
  readonly evidence: number;
}

/** What a detector says that had enough data. */
export function readingOf({ spec, baseline, kind, window }: Told, shown: Shown): Reading {
  const { change, stretch, outcome, evidence } = shown;
  return {
    signal: spec.name,
    family: spec.family,
    detector: kind,
    since: window.since,
    until: window.until,
    outcome,
    direction: change.direction,
    verdict: change.verdict,
    effect: change.effect,
    before: levelOf(baseline, kind),
    after: levelOf(stretch.sample, kind),
    evidence,
    samples: { baseline: baseline.count, current: stretch.sample.count },
    rowsNeeded: null,
    changedSince: outcome === 'alarm' ? new Date(stretch.since) : window.since,
    histograms: { before: baseline.bins, after: stretch.sample.bins },
    baselineVersion: '',
    becameBaseline: false,
  };
}

/** What it says with too few rows. */
export function noDataReading(
  told: Told,
  at: { readonly recent: Recent; readonly options: DetectorOptions },
): Reading {
  const current = at.recent.reduce((sum, { sample }) => sum + sample.count, 0);
  return unmeasuredReading(told, Math.max(1, at.options.currentRowsMin - current));
}

/** What is said of a window that cannot be measured yet. @param rowsNeeded about how many more */
export function unmeasuredReading({ spec, baseline, kind, window }: Told, rowsNeeded: number): Reading {
  return {
    signal: spec.name,
    family: spec.family,
    detector: kind,
    since: window.since,
    until: window.until,
    outcome: 'not_enough_data',
    direction: null,
    verdict: null,
    effect: null,
    before: levelOf(baseline, kind),
    after: null,
    evidence: 0,
    samples: { baseline: baseline.count, current: window.sample.count },
    rowsNeeded,
    changedSince: window.since,
    histograms: { before: baseline.bins, after: window.sample.bins },
    baselineVersion: '',
    becameBaseline: false,
  };
}
