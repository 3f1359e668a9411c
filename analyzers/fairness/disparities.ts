import { AppError } from '../../core/errors.ts';
import type { StreamKey } from '../../core/finding.ts';
import { GRID_ONE } from '../../core/grid.ts';
import { type GroupTable, OTHER_VALUE } from '../../core/group-table.ts';
import { DISPARITY_PREFIX } from '../../core/signals.ts';
import type { Histogram } from '../../core/summary.ts';
import type { DetectorFamily, FamilyContext, FamilyReading } from '../family.ts';
import { addScatter, designEffectOf, NO_SCATTER, type Scatter, scatterOf } from './design-effect.ts';
import { noisy } from './disparities-of.ts';
import { type Gap, rowsMissing } from './gap.ts';
import { DEFAULT_FAIRNESS_OPTIONS, type FairnessOptions } from './options.ts';
import { shrunk } from './shrink.ts';
import { type GroupSignal, groupSignals, nameOf, sumOf } from './strata.ts';
import { called, type GroupWatch, type WatchStep, watchGroup } from './watch-group.ts';

/** What the family needs of the store. */
export interface GroupSource {
  /** Groups of one stream in [since, until). */
  read(key: StreamKey, range: { readonly since: Date; readonly until: Date }): Promise<GroupTable>;
}

/** What is remembered of a stream's groups. JSON. */
export interface DisparityState {
  readonly version: 1;
  /** By attribute: its values that are judged, in order of admission. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** By name of a group's signal (strata.ts). */
  readonly groups: Readonly<Record<string, GroupWatch>>;
  /** By signal. */
  readonly scatter: Readonly<Record<string, Scatter>>;
}

const NOTHING: DisparityState = { version: 1, values: {}, groups: {}, scatter: {} };
/** What is remembered of a group that no longer comes, and has faded to less than a row, is forgotten. */
const ROWS_KEPT_MIN = 1;

/**
 * D5: what a group gets against the rest, like with like, by signal. It needs no baseline: the null is "within four fifths",
 * so that what was unfair from the first day is found too. Readings are of the segment `attribute=value`; segments of a
 * stream have none of their own.
 */
export function createDisparities(
  source: GroupSource,
  options: FairnessOptions = DEFAULT_FAIRNESS_OPTIONS,
): DetectorFamily {
  return {
    name: 'disparities',
    async step(stored, window, context) {
      if (window.key.segment !== '') return { state: null, readings: [] };
      const state = checkState(stored);
      const { since, until } = window;
      const table = await source.read(window.key, { since, until });
      if (table.tallies.length + table.pairs.length === 0 && state === NOTHING) {
        return { state: null, readings: [] };
      }
      return stepGroups(state, table, { window: { since, until }, context, options });
    },
  };
}

/** State as it was stored. @throws AppError `unsupported` when another version of Plumbline wrote it */
export function checkState(stored: unknown): DisparityState {
  if (stored === null || stored === undefined) return NOTHING;
  const state = stored as DisparityState;
  if (state.version !== 1) {
    throw new AppError('unsupported', 'the state of the disparities was written by another version', {
      version: state.version,
    });
  }
  return state;
}

interface StepAt {
  readonly window: { readonly since: Date; readonly until: Date };
  readonly context: FamilyContext;
  readonly options: FairnessOptions;
}

/** One window of all groups of a stream. */
export function stepGroups(
  state: DisparityState,
  table: GroupTable,
  at: StepAt,
): { state: DisparityState; readings: FamilyReading[] } {
  const { options, context, window } = at;
  const values = admit(state.values, table, options);
  const scatter = addedScatter(state.scatter, table);
  const present = groupSignals(bounded(table, values)).filter(({ value }) => value !== OTHER_VALUE);
  const groups = Object.values(values).reduce((sum, ofAttribute) => sum + ofAttribute.length, 0);
  const stepped = present.map((signal) => ({
    signal,
    step: watchGroup(state.groups[nameOf(signal)] ?? null, signal, {
      window,
      level: context.levelOf(`${DISPARITY_PREFIX}${signal.signal}`) / Math.max(1, groups),
      designEffect: designEffectOf(scatter[signal.signal] ?? NO_SCATTER),
      isMirrored: values[signal.attribute]?.length === 2 && !hasOther(table, values, signal.attribute),
      options,
    }),
  }));
  const judged = stepped.map((one) => ({ ...one, step: judge(one, stepped, options) }));
  const readings = judged.map(({ signal, step }) =>
    readingOf(signal, step, { ...at, designEffect: designEffectOf(scatter[signal.signal] ?? NO_SCATTER) }),
  );
  const watched = Object.fromEntries(judged.map(({ signal, step }) => [nameOf(signal), step.watch]));
  const absent = Object.entries(state.groups).filter(
    ([name, { long }]) => !Object.hasOwn(watched, name) && long.group.rows >= ROWS_KEPT_MIN,
  );
  return {
    state: { version: 1, values, groups: { ...Object.fromEntries(absent), ...watched }, scatter },
    readings: [...readings, ...absent.map(([name, watch]) => absentReading(name, watch, at))],
  };
}

/** A candidate is called if it stays large after the other groups of its attribute have been looked at. */
function judge(
  { signal, step }: { signal: GroupSignal; step: WatchStep },
  all: readonly { signal: GroupSignal; step: WatchStep }[],
  options: FairnessOptions,
): WatchStep {
  if (step.outcome !== 'candidate' || !step.gap) return step;
  const others = all.filter(
    (one) => one.signal.attribute === signal.attribute && one.signal.signal === signal.signal,
  );
  const sizes = shrunk(others.map((one) => noisy(one.step.gap, options)));
  const size = sizes[others.findIndex((one) => one.step === step)] ?? 0;
  return Math.abs(size) >= step.gap.sizeMin ? called(step) : { ...step, outcome: 'quiet' };
}

