import { z } from 'zod';
import { SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { bytesOf, floatsOf } from './projections.ts';
import { CATEGORIES, categoryColumn, PLACED } from './signal-rows.ts';

/** What of an inference may be selected by, beside its maps. */
export const SELECTOR_COLUMNS = [
  'model',
  'version',
  'release',
  'environment',
  'provider',
  'operation',
  'prompt_name',
  'prompt_version',
  'session',
  'user',
  'status',
] as const;

/** A condition: a column, or an entry of `attributes` or `groups`, has this value. */
export interface Selector {
  readonly field: (typeof SELECTOR_COLUMNS)[number] | 'attributes' | 'groups';
  /** Of the map; empty for a column. */
  readonly key: string;
  readonly value: string;
}

export interface GateRowQuery {
  /** Empty: all. */
  readonly project: string;
  readonly where: readonly Selector[];
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** What counterparts have in common. */
  readonly pairBy: Omit<Selector, 'value'> | 'prompt' | 'none';
  readonly limit: number;
}

/** One inference as a comparison takes it; the numbers in order of GATE_NUMBERS. */
export interface StoredGateRow {
  readonly id: string;
  readonly timestamp: Date;
  readonly unit: string;
  /** Empty: it has no counterpart. */
  readonly pair: string;
  readonly numbers: readonly (number | null)[];
  readonly scores: Readonly<Record<string, number>>;
  /** Signals of what its answer means, beside its prompt and its context. */
  readonly meant: Readonly<Record<string, number>>;
  /** Signals of where its texts lie on a map that are numbers. */
  readonly placed: Readonly<Record<string, number>>;
  readonly categories: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<string, string>>;
  /** Coordinates of its texts on their maps; empty: no place. */
  readonly places: Readonly<Record<'prompt' | 'response', Float32Array>>;
}

/** Signals in order of `numbers`. */
export const GATE_NUMBERS: readonly string[] = SIGNALS.filter(
  ({ kind, source }) => kind !== 'category' && source !== 'embedding' && source !== 'map',
).map(({ name }) => name);
/** Of `embeddings`, those that say something of the answer. */
const MEANT = ['relevance', 'groundedness'];
const PLACED_NUMBERS = PLACED.filter(({ kind }) => kind !== 'category').map(({ name }) => name);
const PLACED_CATEGORIES = PLACED.filter(({ kind }) => kind === 'category').map(({ name }) => name);

/** All that the user said, spaces and capitals aside; app/gate/file-rows.ts says the same of a file's record. */
const USER_TEXT = `if(prompt != '', prompt, arrayStringConcat(arrayMap(
    m -> if(JSONExtractString(m, 'content') != '', JSONExtractString(m, 'content'), JSONExtractRaw(m, 'content')),
    arrayFilter(m -> JSONExtractString(m, 'role') IN ('user', 'human'), JSONExtractArrayRaw(messages))), '\\n'))`;
const PROMPT_KEY = `if(empty(trimBoth(${USER_TEXT})), '',
    hex(sipHash128(replaceRegexpAll(lowerUTF8(trimBoth(${USER_TEXT})), '\\\\s+', ' '))))`;

const Row = z.object({
  id: z.string(),
  at: Instant,
  unit: z.string(),
  hash: z.string(),
  pair: z.string(),
  numbers: z.array(z.coerce.number().nullable()),
  all_scores: z.record(z.string(), z.coerce.number()),
  meant: z.record(z.string(), z.coerce.number()),
  placed: z.record(z.string(), z.coerce.number()),
  categories: z.record(z.string(), z.string()),
  groups: z.record(z.string(), z.string()),
  prompt_place: z.string(),
  response_place: z.string(),
});

/** Condition on `inferences` with values bound as `field0`, `value0` …; columns come from the list above alone. */
function conditionOf(where: readonly Selector[]): { sql: string; params: Record<string, string> } {
  const params: Record<string, string> = {};
  const parts = where.map(({ field, key, value }, index) => {
    params[`value${index}`] = value;
    if (field !== 'attributes' && field !== 'groups') return `${field} = {value${index}: String}`;
    params[`key${index}`] = key;
    return `${field}[{key${index}: String}] = {value${index}: String}`;
  });
  return { sql: ['1', ...parts].join(' AND '), params };
}

const inTime = (
  since: string,
  until: string,
): string => `({project: String} = '' OR project = {project: String})
         AND timestamp >= {${since}: DateTime64(3, 'UTC')} AND timestamp < {${until}: DateTime64(3, 'UTC')}
         AND toStartOfMinute(timestamp) >= toStartOfMinute({${since}: DateTime64(3, 'UTC')})
         AND toStartOfMinute(timestamp) <= {${until}: DateTime64(3, 'UTC')}`;
const IN_TIME = inTime('since', 'until');

/** What is independent of others: a session, a user, or else a row. */
const UNIT = `multiIf(session != '', concat('s:', session), user != '', concat('u:', user), concat('i:', id))`;

/** What is read is chosen by the hash of what pairs share, so that counterparts are in it together. */
const pairHash = (pair: string): string => `cityHash64(${pair}, if(${pair} = '', id, ''))`;
/** Of units by the unit's, so that a session is in it as a whole; a row without one still with its counterparts. */
const unitHash = (pair: string): string =>
  `if(session = '' AND user = '', ${pairHash(pair)}, cityHash64(${UNIT}))`;

/** Condition on rows: their unit began in [since, begunUntil), after none of it since `from`. */
const hasBegun = (where: string): string => `${UNIT} IN (
           SELECT ${UNIT} AS begun FROM inferences WHERE ${inTime('from', 'begunUntil')} AND ${where}
            GROUP BY begun HAVING min(timestamp) >= {since: DateTime64(3, 'UTC')})`;

function rowsQuery(where: string, { pair, hash }: { pair: string; hash: string }): string {
  const chosen = `SELECT *, ${UNIT} AS unit, ${hash} AS hash FROM inferences FINAL WHERE ${IN_TIME} AND ${where}
     ORDER BY hash, id LIMIT {limit: UInt32}`;
  const ids = `(SELECT project, id FROM inferences WHERE ${IN_TIME} AND ${where})`;
  return `
  SELECT i.id AS id, i.timestamp AS at,
         i.unit AS unit,
         toString(i.hash) AS hash,
         ${pair} AS pair,
         [${GATE_NUMBERS.map((name) => `toFloat64(${name})`).join(', ')}] AS numbers,
         mapUpdate(CAST(i.scores, 'Map(String, Float64)'), late.scores) AS all_scores,
         near.meant AS meant,
         place.placed AS placed,
         mapUpdate(map(${CATEGORIES.map(({ name }) => `'${name}', ifNull(toString(${categoryColumn(name)}), '')`).join(', ')}),
                   place.mixes) AS categories,
         CAST(groups, 'Map(String, String)') AS groups,
         place.prompt_place AS prompt_place, place.response_place AS response_place
    FROM (${chosen}) AS i
    LEFT JOIN (
      SELECT project AS late_project, inference_id, mapFromArrays(groupArray(toString(name)), groupArray(value)) AS scores
        FROM scores FINAL WHERE (project, inference_id) IN ${ids}
       GROUP BY late_project, inference_id
    ) AS late ON late.late_project = i.project AND late.inference_id = i.id
    LEFT JOIN (
      SELECT project AS near_project, inference_id,
             mapFilter((name, value) -> isNotNull(value), map(${MEANT.map((name) => `'${name}', toFloat64(${name})`).join(', ')})) AS meant
        FROM embeddings FINAL WHERE (project, inference_id) IN ${ids}
    ) AS near ON near.near_project = i.project AND near.inference_id = i.id
    LEFT JOIN (
      SELECT project AS place_project, inference_id,
             mapFilter((name, value) -> isNotNull(value), map(${PLACED_NUMBERS.map((name) => `'${name}', toFloat64(${name})`).join(', ')})) AS placed,
             map(${PLACED_CATEGORIES.map((name) => `'${name}', toString(${name})`).join(', ')}) AS mixes,
             ${bytesOf('prompt_coordinates')} AS prompt_place, ${bytesOf('response_coordinates')} AS response_place
        FROM projections FINAL WHERE (project, inference_id) IN ${ids}
    ) AS place ON place.place_project = i.project AND place.inference_id = i.id
   ORDER BY at, id
  SETTINGS max_execution_time = 60`;
}

/** Rows of a selection, oldest first, at most `limit`, and how many there are in all. */
export async function gateRows(
  store: Store,
  query: GateRowQuery,
): Promise<{ rows: StoredGateRow[]; total: number }> {
  const { sql, params } = conditionOf(query.where);
  const { pair, pairParams } = pairOf(query.pairBy);
  const all = { ...params, ...paramsOf(query) };
  const [count] = z
    .array(z.object({ rows: z.coerce.number() }))
    .parse(await store.rows(`SELECT count() AS rows FROM inferences FINAL WHERE ${IN_TIME} AND ${sql}`, all));
  const asked = rowsQuery(sql, { pair, hash: pairHash(pair) });
  const rows = z.array(Row).parse(await store.rows(asked, { ...all, ...pairParams }));
  return { total: count?.rows ?? 0, rows: rows.map(storedRow) };
}

export interface BegunQuery extends GateRowQuery {
  /** A unit that has rows in [from, since) did not begin in [since, begunUntil). */
  readonly from: Date;
  readonly begunUntil: Date;
}

/** Rows until `until` of the units that began in [since, begunUntil), oldest first; whole units, at most `limit` rows of them. */
export async function begunRows(store: Store, query: BegunQuery): Promise<StoredGateRow[]> {
  const { sql, params } = conditionOf(query.where);
  const { pair, pairParams } = pairOf(query.pairBy);
  const asked = rowsQuery(`${sql} AND ${hasBegun(sql)}`, { pair, hash: unitHash(pair) });
  const span = { from: toSqlInstant(query.from), begunUntil: toSqlInstant(query.begunUntil) };
  const rows = z
    .array(Row)
    .parse(await store.rows(asked, { ...params, ...pairParams, ...paramsOf(query), ...span }));
  if (rows.length < query.limit) return rows.map(storedRow);
  // The session or user that the limit may have cut.
  const last = rows.reduce((max, { hash }) => (BigInt(hash) > max ? BigInt(hash) : max), 0n);
  return rows.filter(({ hash, unit, id }) => unit === `i:${id}` || BigInt(hash) !== last).map(storedRow);
}

const paramsOf = ({ project, since, until, limit }: GateRowQuery) => ({
  ...{ project, limit },
  since: toSqlInstant(since),
  until: toSqlInstant(until),
});

const storedRow = ({
  at,
  all_scores,
  prompt_place,
  response_place,
  hash: _,
  ...row
}: z.output<typeof Row>): StoredGateRow => ({
  ...row,
  timestamp: at,
  scores: all_scores,
  places: { prompt: floatsOf(prompt_place), response: floatsOf(response_place) },
});

function pairOf(pairBy: GateRowQuery['pairBy']): { pair: string; pairParams: Record<string, string> } {
  if (pairBy === 'none') return { pair: "''", pairParams: {} };
  if (pairBy === 'prompt') return { pair: PROMPT_KEY, pairParams: {} };
  const { field, key } = pairBy;
  const isMap = field === 'attributes' || field === 'groups';
  return { pair: isMap ? `${field}[{pairKey: String}]` : `toString(${field})`, pairParams: { pairKey: key } };
}

/** Score and signal names with their values; NULL is left out. */
export function numbersOf(row: StoredGateRow): Record<string, number> {
  const numbers: Record<string, number> = {};
  row.numbers.forEach((value, index) => {
    const name = GATE_NUMBERS[index];
    if (value !== null && name !== undefined) numbers[name] = value;
  });
  for (const [name, value] of Object.entries(row.scores)) numbers[`${SCORE_PREFIX}${name}`] = value;
  Object.assign(numbers, row.meant, row.placed);
  return numbers;
}

/** Projects that have inferences of these ids, in no order. */
export async function projectsOfIds(store: Store, ids: readonly string[]): Promise<string[]> {
  const rows = await store.rows('SELECT DISTINCT project FROM inferences WHERE id IN {ids: Array(String)}', {
    ids,
  });
  return z
    .array(z.object({ project: z.string() }))
    .parse(rows)
    .map(({ project }) => project);
}
