import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { SignalSummary } from '../../core/summary.ts';
import type { RowCursor, StreamWindow } from '../../core/window.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { INFERENCES, summaryQuery } from './signal-rows.ts';

const SummaryRow = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  signal: z.string(),
  count: z.coerce.number(),
  sum: z.coerce.number(),
  sum_squares: z.coerce.number(),
  bins: z.record(z.string(), z.coerce.number()),
  categories: z.record(z.string(), z.coerce.number()),
});
const TimeRow = SummaryRow.extend({ segment: z.string() });
const RowsRow = SummaryRow.extend({ window: z.coerce.number() });
const BoundsRow = z.object({
  window: z.coerce.number(),
  since: Instant,
  until: Instant,
  rows: z.coerce.number(),
  last_id: z.string(),
});
const KeyRow = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  rows: z.coerce.number(),
});

const WINDOW_FROM_ROLLUP = `
  SELECT project, model, version, segment, signal,
         sum(r.count) AS count, sum(r.sum) AS sum, sum(r.sum_squares) AS sum_squares, sumMap(r.bins) AS bins,
         sumMap(r.categories) AS categories
    FROM rollup_minute AS r FINAL
   WHERE bucket >= toDateTime({since: Float64}, 'UTC') AND bucket < toDateTime({until: Float64}, 'UTC')
   GROUP BY project, model, version, segment, signal`;

/** Every stream that had an inference in [since, until), whole minutes, from the rollups; in no order. */
export async function timeWindow(
  store: Store,
  { since, until }: { since: Date; until: Date },
): Promise<StreamWindow[]> {
  const rows = z
    .array(TimeRow)
    .parse(
      await store.rows(WINDOW_FROM_ROLLUP, { since: since.getTime() / 1000, until: until.getTime() / 1000 }),
    );
  const byStream = groupBy(rows, (row) => JSON.stringify([row.project, row.model, row.version, row.segment]));
  return [...byStream.values()].flatMap((ofStream) => {
    const [first] = ofStream;
    if (!first) return [];
    const { project, model, version, segment } = first;
    return [{ key: { project, model, version, segment }, since, until, ...summariesOf(ofStream) }];
  });
}

/**
 * The next full windows of `rowsPerWindow` inferences of a stream after the cursor, oldest first, at most `windowsMax`.
 * Inferences at or after `before` are left for later: more may still arrive among them.
 */
export async function rowWindows(
  store: Store,
  key: StreamKey,
  options: { after: RowCursor | null; before: Date; rowsPerWindow: number; windowsMax: number },
): Promise<StreamWindow[]> {
  const { params, chosen } = choice(key, options);
  const bounds = z.array(BoundsRow).parse(
    await store.rows(
      `SELECT intDiv(number - 1, {rowsPerWindow: UInt32}) AS window, count() AS rows, min(timestamp) AS since,
              addMilliseconds(max(timestamp), 1) AS until, argMax(id, number) AS last_id
         FROM (${chosen}) GROUP BY window ORDER BY window`,
      params,
    ),
  );
  const full = bounds.filter((window) => window.rows === options.rowsPerWindow);
  if (full.length === 0) return [];
  const query = summaryQuery({
    where: `(project, id) IN (SELECT project, id FROM (${chosen})) AND ${RANGE}`,
    keep: [
      `intDiv(transform(id, {ids: Array(String)}, {numbers: Array(UInt64)}, toUInt64(0)) - 1, {rowsPerWindow: UInt32}) AS window`,
    ],
    groupBy: ['window'],
  });
  const numbered = z
    .array(z.object({ id: z.string(), number: z.coerce.number() }))
    .parse(await store.rows(`SELECT id, number FROM (${chosen})`, params));
  const rows = z.array(RowsRow).parse(
    await store.rows(query, {
      ...params,
      ids: numbered.map((row) => row.id),
      numbers: numbered.map((row) => row.number),
    }),
  );
  const byWindow = groupBy(rows, (row) => row.window);
  return full.map(({ window, since, until, last_id }) => ({
    key,
    since,
    until,
    lastId: last_id,
    ...summariesOf(byWindow.get(window) ?? []),
  }));
}

const RANGE = `project = {project: String} AND model = {model: String} AND version = {version: String}
  AND timestamp >= {from: DateTime64(3, 'UTC')} AND timestamp < {before: DateTime64(3, 'UTC')}
  AND toStartOfMinute(timestamp) >= toStartOfMinute({from: DateTime64(3, 'UTC')})`;

