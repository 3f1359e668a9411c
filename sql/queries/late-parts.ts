import { valueOfBin } from '../../core/grid.ts';
import { groupBy } from '../../core/group-by.ts';
import { SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';
import type { TooLate } from '../../core/stream-store.ts';
import type { SignalSummary } from '../../core/summary.ts';
import type { LatePart } from '../../core/window.ts';
import type { Store } from '../client.ts';
import { INFERENCES } from './signal-rows.ts';

export interface LateQuery {
  /** Minutes before it; what came into later ones is in their own window. */
  readonly before: Date;
  /** Taken into the rollups in (after, until]. */
  readonly revision: { readonly after: number; readonly until: number };
  /** Inferences older than this are no part of it, nor what comes behind them (scores, signals of embeddings) older than that. */
  readonly inferencesSince: Date;
  readonly scoresSince: Date;
  /** People's scores that stand for quality; of minutes before an instant it is judged already. */
  readonly labels: { readonly names: readonly string[]; readonly before: Date };
}

interface Row {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly signal: string;
  readonly revision: string | number;
  readonly is_old: number;
  readonly rows: string | number;
  readonly labels: string | number;
  readonly total: number;
  readonly squares: number;
  readonly bins: string;
  readonly rows_in_bins: string;
  readonly categories: string;
}

/** Of older texts: a map that is made later places them, and they are what it compares with. */
const PLACES = listed(namesBy('map'));
/** Computed behind the store, once there is time for it. */
const EMBEDDED_NAMES: ReadonlySet<string> = new Set(namesBy('embedding'));
const EMBEDDED = listed(EMBEDDED_NAMES);

const LATE = `
  SELECT project, model, version, segment, signal, l.revision AS revision,
         bucket < if(startsWith(signal, '${SCORE_PREFIX}') OR signal IN (${EMBEDDED}),
                     toDateTime({scores_since: Float64}, 'UTC'), toDateTime({inferences_since: Float64}, 'UTC')) AS is_old,
         sum(l.count) AS rows,
         sumIf(l.count, signal IN {labels: Array(String)} AND bucket < toDateTime({labels_before: Float64}, 'UTC')) AS labels,
         sum(l.sum) AS total, sum(l.sum_squares) AS squares,
         if(is_old, map(), sumMap(l.bins)) AS by_bin, toString(mapKeys(by_bin)) AS bins,
         toString(mapValues(by_bin)) AS rows_in_bins,
         toJSONString(if(is_old, map(), sumMap(l.categories))) AS categories
    FROM rollup_late AS l FINAL
   WHERE l.revision > {after: UInt64} AND l.revision <= {until: UInt64}
     AND bucket < toDateTime({before: Float64}, 'UTC') AND signal NOT IN (${PLACES})
   GROUP BY project, model, version, segment, signal, revision, is_old`;

/**
 * What came late, by stream and revision, in no order; and how much was too late to count. What a correction took away cannot
 * be unjudged and is left out: only what there is more of counts.
 */
export async function lateParts(
  store: Store,
  { before, revision, inferencesSince, scoresSince, labels }: LateQuery,
): Promise<{ readonly parts: LatePart[]; readonly tooLate: TooLate }> {
  const rows = (await store.rows(LATE, {
    before: before.getTime() / 1000,
    after: revision.after,
    until: revision.until,
    inferences_since: inferencesSince.getTime() / 1000,
    scores_since: scoresSince.getTime() / 1000,
    labels: labels.names.map((name) => `${SCORE_PREFIX}${name}`),
    labels_before: labels.before.getTime() / 1000,
  })) as Row[];
  const fresh = rows.filter(({ is_old }) => !is_old);
  const byStream = groupBy(fresh, (row) =>
    JSON.stringify([row.project, row.model, row.version, row.segment, row.revision]),
  );
  return { parts: [...byStream.values()].flatMap(partOf), tooLate: tooLateOf(rows) };
}

function tooLateOf(rows: readonly Row[]): TooLate {
  const ofWholes = rows.filter(({ segment }) => segment === '');
  const sum = (some: readonly Row[], of: (row: Row) => string | number): number =>
    some.reduce((total, row) => total + Math.max(0, Number(of(row))), 0);
  const old = ofWholes.filter(({ is_old }) => is_old);
  const behind = ({ signal }: Row): boolean => signal.startsWith(SCORE_PREFIX) || EMBEDDED_NAMES.has(signal);
  return {
    lateRows: sum(
      old.filter(({ signal }) => signal === INFERENCES),
      ({ rows: count }) => count,
    ),
    lateScores: sum(old.filter(behind), ({ rows: count }) => count),
    lateLabels: sum(ofWholes, ({ labels }) => labels),
  };
}

function partOf(rows: readonly Row[]): LatePart[] {
  const [first] = rows;
  if (!first) return [];
  const { project, model, version, segment } = first;
  const summaries = new Map<string, SignalSummary>();
  const categories = new Map<string, ReadonlyMap<string, number>>();
  let inferences = 0;
  for (const row of rows) {
    if (row.signal === INFERENCES) inferences = Math.max(0, Number(row.rows));
    const summary = gained(row);
    if (summary.count > 0) summaries.set(row.signal, summary);
    const counts = Object.entries(JSON.parse(row.categories) as Record<string, string | number>)
      .map(([value, count]): [string, number] => [value, Number(count)])
      .filter(([, count]) => count > 0);
    if (counts.length > 0) categories.set(row.signal, new Map(counts));
  }
  const key = { project, model, version, segment };
  return [{ key, revision: Number(first.revision), rows: inferences, summaries, categories }];
}

function gained(row: Row): SignalSummary {
  const counts = JSON.parse(row.rows_in_bins) as (string | number)[];
  const bins = (JSON.parse(row.bins) as number[]).map((bin, place): [number, number] => [
    bin,
    Number(counts[place] ?? 0),
  ]);
  const more = bins.filter(([, rows]) => rows > 0);
  const count = more.reduce((sum, [, rows]) => sum + rows, 0);
  if (bins.every(([, rows]) => rows >= 0))
    return { count, sum: row.total, sumSquares: row.squares, bins: new Map(more) };
  // Sums of what was taken away are in it too; the bins are right within half a per cent.
  const values = more.map(([bin, rows]): [number, number] => [valueOfBin(bin), rows]);
  return {
    count,
    sum: values.reduce((sum, [value, rows]) => sum + value * rows, 0),
    sumSquares: values.reduce((sum, [value, rows]) => sum + value * value * rows, 0),
    bins: new Map(more),
  };
}

function namesBy(wanted: 'map' | 'embedding'): string[] {
  return SIGNALS.filter(({ source }) => source === wanted).map(({ name }) => name);
}

function listed(names: Iterable<string>): string {
  return [...names].map((name) => `'${name}'`).join(', ');
}
