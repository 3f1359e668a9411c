import { z } from 'zod';
import type { Store } from '../client.ts';
import { IN_STREAM, type StreamSpan, streamParams } from '../in-stream.ts';
import { signalParams, valueKind, valuesQuery } from '../signal-values.ts';
import { INFERENCES } from './signal-rows.ts';

/** One inference of one side of a change. */
export interface CauseRowValues {
  readonly id: string;
  /** Session, else user, else the inference itself. */
  readonly unit: string;
  readonly value: number | string;
  /** Equal for equal prompts; empty if it has none. */
  readonly prompt: string;
  /** In the order asked for; empty: it has none. */
  readonly attributes: readonly string[];
}

/** What every inference has beside its own attributes, of what is known before it is answered: what an answer came to be, its language or how it ended, is no cause. A name that one of those has too is the column's. */
export const BUILT_IN_ATTRIBUTES = [
  'release',
  'prompt_name',
  'prompt_version',
  'provider',
  'environment',
  'operation',
  'prompt_language',
  'accelerator',
  'hour',
] as const;

const SECONDS_MAX = 20;
/** Ways to tell inferences apart that are looked at beside the built-in ones. */
const ATTRIBUTES_MAX = 12;
/** More values than this are names of single things. */
const ATTRIBUTE_VALUES_MAX = 500;
const VALUE_CHARACTERS_MAX = 100;

/** Which of a span's inferences are looked at: about `limit` of them, evenly, by a hash of their ids. */
const THIN = `greatest(1, intDiv((SELECT sum(count) FROM rollup_hour FINAL
    WHERE project = {project: String} AND model = {model: String} AND version = {version: String}
      AND segment = {segment: String} AND signal = '${INFERENCES}'
      AND bucket >= toStartOfHour({since: DateTime64(3, 'UTC')}) AND bucket < {until: DateTime64(3, 'UTC')}), {limit: UInt32}))`;

const CAUSE_ATTRIBUTES = `
  WITH ${THIN} AS thin
  SELECT toString(name) AS name
    FROM inferences ARRAY JOIN mapKeys(attributes) AS name, mapValues(attributes) AS value
   WHERE ${IN_STREAM} AND xxHash64(id) % thin = 0
   GROUP BY name
  HAVING uniq(value) <= ${ATTRIBUTE_VALUES_MAX} AND name NOT IN ({builtIn: Array(String)})
   ORDER BY count() DESC, name
   LIMIT ${ATTRIBUTES_MAX}
   SETTINGS max_execution_time = ${SECONDS_MAX}`;

const AttributeRow = z.object({ name: z.string() });

/** The attributes that most inferences of a span have, without those that name single things; the commonest first. */
export async function causeAttributes(
  store: Store,
  query: StreamSpan & { readonly limit: number },
): Promise<string[]> {
  const rows = await store.rows(CAUSE_ATTRIBUTES, { ...paramsOf(query), builtIn: BUILT_IN_ATTRIBUTES });
  return z
    .array(AttributeRow)
    .parse(rows)
    .map(({ name }) => name);
}

const COLUMN_OF: Readonly<Record<(typeof BUILT_IN_ATTRIBUTES)[number], string>> = {
  release: 'toString(release)',
  prompt_name: 'toString(prompt_name)',
  prompt_version: 'toString(prompt_version)',
  provider: 'toString(provider)',
  environment: 'toString(environment)',
  operation: 'toString(operation)',
  prompt_language: "ifNull(toString(prompt_language), '')",
  accelerator: 'toString(accelerator)',
  hour: "formatDateTime(timestamp, '%H', 'UTC')",
};

const BUILT_IN = BUILT_IN_ATTRIBUTES.map((name) => COLUMN_OF[name]).join(', ');

const causeRowsQuery = (signal: string): string => `
  WITH ${THIN} AS thin
  SELECT i.id AS id, multiIf(i.session != '', concat('s', i.session), i.user != '', concat('u', i.user), i.id) AS unit,
         toString(s.found) AS value, if(prompt = '' AND messages = '', '', toString(cityHash64(prompt, messages))) AS prompt_key,
         arrayMap(one -> leftUTF8(one, ${VALUE_CHARACTERS_MAX}),
           arrayConcat([${BUILT_IN}], arrayMap(name -> attributes[name], {names: Array(String)}))) AS attribute_values
    FROM (
      SELECT * FROM inferences
       WHERE ${IN_STREAM} AND (notEmpty({ids: Array(String)}) OR xxHash64(id) % thin = 0)
         AND (empty({ids: Array(String)}) OR id IN {ids: Array(String)})
       ORDER BY xxHash64(id), received_at DESC LIMIT 1 BY id LIMIT {limit: UInt32}) AS i
    INNER JOIN (
      SELECT id, any(v) AS found FROM (${valuesQuery(signal)})
       WHERE isNotNull(v) AND (notEmpty({ids: Array(String)}) OR xxHash64(id) % thin = 0)
         AND (empty({ids: Array(String)}) OR id IN {ids: Array(String)})
       GROUP BY id) AS s ON s.id = i.id
   ORDER BY xxHash64(i.id)
   SETTINGS max_execution_time = ${SECONDS_MAX}`;

const Row = z.object({
  id: z.string(),
  unit: z.string(),
  value: z.string(),
  prompt_key: z.string(),
  attribute_values: z.array(z.string()),
});

export interface CauseRowsQuery extends StreamSpan {
  readonly signal: string;
  /** Attributes beside the built-in ones. */
  readonly names: readonly string[];
  /** Only these inferences; empty: a sample of all. */
  readonly ids: readonly string[];
  readonly limit: number;
}

/**
 * At most `limit` inferences of a span that have a value of the signal, the same ones each time, in order of a hash of their ids: with the built-in
 * attributes first, then those asked for.
 */
export async function causeRows(store: Store, query: CauseRowsQuery): Promise<CauseRowValues[]> {
  const { signal, names, ids } = query;
  const rows = await store.rows(causeRowsQuery(signal), {
    ...paramsOf(query),
    ...signalParams(signal),
    names,
    ids,
  });
  const isCategory = valueKind(signal) === 'category';
  return z
    .array(Row)
    .parse(rows)
    .map(({ id, unit, value, prompt_key, attribute_values }) => ({
      id,
      unit,
      value: isCategory ? value : Number(value),
      prompt: prompt_key,
      attributes: attribute_values,
    }));
}

const paramsOf = ({ limit, ...span }: StreamSpan & { readonly limit: number }) => ({
  ...streamParams(span),
  limit,
});
