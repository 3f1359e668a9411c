import { OTHER_VALUE } from '../../core/group-table.ts';
import { signalSpec } from '../../core/signals.ts';
import { type Bins, binned, binsOf } from '../categories/bins.ts';
import { type CategoryComparison, compareCategories, toldOf } from '../categories/compare-categories.ts';
import { type Counts, countsOf } from '../categories/counts.ts';
import {
  compareEmbeddings,
  type EmbeddingComparison,
  type ProjectedTexts,
} from '../embeddings/compare-embeddings.ts';
import { splitMapId } from '../embeddings/reference-map.ts';
import { compareGroups, type GroupComparison } from '../fairness/compare-groups.ts';
import { DEFAULT_FAIRNESS_OPTIONS } from '../fairness/options.ts';
import { clusterMean } from './clusters.ts';
import type { Change, ComparisonFamily } from './gate.ts';
import { groupTableOf } from './group-table-of.ts';
import { type GateSide, NOWHERE } from './side.ts';

const NO_HISTOGRAMS: Change['histograms'] = { before: [], after: [] };

/** D3 at a fixed size: how the mixes of the wire and of texts differ. */
const CATEGORIES: ComparisonFamily = {
  name: 'categories',
  compare: ({ baseline, candidate }, { familyWise }) => {
    const signals = signalsOf(baseline, candidate).filter((name) => signalSpec(name).source !== 'map');
    return signals.map((signal) =>
      mixChangeOf(signal, [valuesOf(baseline, signal), valuesOf(candidate, signal)], {
        level: familyWise / signals.length,
      }),
    );
  },
};

/** D4 at a fixed size: where texts lie on the map that both sides have. */
const EMBEDDINGS: ComparisonFamily = {
  name: 'embeddings',
  compare: ({ baseline, candidate }, { familyWise }) =>
    (['prompt', 'response'] as const).flatMap((of) => {
      const [old, now] = [textsOf(baseline, of), textsOf(candidate, of)];
      if (old.projections.length === 0 || now.projections.length === 0) return [];
      // Half of the level for each side of an inference.
      return [textChangeOf(of, compareEmbeddings(old, now, { level: familyWise / 2 }), familyWise / 2)];
    }),
};

/** D5 at a fixed size: groups that the candidate treats otherwise, against the rest, than the baseline does. */
const GROUPS: ComparisonFamily = {
  name: 'groups',
  compare: ({ baseline, candidate }, { familyWise }) =>
    compareGroups(groupTableOf(baseline), groupTableOf(candidate), {
      familyWise,
      fairness: DEFAULT_FAIRNESS_OPTIONS,
    })
      .filter(({ value }) => value !== OTHER_VALUE)
      .map((compared) => groupChangeOf(compared, familyWise)),
};

/** What else may differ between two sides, beside their signals. */
export const GATE_FAMILIES: readonly ComparisonFamily[] = [CATEGORIES, EMBEDDINGS, GROUPS];

const OUTCOMES = {
  worse: 'alarm',
  better: 'alarm',
  same: 'quiet',
  not_enough_data: 'not_enough_data',
} as const;
const VERDICTS = { worse: 'regression', better: 'improvement', same: null, not_enough_data: null } as const;

/** Before and after are what the group got: the effect is what lies between it and the rest now. */
function groupChangeOf(compared: GroupComparison, familyWise: number): Change {
  const { attribute, value, signal, outcome, baseline, candidate, rowsNeeded, logP } = compared;
  return {
    signal,
    family: 'bias',
    detector: 'disparity',
    segment: `${attribute}=${value}`,
    outcome: OUTCOMES[outcome],
    direction: candidate?.side ?? null,
    verdict: VERDICTS[outcome],
    effect: candidate?.effect ?? null,
    before: baseline?.group ?? null,
    after: candidate?.group ?? null,
    samples: { baseline: baseline?.rows.group ?? 0, current: candidate?.rows.group ?? 0 },
    rowsNeeded,
    histograms: NO_HISTOGRAMS,
    evidence: Math.exp(Math.min(700, Math.log(familyWise) - logP)),
  };
}

/** A category signal of one side: a value and a unit for each row that has one. */
interface Labels {
  readonly values: readonly string[];
  readonly units: readonly string[];
}

/** Category signals that either side has a value of, in order. */
function signalsOf(...sides: readonly GateSide[]): string[] {
  const names = new Set<string>();
  for (const { categories } of sides)
    for (const row of categories)
      for (const [name, value] of Object.entries(row)) if (value !== '') names.add(name);
  return [...names].sort();
}

