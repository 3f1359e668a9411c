import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import { GRID_ONE } from '../../core/grid.ts';
import { type GroupTable, type GroupTally, OTHER_VALUE } from '../../core/group-table.ts';
import type { Histogram } from '../../core/summary.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import {
  ANY_GROUP,
  ANY_TOPIC,
  type GroupBounds,
  type GroupQuery,
  groupBins,
  groupBounds,
  groupMoments,
  groupPairs,
  groupSignalNames,
  groupUnits,
  RATE_COUNT,
} from './group-rows.ts';

/** The groups of one stream over the span. */
export interface StreamGroups {
  readonly key: StreamKey;
  readonly table: GroupTable;
}

/** Values of one attribute told apart; beyond them nobody could look at all. */
const VALUES_MAX = 50;
/** Scores that are asked for: the most frequent. */
const SCORES_MAX = 8;
/** 50 values × 256 strata × 25 streams and attributes: bounds the answer, some 1 kB a cell. */
const CELLS_MAX = 320_000;

const numbers = z.array(z.coerce.number());
const Key = z.object({ project: z.string(), model: z.string(), version: z.string(), attribute: z.string() });
const Moments = Key.extend({
  cell_key: z.string(),
  in_units: z.coerce.number(),
  of_group: z.string(),
  stratum_key: z.string(),
  label: z.string(),
  counts: numbers,
  sums: numbers,
  squares: numbers,
});
const Units = z.object({
  cell_key: z.string(),
  units: numbers,
  unit_row_squares: numbers,
  unit_cross: numbers,
  unit_sum_squares: numbers,
});
const Bins = z.object({
  cell_key: z.string(),
  place: z.coerce.number(),
  bins: z.array(z.tuple([z.coerce.number(), z.coerce.number()])),
});
const Pairs = Key.extend({
  of_group: z.string(),
  place: z.coerce.number(),
  both: z.coerce.number(),
  group_only: z.coerce.number(),
  rest_only: z.coerce.number(),
  neither: z.coerce.number(),
});
const Bounded = z.object({
  kind: z.enum(['value', 'stratum', 'score', 'pairs', 'units', 'strangers']),
  key: z.string(),
  name: z.string(),
});

/**
 * What each group of each stream got in [since, until), by stratum and signal: sums and bins, pairs apart. By
 * stream, in order; its tallies in none. A stream without an inference that has a group is not there. Three passes over the
 * narrow columns of the span's inferences, and one over those in pairs; topics are looked up where an inference has one.
 */
export async function groupStrata(store: Store, query: GroupQuery): Promise<StreamGroups[]> {
  const asked = paramsOf(query);
  const hasTopics = (await store.rows(ANY_TOPIC, asked)).length > 0;
  const bounded = z.array(Bounded).parse(await store.rows(groupBounds(hasTopics), asked));
  const has = (kind: z.infer<typeof Bounded>['kind']) => bounded.some((row) => row.kind === kind);
  if (!has('value')) return [];
  const bounds = boundsOf(bounded, query.scores);
  const params = { ...asked, ...bounds };
  const shape = { scoreCount: bounds.scores.length, hasTopics, label: query.label };
  // One after another: an embedded engine does one thing at a time.
  const moments = z.array(Moments).parse(await store.rows(groupMoments(shape), params));
  const units = has('units') ? z.array(Units).parse(await store.rows(groupUnits(shape), params)) : [];
  const bins = z.array(Bins).parse(await store.rows(groupBins(shape), params));
  const pairs = has('pairs') ? z.array(Pairs).parse(await store.rows(groupPairs(shape), params)) : [];
  const strata = new Map(
    bounded.filter(({ kind }) => kind === 'stratum').map(({ key, name }) => [key, name]),
  );
  return tablesOf({ moments, units, bins, pairs, strata }, groupSignalNames(bounds.scores));
}

/**
 * Whether any inference in [since, until) has a group. It reads a number an inference of those minutes, and stops at the first:
 * most installations have none, and are asked nothing else.
 */
export async function hasGroups(
  store: Store,
  { stream, since, until }: Pick<GroupQuery, 'stream' | 'since' | 'until'>,
): Promise<boolean> {
  const of = { strataBy: [], bucketSeconds: 1, pairBy: '', label: null, scores: null, strataMax: 0 };
  return (await store.rows(ANY_GROUP, paramsOf({ stream, since, until, ...of }))).length > 0;
}

function paramsOf({ stream, since, until, ...query }: GroupQuery): Record<string, unknown> {
  return {
    is_any_version: (stream?.version ?? null) === null ? 1 : 0,
    project: stream?.project ?? '',
    model: stream?.model ?? '',
    version: stream?.version ?? '',
    since: toSqlInstant(since),
    until: toSqlInstant(until),
    strata_by: query.strataBy,
    bucket_s: Math.max(1, query.bucketSeconds),
    pair_by: query.pairBy,
    label: query.label?.name ?? '',
    label_yes: query.label?.yes ?? '',
    label_from: query.label?.from ?? 0,
    values_max: VALUES_MAX,
    strata_max: query.strataMax,
    scores_max: SCORES_MAX,
    cells_max: CELLS_MAX,
  };
}

