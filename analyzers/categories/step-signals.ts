import type { SignalSpec } from '../../core/signals.ts';
import type { StreamWindow } from '../../core/window.ts';
import type { Reading } from '../drift/monitor-signal.ts';
import type { FamilyContext } from '../family.ts';
import { countDown, differingAfter } from '../look.ts';
import type { Bins } from './bins.ts';
import { type CategoryState, NEW_CATEGORY_STATE } from './category-state.ts';
import { stepMix } from './category-watch.ts';
import { compareCategories, toldOf } from './compare-categories.ts';
import type { Counts } from './counts.ts';
import { deseasonedCounts } from './course.ts';
import type { CategoryOptions } from './options.ts';
import { readingOf } from './reading-of.ts';
import type { FrozenReference } from './reference.ts';

/** What a family of category signals remembers of a stream; JSON. */
export interface SignalsState {
  readonly version: 1;
  readonly signals: Readonly<Record<string, CategoryState>>;
  /** What differs from the version before, and for how many windows that is still said. */
  readonly differing: Parameters<typeof countDown>[0];
}

/** One category signal of one window. */
export interface SignalCounts {
  /** Names its state: what has another key is never compared. */
  readonly key: string;
  readonly spec: SignalSpec;
  readonly counts: Counts;
  readonly binsFrom: (reference: Counts) => Bins;
  /** State of a key that was never seen; without it, nothing is known yet. */
  readonly start?: CategoryState;
}

interface StepAt {
  readonly window: Pick<StreamWindow, 'since' | 'until' | 'sessions'>;
  readonly context: FamilyContext;
  readonly options: CategoryOptions;
}

/** Chance of calling any difference of a declared version from the one before, over all signals of a family and all streams of the version. */
const FAMILY_WISE = 0.01;

/** Steps every signal by one window; a declared version whose reference is complete is compared with the one before. */
export function stepSignals(
  state: SignalsState,
  signals: readonly SignalCounts[],
  { window, context, options }: StepAt,
): { readonly state: SignalsState; readonly readings: readonly Reading[] } {
  const next: Record<string, CategoryState> = {};
  const readings: Reading[] = [];
  const compared: Reading[] = [];
  for (const { key, spec, counts, binsFrom, start = NEW_CATEGORY_STATE } of signals) {
    const before = state.signals[key] ?? start;
    const sessions = window.sessions?.get(spec.name);
    const at = { since: window.since, until: window.until, counts, sessions };
    const settings = { level: context.levelOf(spec.name), options, binsFrom };
    const { state: after, judged } = stepMix(before, at, settings);
    next[key] = after;
    const reading = readingOf(judged, after, { spec, window: at });
    const isNew = state.signals[key]?.phase !== 'watching' && after.phase === 'watching';
    const predecessor = isNew ? predecessorOf(key, context) : null;
    if (predecessor && after.phase === 'watching') {
      const level = (FAMILY_WISE * context.versionShare) / signals.length;
      const { designEffect } = after.reference;
      const { reference } = predecessor;
      const own = after.course
        ? deseasonedCounts(after.course, reference, binsFrom(reference.counts))
        : after.reference.counts;
      compared.push(comparedReading(reading, predecessor, { own, designEffect, level, options, binsFrom }));
    } else readings.push(reading);
  }
  const counted = countDown(state.differing, readings);
  const differing = differingAfter(compared, options.acceptAfterWindows) ?? counted.differing;
  return { state: { version: 1, signals: next, differing }, readings: [...counted.readings, ...compared] };
}

/** State as it was stored; that of another version of the program is not understood, and the stream begins anew. */
export function signalsState(stored: unknown): SignalsState {
  const state = stored as SignalsState | null | undefined;
  return state?.version === 1 ? state : { version: 1, signals: {}, differing: null };
}

interface CategoryPredecessor {
  readonly version: string;
  readonly reference: FrozenReference;
}

/** The reference of the version that was in use last, of those that have one. */
function predecessorOf(key: string, { siblings }: FamilyContext): CategoryPredecessor | null {
  let best: { predecessor: CategoryPredecessor; until: number } | null = null;
  for (const sibling of siblings) {
    const of = signalsState(sibling.state).signals[key];
    if (of?.phase !== 'watching' || (best && best.until >= sibling.until)) continue;
    const { reference } = of;
    best = { predecessor: { version: sibling.key.version, reference }, until: sibling.until };
  }
  return best?.predecessor ?? null;
}

/** A declared version against the one before: the fixed-size comparison, once, when it has rows enough. */
function comparedReading(
  reading: Reading,
  predecessor: CategoryPredecessor,
  at: Pick<SignalCounts, 'binsFrom'> & {
    own: Counts;
    designEffect: number;
    level: number;
    options: CategoryOptions;
  },
): Reading {
  const { own, level, options, binsFrom } = at;
  const { reference } = predecessor;
  const designEffect = Math.max(reference.designEffect, at.designEffect);
  const settings = { level, designEffect, options, binsFrom };
  const compared = compareCategories(reference.counts, own, settings);
  return {
    ...reading,
    ...toldOf(compared, level),
    detector: 'version_comparison',
    baselineVersion: predecessor.version,
    ...(compared.outcome === 'alarm' ? { shares: compared.shares } : {}),
  };
}
