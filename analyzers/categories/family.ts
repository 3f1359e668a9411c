import { SIGNALS, type SignalSpec } from '../../core/signals.ts';
import type { StreamWindow } from '../../core/window.ts';
import type { Reading } from '../drift/monitor-signal.ts';
import type { DetectorFamily, FamilyContext } from '../family.ts';
import { countDown, differingAfter } from '../look.ts';
import { binsOf } from './bins.ts';
import { type CategoryState, NEW_CATEGORY_STATE, stepMix } from './category-watch.ts';
import { compareCategories } from './compare-categories.ts';
import { type Counts, countsOf } from './counts.ts';
import { type CategoryOptions, DEFAULT_CATEGORY_OPTIONS } from './options.ts';
import { readingOf } from './reading-of.ts';

/** What the family remembers of a stream; JSON. */
interface FamilyState {
  readonly version: 1;
  readonly signals: Readonly<Record<string, CategoryState>>;
  /** What differs from the version before, and for how many windows that is still said. */
  readonly differing: Parameters<typeof countDown>[0];
}

const NEW_STATE: FamilyState = { version: 1, signals: {}, differing: null };
/** Category signals of the wire and of texts; those of embeddings are compared within one reference map (embeddings/). */
const WATCHED: ReadonlyMap<string, SignalSpec> = new Map(
  SIGNALS.filter(({ kind, source }) => kind === 'category' && source !== 'embedding').map((spec) => [
    spec.name,
    spec,
  ]),
);
/** Chance of calling any difference of a declared version from the one before, over all category signals together. */
const FAMILY_WISE = 0.01;

/** D3: how the mix of every category signal changes, against a reference that each stream makes of its own first windows. */
export function categoryFamily(options: CategoryOptions = DEFAULT_CATEGORY_OPTIONS): DetectorFamily {
  return {
    name: 'categories',
    step: (stored, window, context) =>
      Promise.resolve(stepFamily(stateFrom(stored), window, { context, options })),
  };
}

interface Settings {
  readonly context: FamilyContext;
  readonly options: CategoryOptions;
}

function stepFamily(state: FamilyState, window: StreamWindow, { context, options }: Settings) {
  const signals: Record<string, CategoryState> = { ...state.signals };
  const names = [...WATCHED.keys()].filter(
    (name) => Object.hasOwn(signals, name) || (window.categories.get(name)?.size ?? 0) > 0,
  );
  const readings: Reading[] = [];
  const compared: Reading[] = [];
  for (const name of names) {
    const spec = WATCHED.get(name);
    if (!spec) continue;
    const before = signals[name] ?? NEW_CATEGORY_STATE;
    const counts = countsOf(window.categories.get(name) ?? new Map());
    const at = { since: window.since, until: window.until, counts };
    const { state: after, judged } = stepMix(before, at, {
      spec,
      level: context.levelOf(name),
      options,
      binsFrom: binsOf,
    });
    signals[name] = after;
    const reading = readingOf(judged, after, { spec, window: at });
    const predecessor =
      before.phase === 'gathering' && after.phase === 'watching' ? predecessorOf(name, context) : null;
    if (predecessor && after.phase === 'watching') {
      const level = FAMILY_WISE / WATCHED.size;
      const { counts: own, designEffect } = after.reference;
      compared.push(comparedReading(reading, predecessor, { own, designEffect, level, options }));
    } else readings.push(reading);
  }
  const counted = countDown(state.differing, readings);
  const differing = differingAfter(compared, options.acceptAfterWindows) ?? counted.differing;
  const next: FamilyState = { version: 1, signals, differing };
  return { state: next, readings: [...counted.readings, ...compared] };
}

interface CategoryPredecessor {
  readonly version: string;
  readonly counts: Counts;
  readonly designEffect: number;
}

/** The reference of the version that was in use last, of those that have one. */
function predecessorOf(signal: string, { siblings }: FamilyContext): CategoryPredecessor | null {
  let best: { predecessor: CategoryPredecessor; until: number } | null = null;
  for (const { key, state, until } of siblings) {
    const of = stateFrom(state).signals[signal];
    if (of?.phase !== 'watching' || (best && best.until >= until)) continue;
    const { counts, designEffect } = of.reference;
    best = { predecessor: { version: key.version, counts, designEffect }, until };
  }
  return best?.predecessor ?? null;
}

/** A declared version against the one before: the fixed-size comparison, once, when it has rows enough. */
function comparedReading(
  reading: Reading,
  predecessor: CategoryPredecessor,
  at: { own: Counts; designEffect: number; level: number; options: CategoryOptions },
): Reading {
  const { own, level, options } = at;
  const designEffect = Math.max(predecessor.designEffect, at.designEffect);
  const { outcome, effect, shares, samples, logP, rowsNeeded } = compareCategories(predecessor.counts, own, {
    level,
    designEffect,
    options,
  });
  const isMeasured = outcome !== 'not_enough_data';
  return {
    ...reading,
    detector: 'version_comparison',
    outcome,
    direction: isMeasured ? 'mix' : null,
    verdict: isMeasured ? 'change' : null,
    effect,
    before: shares[0]?.before ?? null,
    after: shares[0]?.after ?? null,
    evidence: Math.exp(Math.min(700, Math.log(level) - logP)),
    samples,
    rowsNeeded,
    baselineVersion: predecessor.version,
    ...(outcome === 'alarm' ? { shares } : {}),
  };
}

/** State of another version of the program is not understood: the stream begins anew. */
function stateFrom(stored: unknown): FamilyState {
  const state = stored as FamilyState | null;
  return state?.version === 1 ? state : NEW_STATE;
}