function boundsOf(rows: readonly z.infer<typeof Bounded>[], scores: readonly string[] | null): GroupBounds {
  const of = (kind: z.infer<typeof Bounded>['kind']) => rows.filter((row) => row.kind === kind);
  return {
    values: of('value').map(({ key }) => key),
    strata: of('stratum').map(({ key }) => key),
    scores: [...(scores ?? of('score').map(({ name }) => name))].sort(),
  };
}

interface Answers {
  readonly moments: readonly z.infer<typeof Moments>[];
  readonly units: readonly z.infer<typeof Units>[];
  readonly bins: readonly z.infer<typeof Bins>[];
  readonly pairs: readonly z.infer<typeof Pairs>[];
  /** Names of strata by hash. */
  readonly strata: ReadonlyMap<string, string>;
}

function tablesOf(
  { moments, units, bins, pairs, strata }: Answers,
  names: readonly string[],
): StreamGroups[] {
  const streams = new Map<
    string,
    { key: StreamKey; tallies: GroupTally[]; pairs: GroupTable['pairs'][number][] }
  >();
  const streamOf = ({ project, model, version }: z.infer<typeof Key>) => {
    const name = JSON.stringify([project, model, version]);
    const known = streams.get(name);
    if (known) return known;
    const made = { key: { project, model, version, segment: '' }, tallies: [], pairs: [] };
    streams.set(name, made);
    return made;
  };
  const histograms = new Map(bins.map((row) => [`${row.cell_key} ${row.place}`, row.bins]));
  for (const row of wholeCells(moments, units)) {
    const { tallies } = streamOf(row);
    const stratum = [
      ...(row.label === '' ? [] : [row.label]),
      strata.get(row.stratum_key) ?? OTHER_VALUE,
    ].join('\n');
    names.forEach((signal, index) => {
      const seen = histograms.get(`${row.cell_key} ${index + 1}`);
      const tally = tallyOf(row, { signal, index, bins: seen ?? [], stratum });
      if (tally.count > 0) tallies.push(tally);
    });
  }
  for (const row of pairs) {
    const { attribute, of_group: value, both, neither, group_only: groupOnly, rest_only: restOnly } = row;
    const signal = names[row.place - 1];
    if (signal === undefined) continue;
    streamOf(row).pairs.push({ attribute, value, signal, both, neither, groupOnly, restOnly });
  }
  return [...streams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { key, ...table }]) => ({ key, table }));
}

type Sums = Omit<z.infer<typeof Units>, 'cell_key'>;
type Cell = z.infer<typeof Moments> & Sums;

/** A cell has a row for its inferences in units and one for those alone, each of which is a unit. */
function wholeCells(
  moments: readonly z.infer<typeof Moments>[],
  units: readonly z.infer<typeof Units>[],
): Cell[] {
  const together = new Map(units.map((row) => [row.cell_key, row]));
  const cells = new Map<string, Cell>();
  for (const row of moments) {
    const { counts, sums, squares } = row;
    const alone = { units: counts, unit_row_squares: counts, unit_cross: sums, unit_sum_squares: squares };
    const part = { ...row, ...(row.in_units ? (together.get(row.cell_key) ?? alone) : alone) };
    const other = cells.get(row.cell_key);
    cells.set(row.cell_key, other ? added(part, other) : part);
  }
  return [...cells.values()];
}

function added(a: Cell, b: Cell): Cell {
  const plus = (of: keyof Sums | 'counts' | 'sums' | 'squares') =>
    a[of].map((one, index) => one + (b[of][index] ?? 0));
  return {
    ...a,
    counts: plus('counts'),
    sums: plus('sums'),
    squares: plus('squares'),
    units: plus('units'),
    unit_row_squares: plus('unit_row_squares'),
    unit_cross: plus('unit_cross'),
    unit_sum_squares: plus('unit_sum_squares'),
  };
}

function tallyOf(
  row: Cell,
  { signal, index, bins, stratum }: { signal: string; index: number; bins: Histogram; stratum: string },
): GroupTally {
  const at = (values: readonly number[]) => values[index] ?? 0;
  const [count, sum] = [at(row.counts), at(row.sums)];
  return {
    attribute: row.attribute,
    value: row.of_group,
    stratum,
    signal,
    count,
    bins: index < RATE_COUNT ? rateBins(count, sum) : bins,
    sum,
    sumSquares: at(row.squares),
    units: at(row.units),
    unitRowSquares: at(row.unit_row_squares),
    unitCross: at(row.unit_cross),
    unitSumSquares: at(row.unit_sum_squares),
  };
}

function rateBins(count: number, events: number): Histogram {
  const bins: Histogram = [
    [0, count - events],
    [GRID_ONE, events],
  ];
  return bins.filter(([, rows]) => rows > 0);
}
