import type { CategoryShare, Effect } from '../../core/finding.ts';
import { OUTSIDE } from '../../core/map-cells.ts';
import { binned, binsOf } from '../categories/bins.ts';
import { countsOf } from '../categories/counts.ts';
import { mixChange } from '../categories/mix-change.ts';
import { clusterMean } from '../gate/clusters.ts';
import { fisherLogP, type Proportion } from '../stats/fisher.ts';
import { newcombeInterval } from '../stats/proportion-interval.ts';
import { meanShift, type Points } from './mean-shift.ts';
import { type Projection, splitMapId } from './reference-map.ts';

/** Texts where they lie on a map, and whose they are. */
export interface ProjectedTexts {
  readonly projections: readonly Projection[];
  /** One name for rows that belong together; null: a row of its own. */
  readonly sessions: readonly (string | null)[];
}

/** What was looked at: the middle of all texts, their topics, how far out they lie, and how many beyond two levels. */
export type EmbeddingAspect = 'middle' | 'topics' | 'distance' | 'edge' | 'far_edge';

export interface EmbeddingComparison {
  readonly outcome: 'alarm' | 'quiet' | 'not_enough_data';
  /** log of the smallest p-value, after what each aspect may spend of the level. */
  readonly logP: number;
  /** The aspect with the smallest p-value among those whose effect matters, or among all. */
  readonly aspect: EmbeddingAspect | null;
  readonly effect: Effect | null;
  /** Topics that explain most of the change, the first the most. */
  readonly shares: readonly CategoryShare[];
  /** Of an edge: the shares of texts outside the usual topics. */
  readonly pair: CategoryShare | null;
  /** Rows on the map that both sides have. */
  readonly samples: { readonly baseline: number; readonly current: number };
  readonly rowsNeeded: number | null;
}

/** What each aspect may spend of the level; adds up to 1. Without coordinates the others share it. */
const SHARES: Readonly<Record<EmbeddingAspect, number>> = {
  middle: 0.2,
  topics: 0.2,
  distance: 0.1,
  edge: 0.25,
  far_edge: 0.25,
};
/** Effects that matter: a new topic of five in a hundred rows moves the middle by about that much (clinc150). */
const SHIFT_MIN = 0.02;
/** Percentiles of distance, on average. */
const DISTANCE_MIN = 0.02;
/** Share of texts beyond a level of the map. */
const EDGE_MIN = 0.005;
/** Levels that 3 and 1 % of the calibration rows lie beyond (fit-map.ts). */
const EDGES = { edge: '+++', far_edge: '++++' } as const;
const INTERVAL_Z = 1.959963984540054;
/** The laws used are those of means of many sessions. */
const SESSIONS_MIN = 50;

/**
 * Compares where two fixed sets of texts lie on one map, session by session: the middle along the map's axes, the shares of
 * its topics, the remoteness (novelty and collapse alike) and the shares beyond two levels, by Fisher's exact test. Only
 * rows on the map that most of the current rows lie on count; without 50 sessions on it on each side it is not enough
 * data. Texts without coordinates have no middle, and it costs nothing of the level. O(rows · axes + sessions · axes²).
 *
 * @param level chance of calling a difference where there is none
 */
export function compareEmbeddings(
  baseline: ProjectedTexts,
  current: ProjectedTexts,
  { level }: { level: number },
): EmbeddingComparison {
  const map = commonMap(current.projections);
  const [old, now] = [onMap(baseline, map), onMap(current, map)];
  const samples = { baseline: old.projections.length, current: now.projections.length };
  const missing = SESSIONS_MIN - Math.min(sessionsOf(old), sessionsOf(now));
  if (missing > 0) {
    const nothing = { aspect: null, effect: null, shares: [], pair: null, logP: 0 } as const;
    return { ...nothing, outcome: 'not_enough_data', samples, rowsNeeded: missing };
  }
  const topics = topicsOf(old, now);
  const found = [
    ...middleTest(old, now),
    topics.test,
    rateTest('distance', [old, now], { value: ({ distance }) => distance / 100, effectMin: DISTANCE_MIN }),
    edgeTest('edge', [old, now]),
    edgeTest('far_edge', [old, now]),
  ];
  const spent = found.reduce((sum, { aspect }) => sum + SHARES[aspect], 0);
  const tests = found.map((test) => ({
    ...test,
    logP: Math.min(0, test.logP - Math.log(SHARES[test.aspect] / spent)),
  }));
  const clear = tests.toSorted((a, b) => Number(b.isLarge) - Number(a.isLarge) || a.logP - b.logP)[0];
  const logP = Math.min(...tests.map((test) => test.logP));
  const isAlarm = clear?.isLarge === true && clear.logP <= Math.log(level);
  return {
    outcome: isAlarm ? 'alarm' : 'quiet',
    logP,
    aspect: clear?.aspect ?? null,
    effect: clear?.effect ?? null,
    shares: topics.shares,
    pair: clear?.pair ?? null,
    samples,
    rowsNeeded: null,
  };
}

interface AspectTest {
  readonly aspect: EmbeddingAspect;
  readonly logP: number;
  readonly effect: Effect;
  readonly isLarge: boolean;
  readonly pair?: CategoryShare;
}

