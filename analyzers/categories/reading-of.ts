import type { Finding } from '../../core/finding.ts';
import type { SignalSpec } from '../../core/signals.ts';
import type { Reading } from '../drift/monitor-signal.ts';
import type { CategoryState, CategoryWindow, Judged } from './category-state.ts';
import { totalOf } from './counts.ts';
import { gatheredRows } from './reference.ts';

const NO_HISTOGRAMS: Finding['histograms'] = { before: [], after: [] };

/** What a window said of a mix, as a finding. `before` and `after` are the share of the category that explains most of it. */
export function readingOf(
  judged: Judged,
  state: CategoryState,
  at: { spec: SignalSpec; window: CategoryWindow },
): Reading {
  const { change, outcome } = judged;
  const first = change?.shares[0];
  return {
    signal: at.spec.name,
    family: at.spec.family,
    detector: 'category',
    since: at.window.since,
    until: at.window.until,
    outcome,
    direction: change ? 'mix' : null,
    verdict: change ? at.spec.up : null,
    effect: change?.effect ?? null,
    before: first?.before ?? null,
    after: first?.after ?? null,
    evidence: judged.evidence,
    samples: { baseline: baselineRows(state), current: judged.rows },
    rowsNeeded: judged.rowsNeeded,
    changedSince: judged.changedSince,
    histograms: NO_HISTOGRAMS,
    baselineVersion: '',
    becameBaseline: judged.becameBaseline,
    ...(change && outcome === 'alarm' ? { shares: change.shares } : {}),
  };
}

function baselineRows(state: CategoryState): number {
  return state.phase === 'gathering' ? gatheredRows(state.gathering) : totalOf(state.reference.counts);
}
