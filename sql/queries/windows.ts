import { z } from 'zod';
import { type StreamKey, streamName } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { SignalSummary } from '../../core/summary.ts';
import type { RowCursor, StreamSize, StreamWindow } from '../../core/window.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { OF_STREAMS, ofStreams } from '../of-streams.ts';
import { sessionSumsQuery, sumsOf } from './session-sums.ts';
import { INFERENCES, summaryQuery } from './signal-rows.ts';

/** Bins and categories as text: parsed when their stream's turn comes, they take a tenth of the memory until then. */
interface SummaryRow {
  readonly signal: string;
  readonly count: string | number;
  readonly sum: number;
  readonly sum_squares: number;
  readonly bins: string;
  readonly rows_in_bins: string;
  readonly categories: string;
}
type TimeRow = SummaryRow & StreamKey;
type RowsRow = SummaryRow & { readonly window: string | number };

const BoundsRow = z.object({
  window: z.coerce.number(),
  since: Instant,
  until: Instant,
  rows: z.coerce.number(),
  together: z.coerce.number(),
  last_id: z.string(),
});
const SizeRow = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  segment: z.string(),
  rows: z.coerce.number(),
  signals: z.coerce.number(),
});
const KeyRow = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  rows: z.coerce.number(),
});

const HOUR_MS = 3_600_000;
const KEY = 'project, model, version, segment';

/** Maps as texts of JSON. */
const packed = (bins: string, categories: string): string =>
  `toString(mapKeys(${bins})) AS bins, toString(mapValues(${bins})) AS rows_in_bins, toJSONString(${categories}) AS categories`;

const rollupOf = ({ since, until }: Span): string =>
  since.getTime() % HOUR_MS === 0 && until.getTime() % HOUR_MS === 0 ? 'rollup_hour' : 'rollup_minute';
const IN_SPAN = `bucket >= toDateTime({since: Float64}, 'UTC') AND bucket < toDateTime({until: Float64}, 'UTC')`;

/** Half-open [since, until), whole minutes; of whole hours the hours are read. */
interface Span {
  readonly since: Date;
  readonly until: Date;
}

const secondsOf = ({ since, until }: Span) => ({
  since: since.getTime() / 1000,
  until: until.getTime() / 1000,
});

/** The streams that had an inference in the span, the whole of each model first, then those with most inferences. */
export async function streamsIn(store: Store, span: Span): Promise<StreamSize[]> {
  const rows = z.array(SizeRow).parse(
    await store.rows(
      `SELECT ${KEY}, sumIf(r.count, signal = '${INFERENCES}') AS rows, uniqExact(signal) - 1 AS signals
         FROM ${rollupOf(span)} AS r FINAL WHERE ${IN_SPAN}
        GROUP BY ${KEY} ORDER BY segment != '', rows DESC, ${KEY}`,
      secondsOf(span),
    ),
  );
  return rows.map(({ rows: inferences, signals, ...key }) => ({ key, rows: inferences, signals }));
}

/**
 * What the streams had in the span, from the rollups; in no order, and without those that had nothing.
 *
 * @param keys null for all
 */
export async function timeWindow(
  store: Store,
  span: Span,
  keys: readonly StreamKey[] | null = null,
): Promise<StreamWindow[]> {
  const rows = (await store.rows(
    `SELECT ${KEY}, signal, sum(r.count) AS count, sum(r.sum) AS sum, sum(r.sum_squares) AS sum_squares,
            ${packed('sumMap(r.bins)', 'sumMap(r.categories)')}
       FROM ${rollupOf(span)} AS r FINAL
      WHERE ${IN_SPAN} ${keys === null ? '' : `AND ${OF_STREAMS}`}
      GROUP BY ${KEY}, signal`,
    { ...secondsOf(span), ...(keys === null ? {} : ofStreams(keys)) },
  )) as TimeRow[];
  const byStream = groupBy(rows, streamName);
  const { since, until } = span;
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
              addMilliseconds(max(timestamp), 1) AS until, argMax(id, number) AS last_id,
              countIf(is_together) AS together
         FROM (${chosen}) GROUP BY window ORDER BY window`,
      params,
    ),
  );
  const full = bounds.filter((window) => window.rows === options.rowsPerWindow);
  if (full.length === 0) return [];
  const source = {
    where: `(project, id) IN (SELECT project, id FROM (${chosen})) AND ${RANGE}`,
    keep: [
      `intDiv(transform(id, {ids: Array(String)}, {numbers: Array(UInt64)}, toUInt64(0)) - 1, {rowsPerWindow: UInt32}) AS window`,
    ],
    groupBy: ['window'],
  };
  const numbered = z
    .array(z.object({ id: z.string(), number: z.coerce.number() }))
    .parse(await store.rows(`SELECT id, number FROM (${chosen})`, params));
  const numbers = {
    ...params,
    ids: numbered.map((row) => row.id),
    numbers: numbered.map((row) => row.number),
  };
  const rows = (await store.rows(
    `SELECT window, signal, count, sum, sum_squares, ${packed('s.bins', 's.categories')} FROM (${summaryQuery(source)}) AS s`,
    numbers,
  )) as RowsRow[];
  const byWindow = groupBy(rows, (row) => Number(row.window));
  const hasSessions = bounds.some(({ together }) => together > 0);
  const sums = hasSessions ? ((await store.rows(sessionSumsQuery(source), numbers)) as RowsRow[]) : [];
  const sumsByWindow = groupBy(sums, (row) => Number(row.window));
  return full.map(({ window, since, until, last_id }) => ({
    key,
    since,
    until,
    lastId: last_id,
    ...summariesOf(byWindow.get(window) ?? []),
    ...(hasSessions ? { sessions: sumsOf(sumsByWindow.get(window) ?? []) } : {}),
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
      SELECT project, id, timestamp, is_together, row_number() OVER (ORDER BY timestamp, id) AS number FROM (
        SELECT project, id, timestamp, session != '' OR user != '' AS is_together FROM inferences FINAL
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

function summariesOf(rows: readonly SummaryRow[]): Pick<StreamWindow, 'rows' | 'summaries' | 'categories'> {
  const summaries = new Map<string, SignalSummary>();
  const categories = new Map<string, ReadonlyMap<string, number>>();
  let inferences = 0;
  for (const row of rows) {
    if (row.signal === INFERENCES) inferences = Number(row.count);
    else if (row.bins !== '[]') summaries.set(row.signal, toSummary(row));
    else if (row.categories !== '{}') categories.set(row.signal, countsOf(row.categories));
  }
  return { rows: inferences, summaries, categories };
}

function toSummary({ count, sum, sum_squares, bins, rows_in_bins }: SummaryRow): SignalSummary {
  const rows = JSON.parse(rows_in_bins) as number[];
  const byBin = (JSON.parse(bins) as number[]).map((bin, place): [number, number] => [bin, rows[place] ?? 0]);
  return { count: Number(count), sum, sumSquares: sum_squares, bins: new Map(byBin) };
}

/** Counts come quoted where the engine quotes integers of 64 bits. */
const countsOf = (json: string): Map<string, number> =>
  new Map(
    Object.entries(JSON.parse(json) as Record<string, string | number>).map(([value, count]) => [
      value,
      Number(count),
    ]),
  );

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
