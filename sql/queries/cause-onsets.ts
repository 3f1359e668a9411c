import { z } from 'zod';
import type { Store } from '../client.ts';
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

const VALUE_BUCKETS = `
  WITH greatest(1, intDiv((SELECT sum(count) FROM rollup_hour FINAL
         WHERE project = {project: String} AND model = {model: String} AND segment = '' AND signal = '${INFERENCES}'
           AND bucket >= toStartOfHour({since: DateTime64(3, 'UTC')}) AND bucket < {until: DateTime64(3, 'UTC')}),
         {limit: UInt32})) AS thin
  SELECT pair.1 AS attribute, leftUTF8(pair.2, ${VALUE_CHARACTERS_MAX}) AS value,
         intDiv(toUnixTimestamp(timestamp) - toUnixTimestamp({since: DateTime64(3, 'UTC')}), {step: UInt32}) AS at_bucket,
         count() AS found, min(timestamp) AS first_at
    FROM (
      SELECT timestamp,
             arrayFilter(pair -> pair.2 != '' OR pair.1 = '', arrayConcat(
               [('', ''), ${COLUMNS.map((name) => `('${name}', toString(${name}))`).join(', ')}],
               arrayMap((name, value) -> (toString(name), value), mapKeys(attributes), mapValues(attributes)))) AS pairs
        FROM inferences
       WHERE project = {project: String} AND model = {model: String}
         AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
         AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')})
         AND toStartOfMinute(timestamp) <= {until: DateTime64(3, 'UTC')}
         AND xxHash64(id) % thin = 0
       ORDER BY id LIMIT 1 BY id)
   ARRAY JOIN pairs AS pair
   GROUP BY attribute, value, at_bucket
   ORDER BY attribute != '', found DESC, attribute, value, at_bucket
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
  { project, model, since, until, stepMs, limit }: ValueBucketsQuery,
): Promise<ValueBucket[]> {
  const rows = await store.rows(VALUE_BUCKETS, {
    project,
    model,
    since: toSqlInstant(since),
    until: toSqlInstant(until),
    step: stepMs / 1000,
    limit,
  });
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