function valuesOf({ categories, units }: GateSide, signal: string): Labels {
  const rows = categories.flatMap((row, index) => {
    const value = row[signal] ?? '';
    return value === '' ? [] : [{ value, unit: units[index] ?? '' }];
  });
  return { values: rows.map(({ value }) => value), units: rows.map(({ unit }) => unit) };
}

function textsOf(
  { categories, columns, units, places }: GateSide,
  of: 'prompt' | 'response',
): ProjectedTexts {
  const rows = categories.flatMap((row, index) => {
    const cell = row[`${of}_cell`] ?? '';
    const distance = columns.get(`${of}_distance`)?.[index] ?? Number.NaN;
    if (cell === '' || Number.isNaN(distance)) return [];
    const { map } = splitMapId(cell);
    const { [of]: coordinates } = places[index] ?? NOWHERE;
    const projection = { map, coordinates, distance, cell, topic: row[`${of}_topic`] ?? '' };
    return [{ projection, unit: units[index] ?? '' }];
  });
  return { projections: rows.map(({ projection }) => projection), sessions: rows.map(({ unit }) => unit) };
}

/** Which signal speaks for what a comparison of texts looked at. */
const SIGNAL_OF = {
  edge: 'cell',
  far_edge: 'cell',
  topics: 'topic',
  distance: 'distance',
  middle: 'topic',
} as const;

function textChangeOf(of: 'prompt' | 'response', found: EmbeddingComparison, level: number): Change {
  const { outcome, aspect, effect, shares, pair, samples, rowsNeeded, logP } = found;
  const signal = `${of}_${SIGNAL_OF[aspect ?? 'topics']}`;
  const isMix = aspect !== 'distance';
  const rose = (effect?.value ?? 0) >= 0 ? ('up' as const) : ('down' as const);
  const told = aspect === 'topics' ? shares : pair ? [pair] : [];
  return {
    signal,
    family: signalSpec(signal).family,
    detector: 'embedding',
    outcome,
    direction: aspect === null ? null : isMix ? 'mix' : rose,
    verdict: aspect === null ? null : 'change',
    effect,
    before: told[0]?.before ?? null,
    after: told[0]?.after ?? null,
    samples,
    rowsNeeded,
    histograms: NO_HISTOGRAMS,
    evidence: Math.exp(Math.min(700, Math.log(level) - logP)),
    ...(isMix && told.length > 0 ? { shares: told } : {}),
  };
}

function mixChangeOf(
  signal: string,
  [before, after]: readonly [Labels, Labels],
  { level }: { level: number },
): Change {
  const [old, now] = [countsIn(before.values), countsIn(after.values)];
  const bins = binsOf(old);
  const designEffect = Math.max(designEffectOf(before, bins), designEffectOf(after, bins));
  const found = compareCategories(old, now, { level, designEffect });
  return { signal, family: signalSpec(signal).family, ...told(found, level) };
}

function told(found: CategoryComparison, level: number): Omit<Change, 'signal' | 'family'> {
  return {
    detector: 'category',
    ...toldOf(found, level),
    histograms: NO_HISTOGRAMS,
    ...(found.outcome === 'not_enough_data' ? {} : { shares: found.shares }),
  };
}

function countsIn(values: readonly string[]): Counts {
  const rows = new Map<string, number>();
  for (const value of values) rows.set(value, (rows.get(value) ?? 0) + 1);
  return countsOf(rows);
}

/**
 * φ̂ of Rao & Scott (1984), first order: how much more the shares vary than those of independent rows would, by the
 * variance between units; 1 where every row is its own unit.
 */
function designEffectOf({ values, units }: Labels, bins: Bins): number {
  if (values.length === 0 || new Set(units).size === values.length) return 1;
  const rows = binned(bins, countsIn(values));
  let [sum, df] = [0, -1];
  for (const [bin, count] of rows.entries()) {
    if (count === 0) continue;
    const share = count / values.length;
    const simple = (share * (1 - share)) / values.length;
    df++;
    if (simple === 0) continue;
    const { variance } = clusterMean({
      values: values.map((value) => (bins.of(value) === bin ? 1 : 0)),
      clusters: units,
    });
    sum += (1 - share) * (variance / simple);
  }
  return df < 1 ? 1 : Math.max(1, sum / df);
}