function choice(
  key: StreamKey,
  {
    after,
    before,
    rowsPerWindow,
    windowsMax,
  }: { after: RowCursor | null; before: Date; rowsPerWindow: number; windowsMax: number },
): { params: Record<string, unknown>; chosen: string } {
  return {
    params: {
      project: key.project,
      model: key.model,
      version: key.version,
      from: toSqlInstant(after?.at ?? new Date(0)),
      afterId: after?.id ?? '',
      before: toSqlInstant(before),
      rowsPerWindow,
      limit: rowsPerWindow * windowsMax,
    },
    chosen: `
      SELECT project, id, timestamp, row_number() OVER (ORDER BY timestamp, id) AS number FROM (
        SELECT project, id, timestamp FROM inferences FINAL
         WHERE ${RANGE} AND (timestamp, id) > ({from: DateTime64(3, 'UTC')}, {afterId: String})
         ORDER BY timestamp, id LIMIT {limit: UInt32})`,
  };
}

/** Every project, model and version with an inference at or after `since`, and how many; in order of name. */
export async function liveStreams(store: Store, since: Date): Promise<{ key: StreamKey; rows: number }[]> {
  const rows = z.array(KeyRow).parse(
    await store.rows(
      `SELECT project, model, version, count() AS rows FROM inferences
        WHERE timestamp >= {since: DateTime64(3, 'UTC')}
        GROUP BY project, model, version ORDER BY project, model, version`,
      { since: toSqlInstant(since) },
    ),
  );
  return rows.map(({ project, model, version, rows: count }) => ({
    key: { project, model, version, segment: '' },
    rows: count,
  }));
}

function summariesOf(
  rows: readonly z.infer<typeof SummaryRow>[],
): Pick<StreamWindow, 'rows' | 'summaries' | 'categories'> {
  const summaries = new Map<string, SignalSummary>();
  const categories = new Map<string, ReadonlyMap<string, number>>();
  let inferences = 0;
  for (const row of rows) {
    if (row.signal === INFERENCES) inferences = row.count;
    else if (Object.keys(row.bins).length > 0) summaries.set(row.signal, toSummary(row));
    else if (Object.keys(row.categories).length > 0)
      categories.set(row.signal, new Map(Object.entries(row.categories)));
  }
  return { rows: inferences, summaries, categories };
}

function toSummary(row: z.infer<typeof SummaryRow>): SignalSummary {
  const bins = new Map(Object.entries(row.bins).map(([bin, count]) => [Number(bin), count]));
  return { count: row.count, sum: row.sum, sumSquares: row.sum_squares, bins };
}

/** Start of the first minute that has a rollup at or after `since`; null if there is none. */
export async function firstMinute(store: Store, since: Date): Promise<Date | null> {
  const rows = z.array(z.object({ bucket: Instant })).parse(
    await store.rows(
      `SELECT bucket FROM rollup_minute FINAL
        WHERE bucket >= toDateTime({since: Float64}, 'UTC') AND signal = '${INFERENCES}' AND segment = ''
        ORDER BY bucket LIMIT 1`,
      { since: since.getTime() / 1000 },
    ),
  );
  return rows[0]?.bucket ?? null;
}

/** Inferences before an instant, of all streams or of one. */
export async function rowsUntil(store: Store, until: Date, key: StreamKey | null): Promise<number> {
  const [row] = z.array(z.object({ rows: z.coerce.number() })).parse(
    await store.rows(
      `SELECT count() AS rows FROM inferences FINAL
        WHERE timestamp < {until: DateTime64(3, 'UTC')} AND ({isAll: UInt8} OR
              (project = {project: String} AND model = {model: String} AND version = {version: String}))`,
      {
        until: toSqlInstant(until),
        isAll: key === null ? 1 : 0,
        project: key?.project ?? '',
        model: key?.model ?? '',
        version: key?.version ?? '',
      },
    ),
  );
  return row?.rows ?? 0;
}

/** How many inferences there are, and the timestamp of the last; 1970 of none. */
export async function timeSpan(store: Store): Promise<{ inferences: number; lastAt: Date }> {
  const [row] = z
    .array(z.object({ inferences: z.coerce.number(), last_at: Instant }))
    .parse(await store.rows('SELECT count() AS inferences, max(timestamp) AS last_at FROM inferences FINAL'));
  return { inferences: row?.inferences ?? 0, lastAt: row?.last_at ?? new Date(0) };
}
