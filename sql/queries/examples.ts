import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import { SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

/** One inference, its texts cut to a bound. */
export interface ExampleRow {
  readonly id: string;
  readonly timestamp: Date;
  readonly version: string;
  readonly prompt: string;
  /** JSON of the messages, cut like the rest; empty if the inference has a prompt. */
  readonly messages: string;
  readonly response: string;
  readonly toolCalls: string;
  readonly isCut: boolean;
  readonly value: number | null;
}

export interface ExampleQuery {
  readonly stream: StreamKey;
  readonly signal: string;
  /** Inferences whose value is nearest to this come first. */
  readonly target: number;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  readonly limit: number;
  /** The segment is a group (`gender=f`), and everybody else with a value of it is asked for. */
  readonly isRest?: boolean;
}

/** Of each text; the page shows a few hundred and unfolds the rest. */
const TEXT_CHARACTERS_MAX = 20_000;

const Row = z.object({
  id: z.string(),
  timestamp: Instant,
  version: z.string(),
  prompt: z.string(),
  messages: z.string(),
  response: z.string(),
  tool_calls: z.string(),
  is_cut: z.coerce.number(),
  value: z.coerce.number().nullable(),
});

const IN_STREAM = `project = {project: String} AND model = {model: String} AND version = {version: String}
         AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
         AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')})
         AND toStartOfMinute(timestamp) <= {until: DateTime64(3, 'UTC')}
         AND ({attribute: String} = ''
              OR if({isRest: UInt8}, groups[{attribute: String}] NOT IN ('', {attributeValue: String}),
                    attributes[{attribute: String}] = {attributeValue: String}
                    OR groups[{attribute: String}] = {attributeValue: String}))`;

/** Texts are read of the chosen few only: the choice is made on the signal's own column. */
const examplesQuery = (values: string): string => `
  WITH chosen AS (
    SELECT id, any(v) AS value
      FROM (${values})
     WHERE isNotNull(v)
     GROUP BY id
     ORDER BY abs(value - {target: Float64}), cityHash64(id)
     LIMIT {limit: UInt32})
  SELECT id, timestamp, version, chosen.value AS value,
         leftUTF8(i.prompt, ${TEXT_CHARACTERS_MAX}) AS prompt, leftUTF8(i.messages, ${TEXT_CHARACTERS_MAX}) AS messages,
         leftUTF8(i.response, ${TEXT_CHARACTERS_MAX}) AS response, leftUTF8(i.tool_calls, ${TEXT_CHARACTERS_MAX}) AS tool_calls,
         greatest(lengthUTF8(i.prompt), lengthUTF8(i.messages), lengthUTF8(i.response), lengthUTF8(i.tool_calls))
           > ${TEXT_CHARACTERS_MAX} AS is_cut
    FROM inferences AS i INNER JOIN chosen ON chosen.id = i.id
   WHERE i.id IN (SELECT id FROM chosen) AND ${IN_STREAM}
   ORDER BY abs(value - {target: Float64}), cityHash64(id), received_at DESC
   LIMIT 1 BY id`;

const IDS_IN_STREAM = `(SELECT id FROM inferences WHERE ${IN_STREAM})`;

/** A score that came later replaces one that came with the inference. */
const SCORE_VALUES = `
  SELECT i.id AS id,
         multiIf(late.inference_id != '', toNullable(late.value),
                 mapContains(i.scores, {score: String}), toNullable(i.scores[{score: String}]), NULL) AS v
    FROM (SELECT id, scores FROM inferences WHERE ${IN_STREAM}) AS i
    LEFT JOIN (
      SELECT inference_id, value FROM scores FINAL
       WHERE project = {project: String} AND name = {score: String} AND inference_id IN ${IDS_IN_STREAM}
    ) AS late ON late.inference_id = i.id`;

const meantValues = (column: string): string => `
  SELECT inference_id AS id, toFloat64(${column}) AS v FROM embeddings FINAL
   WHERE project = {project: String} AND inference_id IN ${IDS_IN_STREAM}`;

/** Columns of `embeddings`. */
const MEANT: ReadonlySet<string> = new Set(
  SIGNALS.filter(({ kind, source }) => kind !== 'category' && source === 'embedding').map(({ name }) => name),
);

const COLUMNS: ReadonlySet<string> = new Set(
  SIGNALS.filter(({ kind, source }) => kind !== 'category' && source !== 'embedding').map(({ name }) => name),
);

/** Query for (id, v) of a signal; the names of columns come from the registry, so that none is joined in from outside. */
function valuesQuery(signal: string): string {
  if (signal.startsWith(SCORE_PREFIX)) return SCORE_VALUES;
  if (MEANT.has(signal)) return meantValues(signal);
  // A category has no middle: any inference is as good an example as another.
  const value = COLUMNS.has(signal) ? `toNullable(toFloat64(${signal}))` : 'toNullable(toFloat64(0))';
  return `SELECT id, ${value} AS v FROM inferences WHERE ${IN_STREAM}`;
}

/** Inferences of a stream nearest to a value of a signal, the nearest first; ties in an order by hash of the id. */
export async function exampleInferences(store: Store, query: ExampleQuery): Promise<ExampleRow[]> {
  const { stream, signal, target, since, until, limit, isRest = false } = query;
  const [attribute = '', ...rest] = stream.segment.split('=');
  const rows = await store.rows(examplesQuery(valuesQuery(signal)), {
    project: stream.project,
    model: stream.model,
    version: stream.version,
    attribute,
    attributeValue: rest.join('='),
    isRest: isRest ? 1 : 0,
    score: signal.slice(SCORE_PREFIX.length),
    target,
    since: toSqlInstant(since),
    until: toSqlInstant(until),
    limit,
  });
  return z
    .array(Row)
    .parse(rows)
    .map(({ tool_calls, is_cut, ...row }) => ({ ...row, toolCalls: tool_calls, isCut: is_cut === 1 }));
}
