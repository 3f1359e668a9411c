import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

/** Where the texts of an inference lie on the maps in force; null where there is nothing to say. */
export interface ProjectionRow {
  readonly project: string;
  readonly model: string;
  readonly inference_id: string;
  readonly timestamp: Date;
  readonly prompt: PlacedText | null;
  readonly response: PlacedText | null;
}

export interface PlacedText {
  readonly map: string;
  readonly coordinates: Float32Array;
  readonly distance: number;
  /** With the id of the map. */
  readonly topic: string;
  readonly cell: string;
}

/** Vectors of an inference as stored; empty where there was no text. */
export interface StoredVectors {
  readonly id: string;
  readonly timestamp: Date;
  readonly prompt: Float32Array;
  readonly response: Float32Array;
  /** Beginnings of its texts. */
  readonly promptText: string;
  readonly responseText: string;
}

export interface VectorQuery {
  readonly project: string;
  readonly model: string;
  /** Embedder whose vectors are meant. */
  readonly identity: string;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  readonly limit: number;
}

/** Enough to name topics by. */
const TEXT_CHARACTERS_MAX = 300;
const SECONDS_MAX = 60;

const Vectors = z.object({
  id: z.string(),
  timestamp: Instant,
  prompt: z.string(),
  response: z.string(),
  prompt_text: z.string(),
  response_text: z.string(),
});

const IN_MINUTES = `project = {project: String}
         AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
         AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')})
         AND toStartOfMinute(timestamp) <= {until: DateTime64(3, 'UTC')}`;
/** An array of Float32 as text, a third of its digits; `floatsOf` reads it. */
export const bytesOf = (side: string): string =>
  `base64Encode(arrayStringConcat(arrayMap(value -> reinterpretAsFixedString(value), ${side})))`;

const vectorsQuery = (condition: string): string => `
  WITH chosen AS (
    SELECT inference_id FROM embeddings
     WHERE ${IN_MINUTES} AND identity = {identity: String} AND (notEmpty(prompt) OR notEmpty(response))
       AND inference_id IN (SELECT id FROM inferences WHERE ${IN_MINUTES} AND model = {model: String})
       ${condition}
     GROUP BY inference_id ORDER BY xxHash64(inference_id) LIMIT {limit: UInt32})
  SELECT e.inference_id AS id, e.timestamp AS timestamp, e.prompt_bytes AS prompt, e.response_bytes AS response,
         t.prompt_text AS prompt_text, t.response_text AS response_text
    FROM (
      SELECT inference_id, timestamp, ${bytesOf('prompt')} AS prompt_bytes, ${bytesOf('response')} AS response_bytes
        FROM embeddings
       WHERE ${IN_MINUTES} AND identity = {identity: String} AND inference_id IN chosen
       ORDER BY embedded_at DESC LIMIT 1 BY inference_id) AS e
    LEFT JOIN (
      SELECT id, leftUTF8(if(prompt = '', messages, prompt), ${TEXT_CHARACTERS_MAX}) AS prompt_text,
             leftUTF8(response, ${TEXT_CHARACTERS_MAX}) AS response_text
        FROM inferences
       WHERE ${IN_MINUTES} AND id IN chosen
       ORDER BY received_at DESC LIMIT 1 BY id) AS t ON t.id = e.inference_id
   ORDER BY xxHash64(id)
   SETTINGS max_execution_time = ${SECONDS_MAX}`;

/** At most `limit` inferences of a model with their vectors, the same ones each time: the first by a hash of their ids. */
export function vectorSample(store: Store, query: VectorQuery): Promise<StoredVectors[]> {
  return vectorsOf(store, vectorsQuery(''), query);
}

/** Those that have vectors and no place on a map yet. */
export function vectorsWithoutPlace(store: Store, query: VectorQuery): Promise<StoredVectors[]> {
  const condition = `AND inference_id NOT IN (SELECT inference_id FROM projections WHERE ${IN_MINUTES})`;
  return vectorsOf(store, vectorsQuery(condition), query);
}

async function vectorsOf(store: Store, sql: string, query: VectorQuery): Promise<StoredVectors[]> {
  const { since, until, ...rest } = query;
  const rows = await store.rows(sql, { ...rest, since: toSqlInstant(since), until: toSqlInstant(until) });
  return z
    .array(Vectors)
    .parse(rows)
    .map(({ id, timestamp, prompt, response, prompt_text, response_text }) => ({
      id,
      timestamp,
      prompt: floatsOf(prompt),
      response: floatsOf(response),
      promptText: prompt_text,
      responseText: response_text,
    }));
}

/** Little-endian, as the engine writes them. */
export function floatsOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

/** Stores places; those of an inference placed again are replaced. */
export async function writeProjections(
  store: Store,
  rows: readonly ProjectionRow[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  const lines = rows.map(({ prompt, response, timestamp, ...row }) =>
    JSON.stringify({
      ...row,
      timestamp: toSqlInstant(timestamp),
      projected_at: toSqlInstant(now),
      ...columnsOf('prompt', prompt),
      ...columnsOf('response', response),
    }),
  );
  await store.insertLines('projections', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

function columnsOf(side: 'prompt' | 'response', placed: PlacedText | null): Record<string, unknown> {
  return {
    [`${side}_map`]: placed?.map ?? '',
    [`${side}_coordinates`]: placed ? [...placed.coordinates] : [],
    [`${side}_distance`]: placed?.distance ?? null,
    [`${side}_topic`]: placed?.topic ?? '',
    [`${side}_cell`]: placed?.cell ?? '',
  };
}

/** Projects and models with an inference in [since, until), and how many, the most first. */
export async function modelsWithTexts(
  store: Store,
  { since, until }: { since: Date; until: Date },
): Promise<{ project: string; model: string; rows: number }[]> {
  const rows = await store.rows(
    `SELECT project, model, sum(r.count) AS rows FROM rollup_hour AS r FINAL
      WHERE bucket >= toDateTime({since: Float64}, 'UTC') AND bucket < toDateTime({until: Float64}, 'UTC')
        AND segment = '' AND signal IN ('prompt_characters', 'response_characters')
      GROUP BY project, model ORDER BY rows DESC, project, model`,
    { since: since.getTime() / 1000, until: until.getTime() / 1000 },
  );
  return z.array(z.object({ project: z.string(), model: z.string(), rows: z.coerce.number() })).parse(rows);
}
