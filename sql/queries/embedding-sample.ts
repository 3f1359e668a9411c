import { z } from 'zod';
import type { Store } from '../client.ts';
import { IN_MINUTES, IN_SEGMENT, type StreamSpan, streamParams } from '../in-stream.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { INFERENCES } from './signal-rows.ts';

/** A prompt with its vector. */
export interface EmbeddedPrompt {
  readonly id: string;
  readonly timestamp: Date;
  readonly prompt: string;
  /** JSON of the messages, cut like the prompt; empty if the inference has a prompt. */
  readonly messages: string;
  readonly response: string;
  readonly toolCalls: string;
  /** Its direction within half a per cent; its length says nothing. */
  readonly vector: Float32Array;
}

export interface EmbeddingSampleQuery extends StreamSpan {
  /** Embedder whose vectors are meant; those of two are never compared. */
  readonly identity: string;
  readonly limit: number;
}

const Row = z.object({
  id: z.string(),
  timestamp: Instant,
  prompt: z.string(),
  messages: z.string(),
  response: z.string(),
  tool_calls: z.string(),
  vector: z.string(),
});

/** Of each text: enough to name topics by, and to show as an example. */
const TEXT_CHARACTERS_MAX = 400;
/** Messages are JSON around their text. */
const MESSAGES_CHARACTERS_MAX = 2_000;
/** Ids looked at per prompt of the sample, of which the first by hash are taken. */
const CANDIDATES = 8;
const SECONDS_MAX = 20;

const IN_PROJECT = `project = {project: String} AND ${IN_MINUTES}`;

/**
 * Vectors come as bytes around 128, each scaled by its own largest component: a tenth of what they are as JSON numbers.
 * The thinning by hash keeps what is held in memory the same however long the span is; its hash is another one than that
 * by which embedders share their work, so that the sample is even over what was embedded.
 */
const EMBEDDING_SAMPLE = `
  WITH (SELECT greatest(1, intDiv(sum(count), {limit: UInt32} * ${CANDIDATES})) FROM rollup_hour FINAL
         WHERE project = {project: String} AND model = {model: String} AND version = {version: String}
           AND segment = '' AND signal = '${INFERENCES}'
           AND bucket >= toStartOfHour({since: DateTime64(3, 'UTC')}) AND bucket < {until: DateTime64(3, 'UTC')}) AS thin,
       chosen AS (
    SELECT id FROM inferences
     WHERE ${IN_PROJECT} AND model = {model: String} AND version = {version: String}
       AND ${IN_SEGMENT}
       AND xxHash64(id) % thin = 0
       AND id IN (SELECT inference_id FROM embeddings
                   WHERE ${IN_PROJECT} AND identity = {identity: String} AND xxHash64(inference_id) % thin = 0
                     AND notEmpty(prompt))
     GROUP BY id ORDER BY xxHash64(id) LIMIT {limit: UInt32})
  SELECT i.id AS id, i.timestamp AS timestamp, leftUTF8(i.prompt, ${TEXT_CHARACTERS_MAX}) AS prompt,
         leftUTF8(i.messages, ${MESSAGES_CHARACTERS_MAX}) AS messages, leftUTF8(i.response, ${TEXT_CHARACTERS_MAX}) AS response,
         leftUTF8(i.tool_calls, ${TEXT_CHARACTERS_MAX}) AS tool_calls, e.bytes AS vector
    FROM inferences AS i
    INNER JOIN (
      SELECT inference_id, base64Encode(arrayStringConcat(arrayMap(
               value -> char(toUInt8(128 + round(127 * value / greatest(1e-9, arrayMax(v -> abs(v), prompt))))), prompt))) AS bytes
        FROM embeddings
       WHERE ${IN_PROJECT} AND identity = {identity: String} AND inference_id IN chosen
       ORDER BY embedded_at DESC LIMIT 1 BY inference_id) AS e ON e.inference_id = i.id
   WHERE ${IN_PROJECT} AND i.id IN chosen
   ORDER BY xxHash64(i.id), i.received_at DESC LIMIT 1 BY i.id
   SETTINGS max_execution_time = ${SECONDS_MAX}`;

/** At most `limit` prompts of a stream that have vectors, the same ones each time: the first by a hash of their ids. */
export async function embeddingSample(store: Store, query: EmbeddingSampleQuery): Promise<EmbeddedPrompt[]> {
  const { identity, limit, ...span } = query;
  const rows = await store.rows(EMBEDDING_SAMPLE, { ...streamParams(span), identity, limit });
  return z
    .array(Row)
    .parse(rows)
    .map(({ tool_calls, vector, ...row }) => ({ ...row, toolCalls: tool_calls, vector: vectorOf(vector) }));
}

function vectorOf(base64: string): Float32Array {
  return Float32Array.from(Buffer.from(base64, 'base64'), (byte) => byte - 128);
}

/** The embedder that was last at work on a project's inferences of [since, until); null if none was. */
export async function embedderIdentity(
  store: Store,
  { project, since, until }: { project: string; since: Date; until: Date },
): Promise<string | null> {
  const rows = await store.rows(
    `SELECT argMax(identity, embedded_at) AS identity FROM embeddings WHERE ${IN_PROJECT}`,
    { project, since: toSqlInstant(since), until: toSqlInstant(until) },
  );
  const [row] = z.array(z.object({ identity: z.string() })).parse(rows);
  return row?.identity ? row.identity : null;
}
