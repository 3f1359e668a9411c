import type { CategoryShare, Effect } from '../../core/finding.ts';
import { binned, binsOf } from '../categories/bins.ts';
import { countsOf } from '../categories/counts.ts';
import { mixChange } from '../categories/mix-change.ts';
import { meanShift, type Points } from './mean-shift.ts';
import { type Projection, splitMapId } from './reference-map.ts';

/** Texts where they lie on a map, and whose they are. */
export interface ProjectedTexts {
  readonly projections: readonly Projection[];
  /** One name for rows that belong together; null: a row of its own. */
  readonly sessions: readonly (string | null)[];
}

/** What was looked at: the middle of all texts, their topics, how far out they lie, and how many lie beyond the edge. */
export type EmbeddingAspect = 'middle' | 'topics' | 'distance' | 'edge';

export interface EmbeddingComparison {
  readonly outcome: 'alarm' | 'quiet' | 'not_enough_data';
  /** log of the smallest p-value, after what each aspect may spend of the level. */
  readonly logP: number;
  /** The aspect with the smallest p-value among those whose effect matters, or among all. */
  readonly aspect: EmbeddingAspect | null;
  readonly effect: Effect | null;
  /** Topics that explain most of the change, the first the most. */
  readonly shares: readonly CategoryShare[];
  /** Rows on the map that both sides have. */
  readonly samples: { readonly baseline: number; readonly current: number };
  readonly rowsNeeded: number | null;
}

/** What each aspect may spend of the level; adds up to 1. */
const SHARES: Readonly<Record<EmbeddingAspect, number>> = {
  middle: 0.4,
  topics: 0.3,
  distance: 0.1,
  edge: 0.2,
};
/** Effects that matter: a new topic of five in a hundred rows moves the middle by about that much (clinc150). */
const SHIFT_MIN = 0.02;
/** Percentiles of distance, on average. */
const DISTANCE_MIN = 0.02;
/** Share of texts beyond the edge of the reference. */
const EDGE_MIN = 0.01;
/** The laws used are those of means of many sessions. */
const SESSIONS_MIN = 50;

/**
 * Compares where two fixed sets of texts lie on one map, session by session: the middle along the map's axes, the shares of
 * its topics, the distance to the nearest centre (novelty and collapse alike) and the share beyond the outer level. Only
 * rows on the map that most of the current rows lie on count; without 50 sessions on it on each side it is not enough
 * data. O(rows · axes + sessions · axes²).
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
    const nothing = { aspect: null, effect: null, shares: [], logP: 0 } as const;
    return { ...nothing, outcome: 'not_enough_data', samples, rowsNeeded: missing };
  }
  const topics = topicsOf(old, now);
  const tests = [
    shiftTest(
      'middle',
      pointsOf(old, ({ coordinates }) => coordinates),
      pointsOf(now, ({ coordinates }) => coordinates),
    ),
    topics.test,
    rateTest('distance', [old, now], { value: ({ distance }) => distance / 100, effectMin: DISTANCE_MIN }),
    rateTest('edge', [old, now], {
      value: ({ cell }) => (cell.endsWith('+++') ? 1 : 0),
      effectMin: EDGE_MIN,
    }),
  ].map((test) => ({ ...test, logP: Math.min(0, test.logP - Math.log(SHARES[test.aspect])) }));
  const clear = tests.toSorted((a, b) => Number(b.isLarge) - Number(a.isLarge) || a.logP - b.logP)[0];
  const logP = Math.min(...tests.map((test) => test.logP));
  const isAlarm = clear?.isLarge === true && clear.logP <= Math.log(level);
  return {
    outcome: isAlarm ? 'alarm' : 'quiet',
    logP,
    aspect: clear?.aspect ?? null,
    effect: clear?.effect ?? null,
    shares: topics.shares,
    samples,
    rowsNeeded: null,
  };
}

interface AspectTest {
  readonly aspect: EmbeddingAspect;
  readonly logP: number;
  readonly effect: Effect;
  readonly isLarge: boolean;
}

function shiftTest(aspect: 'middle', baseline: Points, current: Points): AspectTest {
  const shift = meanShift(baseline, current);
  const { value, low, high } = shift ?? { value: 0, low: 0, high: 1 };
  const effect = {
    name: 'mean_shift',
    value,
    low: Math.min(low, value),
    high: Math.max(high, value),
  } as const;
  return { aspect, logP: shift?.logP ?? 0, effect, isLarge: value >= SHIFT_MIN };
}

/** Difference of the means of a number in [0, 1]. */
function rateTest(
  aspect: 'distance' | 'edge',
  [old, now]: readonly [ProjectedTexts, ProjectedTexts],
  { value, effectMin }: { value: (of: Projection) => number; effectMin: number },
): AspectTest {
  const asPoint = (of: Projection): Float32Array => Float32Array.of(value(of));
  const [before, after] = [pointsOf(old, asPoint), pointsOf(now, asPoint)];
  const shift = meanShift(before, after);
  const difference = meanOf(after) - meanOf(before);
  // For one number the statistic is the squared difference, and its law says how wide the interval is.
  const z = shift === null || shift.standardError === 0 ? 0 : 1.959963984540054 * shift.standardError;
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