/** The middle along the axes; nothing where a text has no coordinates. */
function middleTest(old: ProjectedTexts, now: ProjectedTexts): AspectTest[] {
  const axes = old.projections[0]?.coordinates.length ?? 0;
  const isWhole = [old, now].every(({ projections }) =>
    projections.every(({ coordinates }) => coordinates.length === axes),
  );
  if (axes === 0 || !isWhole) return [];
  const coordinatesOf = ({ coordinates }: Projection): Float32Array => coordinates;
  const shift = meanShift(pointsOf(old, coordinatesOf), pointsOf(now, coordinatesOf));
  const { value, low, high } = shift ?? { value: 0, low: 0, high: 1 };
  const effect = {
    name: 'mean_shift',
    value,
    low: Math.min(low, value),
    high: Math.max(high, value),
  } as const;
  return [{ aspect: 'middle', logP: shift?.logP ?? 0, effect, isLarge: value >= SHIFT_MIN }];
}

/** Share of texts beyond a level, each side as many rows as its sessions are worth. */
function edgeTest(
  aspect: keyof typeof EDGES,
  [old, now]: readonly [ProjectedTexts, ProjectedTexts],
): AspectTest {
  const [before, after] = [beyond(old, EDGES[aspect]), beyond(now, EDGES[aspect])];
  const { low, high } = newcombeInterval(before, after, INTERVAL_Z);
  const pair = {
    category: OUTSIDE,
    before: before.successes / before.trials,
    after: after.successes / after.trials,
  };
  const value = pair.after - pair.before;
  const effect = { name: 'rate_difference', value, low, high } as const;
  return { aspect, logP: fisherLogP(before, after), effect, isLarge: Math.abs(value) >= EDGE_MIN, pair };
}

function beyond({ projections, sessions }: ProjectedTexts, mark: string): Proportion {
  const values = projections.map(({ cell }) => (cell.endsWith(mark) ? 1 : 0));
  const clusters = sessions.map((session, row) => session || `#${row}`);
  const { mean, variance } = clusterMean({ values, clusters });
  const simple = (mean * (1 - mean)) / values.length;
  const trials = Math.max(1, Math.floor(values.length / Math.max(1, simple > 0 ? variance / simple : 1)));
  return { successes: Math.round(mean * trials), trials };
}

/** Difference of the means of a number in [0, 1]. */
function rateTest(
  aspect: 'distance',
  [old, now]: readonly [ProjectedTexts, ProjectedTexts],
  { value, effectMin }: { value: (of: Projection) => number; effectMin: number },
): AspectTest {
  const asPoint = (of: Projection): Float32Array => Float32Array.of(value(of));
  const [before, after] = [pointsOf(old, asPoint), pointsOf(now, asPoint)];
  const shift = meanShift(before, after);
  const difference = meanOf(after) - meanOf(before);
  // For one number the statistic is the squared difference, and its law says how wide the interval is.
  const z = shift === null || shift.standardError === 0 ? 0 : INTERVAL_Z * shift.standardError;
  const effect = {
    name: 'rate_difference',
    value: difference,
    low: difference - z,
    high: difference + z,
  } as const;
  return { aspect, logP: shift?.logP ?? 0, effect, isLarge: Math.abs(difference) >= effectMin };
}

/** Shares of topics, each scaled by its standard deviation as in χ²; by session, which a plain χ² cannot be. */
function topicsOf(
  old: ProjectedTexts,
  now: ProjectedTexts,
): { test: AspectTest; shares: readonly CategoryShare[] } {
  const [before, after] = [old, now].map((side) => {
    const rows = new Map<string, number>();
    for (const { topic } of side.projections) {
      const { name } = splitMapId(topic);
      rows.set(name, (rows.get(name) ?? 0) + 1);
    }
    return countsOf(rows);
  }) as [ReturnType<typeof countsOf>, ReturnType<typeof countsOf>];
  const bins = binsOf(before);
  const table = { before: binned(bins, before), after: binned(bins, after) };
  const total = old.projections.length + now.projections.length;
  const scale = table.before.map((rows, bin) =>
    Math.sqrt(total / Math.max(1, rows + (table.after[bin] ?? 0))),
  );
  const asPoint = ({ topic }: Projection): Float32Array => {
    const point = new Float32Array(scale.length);
    const bin = bins.of(splitMapId(topic).name);
    point[bin] = scale[bin] ?? 0;
    return point;
  };
  const shift = meanShift(pointsOf(old, asPoint), pointsOf(now, asPoint));
  const { effect, isLarge, shares } = mixChange(table, bins);
  return { test: { aspect: 'topics', logP: shift?.logP ?? 0, effect, isLarge }, shares };
}

function commonMap(projections: readonly Projection[]): string {
  const rows = new Map<string, number>();
  for (const { map } of projections) rows.set(map, (rows.get(map) ?? 0) + 1);
  return [...rows].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? '';
}

function onMap({ projections, sessions }: ProjectedTexts, map: string): ProjectedTexts {
  const kept = projections.flatMap((one, row) =>
    one.map === map ? [{ one, session: sessions[row] ?? null }] : [],
  );
  return { projections: kept.map(({ one }) => one), sessions: kept.map(({ session }) => session) };
}

const sessionsOf = ({ sessions }: ProjectedTexts): number =>
  new Set(sessions.map((session, row) => session || row)).size;

function pointsOf(
  { projections, sessions }: ProjectedTexts,
  of: (projection: Projection) => Float32Array,
): Points {
  return { coordinates: projections.map(of), sessions };
}

const meanOf = ({ coordinates }: Points): number =>
  coordinates.reduce((sum, [value = 0]) => sum + value, 0) / Math.max(1, coordinates.length);
