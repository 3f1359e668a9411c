import { signalSpec } from '../../core/signals.ts';
import type { Reading } from '../drift/monitor-signal.ts';
import { addHalves, type Halves, type JudgedWindow, NO_HALVES, type Watched } from './judged-state.ts';
import { addMeanEvidence, logMeanEvidence } from './mean-watch.ts';
import { type MeanInterval, totalOf } from './prediction-powered.ts';

/** A change smaller than this, in parts of the range of the scores, is not worth a word. */
export const TOLERANCE = 0.03;
/** Labels that a changed level is told from, and that it is told by to have gone. */
const AFTER_LABELS_MIN = 10;
const GONE_LABELS_MIN = 30;
const EVIDENCE_MAX = 1e12;

export interface WatchedStep {
  readonly signal: string;
  readonly since: Date;
  readonly until: Date;
  /** Windows remembered, the newest last and this one among them. */
  readonly recent: readonly JudgedWindow[];
  readonly samples: { readonly baseline: number; readonly current: number };
  /** False alarms of this signal per window. */
  readonly level: number;
  readonly meanOf: (halves: Halves) => MeanInterval | null;
}

interface Stretch {
  readonly mean: MeanInterval;
  readonly since: string;
  readonly labels: number;
}

/**
 * One window of one watched mean.
 *
 * 1. No label in the window: nothing is learned, `not_enough_data`.
 * 2. A change stands: it is there until the newest 30 labels are nearer to before than to it; then the detector begins again.
 * 3. Otherwise evidence is added up; it alarms when it suffices and the change is large enough to matter.
 *
 * @param values independent observations of the window on the scale of [0, 1] that is bet on
 */
export function stepWatched(
  watched: Watched,
  values: readonly number[],
  step: WatchedStep,
): { readonly watched: Watched; readonly reading: Reading } {
  const { samples } = step;
  if (samples.current === 0)
    return { watched, reading: readingOf(step, { outcome: 'not_enough_data', rowsNeeded: 1, samples }) };
  return watched.standing
    ? follow({ ...watched, standing: watched.standing }, step)
    : detect(watched, values, step);
}

function detect(watched: Watched, values: readonly number[], step: WatchedStep) {
  const evidence = addMeanEvidence(watched.evidence, values, watched.limits);
  const ratio = Math.min(EVIDENCE_MAX, Math.exp(logMeanEvidence(evidence)) * step.level);
  const found = clearestStretch(watched.before, step);
  const change = found && changeOf(watched.before, found.mean);
  const isLarge = change !== null && Math.abs(change.value) > TOLERANCE && change.low * change.high > 0;
  if (!found || !change || !isLarge || ratio < 1)
    return { watched: { ...watched, evidence }, reading: shown(watched, step, { found, evidence: ratio }) };
  const standing = {
    direction: change.value > 0 ? ('up' as const) : ('down' as const),
    since: found.since,
    evidence: ratio,
    size: Math.abs(change.value),
  };
  const next = { ...watched, evidence, standing };
  return { watched: next, reading: shown(next, step, { found, evidence: ratio }) };
}

function follow(
  watched: Watched & { readonly standing: NonNullable<Watched['standing']> },
  step: WatchedStep,
) {
  const { standing, before } = watched;
  const newest = stretches(step).find(({ labels }) => labels >= GONE_LABELS_MIN) ?? null;
  const distance = newest ? Math.abs(newest.mean.value - before.value) : standing.size;
  const next = distance < standing.size / 2 ? { ...watched, standing: null, evidence: [] } : watched;
  const evidence = next.standing ? standing.evidence : 0;
  return { watched: next, reading: shown(next, step, { found: newest, evidence }) };
}

/** The newest stretch of windows whose mean differs most clearly from before; null with fewer than 10 labels in all. */
function clearestStretch(before: MeanInterval, step: WatchedStep): Stretch | null {
  let best: { readonly stretch: Stretch; readonly clearness: number } | null = null;
  for (const stretch of stretches(step)) {
    const { value, low, high } = stretch.mean;
    const clearness = Math.abs(value - before.value) / Math.max(1e-9, high - low);
    if (!best || clearness > best.clearness) best = { stretch, clearness };
  }
  return best?.stretch ?? null;
}

/** Stretches that end now, the shortest first. */
function stretches({ recent, meanOf }: WatchedStep): Stretch[] {
  let halves = NO_HALVES;
  return recent.toReversed().flatMap(({ since, halves: window }) => {
    halves = addHalves(halves, window);
    const { labels } = totalOf(halves);
    const mean = labels < AFTER_LABELS_MIN ? null : meanOf(halves);
    return mean ? [{ mean, since, labels }] : [];
  });
}

/** Difference of two independent means with its interval. */
function changeOf(before: MeanInterval, after: MeanInterval) {
  const margin = Math.hypot((before.high - before.low) / 2, (after.high - after.low) / 2);
  const value = after.value - before.value;
  return { name: 'rate_difference' as const, value, low: value - margin, high: value + margin };
}

function shown(
  { before, standing }: Watched,
  step: WatchedStep,
  { found, evidence }: { found: Stretch | null; evidence: number },
): Reading {
  return readingOf(step, {
    outcome: standing ? 'alarm' : 'quiet',
    rowsNeeded: null,
    samples: { ...step.samples, current: found?.labels ?? step.samples.current },
    evidence: standing ? Math.max(1, evidence) : evidence,
    direction: standing?.direction ?? null,
    effect: found && changeOf(before, found.mean),
    before: before.value,
    after: found?.mean.value ?? null,
    changedSince: standing ? new Date(standing.since) : step.since,
  });
}

/** A finding without its stream; what is not said is null. */
export function readingOf(
  { signal, since, until }: Pick<WatchedStep, 'signal' | 'since' | 'until'>,
  found: Pick<Reading, 'outcome' | 'rowsNeeded' | 'samples'> &
    Partial<Pick<Reading, 'direction' | 'effect' | 'before' | 'after' | 'evidence' | 'changedSince'>>,
): Reading {
  const spec = signalSpec(signal);
  const { direction = null } = found;
  return {
    signal,
    family: spec.family,
    detector: 'judged',
    since,
    until,
    direction,
    verdict: direction === 'up' ? spec.up : direction === 'down' ? spec.down : null,
    effect: null,
    before: null,
    after: null,
    evidence: 0,
    histograms: { before: [], after: [] },
    changedSince: since,
    baselineVersion: '',
    becameBaseline: false,
    ...found,
  };
}
