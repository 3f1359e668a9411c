import { z } from 'zod';
import { ACCOUNT } from '../../core/window.ts';
import type { Store } from '../client.ts';
import { IN_MINUTES } from '../in-stream.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { INFERENCES } from './signal-rows.ts';

/** Inferences of one value of an attribute in one bucket of time. */
export interface ValueBucket {
  /** `version`, `release` …, or an attribute of the inferences; empty: all inferences of the bucket. */
  readonly attribute: string;
  readonly value: string;
  /** The bucket starts at `since` + bucket × `stepMs`. */
  readonly bucket: number;
  readonly count: number;
  readonly firstAt: Date;
}

/** How the inferences of one value fall into sessions (else users, else single ones), in sums over those. */
export interface ValueUnits {
  /** Empty: all inferences, so that both sums are of the squares of the sessions' sizes. */
  readonly attribute: string;
  readonly value: string;
  /** Of how many inferences of a session have the value. */
  readonly squares: number;
  /** Of that, times how many it has. */
  readonly products: number;
}

export interface ValueBucketsQuery {
  readonly project: string;
  /** All its versions: a new one is what is looked for. */
  readonly model: string;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Whole seconds. */
  readonly stepMs: number;
  /** About so many inferences are looked at. */
  readonly limit: number;
}

const SECONDS_MAX = 20;
/** Cells of the largest values: a value of single inferences began nothing. */
const CELLS_MAX = 20_000;
const VALUE_CHARACTERS_MAX = 100;

const COLUMNS = [
  'version',
  'release',
  'prompt_name',
  'prompt_version',
  'provider',
  'environment',
  'accelerator',
  'finish_reason',
] as const;

const UNIT = `multiIf(session != '', cityHash64('session', session), user != '', cityHash64('user', user), cityHash64('id', id))`;

/** The inferences that are looked at, each once, with its values, and how many of them its session or user has. */
const LOOKED_AT = `
  SELECT timestamp, id, unit, count() OVER (PARTITION BY unit) AS unit_rows, count() OVER () AS all_rows, pairs
    FROM (
      SELECT timestamp, id, ${UNIT} AS unit,
             arrayFilter(pair -> pair.2 != '' OR pair.1 = '', arrayConcat(
               [('', ''), ${COLUMNS.map((name) => `('${name}', toString(${name}))`).join(', ')}],
               arrayMap((name, value) -> (toString(name), leftUTF8(value, ${VALUE_CHARACTERS_MAX})), mapKeys(attributes), mapValues(attributes)))) AS pairs
        FROM inferences
       WHERE project = {project: String} AND model = {model: String} AND ${IN_MINUTES}
         AND xxHash64(id) % thin = 0
       ORDER BY id LIMIT 1 BY id)`;

const THIN = `greatest(1, intDiv((SELECT sum(count) FROM rollup_hour FINAL
         WHERE project = {project: String} AND model = {model: String} AND segment = '' AND signal = '${INFERENCES}'
           AND bucket >= toStartOfHour({since: DateTime64(3, 'UTC')}) AND bucket < {until: DateTime64(3, 'UTC')}),
         {limit: UInt32}))`;

const VALUE_BUCKETS = `
  WITH ${THIN} AS thin
  SELECT pair.1 AS attribute, pair.2 AS value,
         intDiv(toUnixTimestamp(timestamp) - toUnixTimestamp({since: DateTime64(3, 'UTC')}), {step: UInt32}) AS at_bucket,
         count() AS found, min(timestamp) AS first_at
    FROM (${LOOKED_AT}) ARRAY JOIN pairs AS pair
   GROUP BY attribute, value, at_bucket
   ORDER BY attribute != '', found DESC, attribute, value, at_bucket
   LIMIT ${CELLS_MAX}
   SETTINGS max_execution_time = ${SECONDS_MAX}`;

/** An account that all calls go through is no session: its inferences stand alone. */
const VALUE_UNITS = `
  WITH ${THIN} AS thin
  SELECT attribute, value, sum(own * own) AS squares, sum(own * of_unit) AS products
    FROM (
      SELECT pair.1 AS attribute, pair.2 AS value, toFloat64(count()) AS own,
             unit_rows > ${ACCOUNT.rows} AND unit_rows > ${ACCOUNT.share} * all_rows AS is_account,
             if(is_account, 1, toFloat64(any(unit_rows))) AS of_unit
        FROM (${LOOKED_AT}) ARRAY JOIN pairs AS pair
       GROUP BY attribute, value, is_account, if(is_account, cityHash64('id', id), unit))
   GROUP BY attribute, value
   ORDER BY attribute != '', sum(own) DESC, attribute, value
   LIMIT ${CELLS_MAX}
   SETTINGS max_execution_time = ${SECONDS_MAX}`;

const Row = z.object({
  attribute: z.string(),
  value: z.string(),
  at_bucket: z.coerce.number(),
  found: z.coerce.number(),
  first_at: Instant,
});

/** How often each value of each attribute of a model's inferences was there, bucket by bucket; the counts of all first, then the largest. */
export async function valueBuckets(
  store: Store,
  { stepMs, ...query }: ValueBucketsQuery,
): Promise<ValueBucket[]> {
  const rows = await store.rows(VALUE_BUCKETS, { ...paramsOf(query), step: stepMs / 1000 });
  return z
    .array(Row)
    .parse(rows)
    .map(({ at_bucket, found, first_at, ...row }) => ({
      ...row,
      bucket: at_bucket,
      count: found,
      firstAt: first_at,
    }));
}

const UnitsRow = z.object({
  attribute: z.string(),
  value: z.string(),
  squares: z.coerce.number(),
  products: z.coerce.number(),
});

/** The same inferences by session: all of them first, then the commonest values. */
export async function valueUnits(
  store: Store,
  query: Omit<ValueBucketsQuery, 'stepMs'>,
): Promise<ValueUnits[]> {
  return z.array(UnitsRow).parse(await store.rows(VALUE_UNITS, paramsOf(query)));
}

const paramsOf = ({ project, model, since, until, limit }: Omit<ValueBucketsQuery, 'stepMs'>) => ({
  ...{ project, model, limit },
  since: toSqlInstant(since),
  until: toSqlInstant(until),
});