/** Values that are judged: the first that come, within the bounds; a new one of an attribute takes a free place. */
function admit(
  before: DisparityState['values'],
  table: GroupTable,
  { valuesMax, groupsMax }: FairnessOptions,
): Record<string, readonly string[]> {
  const values: Record<string, string[]> = {};
  for (const [attribute, known] of Object.entries(before)) values[attribute] = [...known];
  let groups = Object.values(values).reduce((sum, known) => sum + known.length, 0);
  const rows = new Map<string, { attribute: string; value: string; count: number }>();
  for (const { attribute, value, count } of table.tallies) {
    const name = JSON.stringify([attribute, value]);
    rows.set(name, { attribute, value, count: (rows.get(name)?.count ?? 0) + count });
  }
  for (const { attribute, value } of table.pairs) {
    const name = JSON.stringify([attribute, value]);
    if (!rows.has(name)) rows.set(name, { attribute, value, count: 0 });
  }
  const largestFirst = [...rows.values()].sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  for (const { attribute, value } of largestFirst) {
    if (value === OTHER_VALUE || groups >= groupsMax) continue;
    values[attribute] ??= [];
    const known = values[attribute];
    if (known.includes(value) || known.length >= valuesMax) continue;
    known.push(value);
    groups++;
  }
  return values;
}

/** The table with values that are not admitted taken together: they are the rest, and no group. */
function bounded(table: GroupTable, values: Readonly<Record<string, readonly string[]>>): GroupTable {
  const isIn = ({ attribute, value }: { attribute: string; value: string }) =>
    values[attribute]?.includes(value) === true;
  return {
    tallies: table.tallies.map((tally) => (isIn(tally) ? tally : { ...tally, value: OTHER_VALUE })),
    pairs: table.pairs.filter(isIn),
  };
}

function hasOther(
  table: GroupTable,
  values: Readonly<Record<string, readonly string[]>>,
  attribute: string,
): boolean {
  return table.tallies.some(
    (tally) => tally.attribute === attribute && !values[attribute]?.includes(tally.value),
  );
}

function addedScatter(before: DisparityState['scatter'], table: GroupTable): Record<string, Scatter> {
  const after: Record<string, Scatter> = { ...before };
  for (const [signal, own] of scatterOf(table)) after[signal] = addScatter(after[signal] ?? NO_SCATTER, own);
  return after;
}

function readingOf(
  signal: GroupSignal,
  { spec, gap, outcome, evidence, since: began }: WatchStep,
  { window, options, designEffect }: StepAt & { designEffect: number },
): FamilyReading {
  const isStanding = outcome === 'standing';
  const missing = isStanding ? 0 : rowsMissing(gap, options, designEffect);
  const nothing = {
    ...tellingNothing(signal, { spec, window }),
    histograms: histogramsOf(signal, gap),
    rowsNeeded: Math.max(1, missing),
  };
  if (!gap) return nothing;
  const { rows, rest, group, side, effect } = gap;
  const samples = { baseline: Math.round(rows.rest), current: Math.round(rows.group) };
  const measured = { ...nothing, before: rest, after: group, samples };
  if (missing > 0) return measured;
  return {
    ...measured,
    outcome: isStanding ? 'alarm' : 'quiet',
    direction: side,
    verdict: spec[side],
    // Without a single event on either side there is no ratio.
    effect: Number.isFinite(effect.value) ? effect : null,
    evidence,
    changedSince: isStanding ? began : window.since,
    rowsNeeded: null,
  };
}

/** Of a rate all that the gap is made of; of a number the window alone. */
function histogramsOf(
  { kind, strata }: GroupSignal,
  gap: Gap | null,
): { before: Histogram; after: Histogram } {
  if (kind === 'rate' && gap) {
    const bars = (rate: number, rows: number): Histogram => {
      const events = Math.round(rate * rows);
      return [
        [0, Math.round(rows) - events],
        [GRID_ONE, events],
      ];
    };
    return { before: bars(gap.rest, gap.rows.rest), after: bars(gap.group, gap.rows.group) };
  }
  return { before: sumOf(strata.map(({ rest }) => rest)), after: sumOf(strata.map(({ group }) => group)) };
}

function absentReading(name: string, watch: GroupWatch, { window, options }: StepAt): FamilyReading {
  const [attribute, value, signal] = JSON.parse(name) as [string, string, string];
  const spec = { name: `${DISPARITY_PREFIX}${signal}`, family: 'bias' } as const;
  const rows = { baseline: Math.round(watch.long.rest.rows), current: 0 };
  return {
    ...tellingNothing({ attribute, value }, { spec, window }),
    samples: rows,
    rowsNeeded: options.eventsMin,
  };
}

function tellingNothing(
  { attribute, value }: Pick<GroupSignal, 'attribute' | 'value'>,
  { spec, window }: { spec: Pick<WatchStep['spec'], 'name' | 'family'>; window: StepAt['window'] },
): FamilyReading {
  return {
    segment: `${attribute}=${value}`,
    signal: spec.name,
    family: spec.family,
    detector: 'disparity',
    since: window.since,
    until: window.until,
    outcome: 'not_enough_data',
    direction: null,
    verdict: null,
    effect: null,
    before: null,
    after: null,
    evidence: 0,
    samples: { baseline: 0, current: 0 },
    histograms: { before: [], after: [] },
    changedSince: window.since,
    baselineVersion: '',
    becameBaseline: false,
    rowsNeeded: null,
  };
}
