import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

/** An inference that may still need its vectors. */
export interface EmbeddingCandidate {
  readonly project: string;
  readonly id: string;
  readonly timestamp: Date;
  readonly receivedAt: Date;
}

/** What of an inference is embedded, as stored. */
export interface InferenceText {
  readonly project: string;
  readonly id: string;
  readonly prompt: string;
  /** JSON text, or empty. */
  readonly messages: string;
  readonly response: string;
  readonly context: readonly string[];
}

export interface EmbeddingRow {
  readonly project: string;
  readonly inference_id: string;
  readonly timestamp: Date;
  readonly identity: string;
  readonly prompt: Float32Array | null;
  readonly response: Float32Array | null;
  readonly relevance: number | null;
  /** Signals of meaning (docs/signals.md); absent is null. */
  readonly groundedness?: number | null;
  readonly jailbreak?: number | null;
  readonly injection?: number | null;
  readonly jailbreak_likeness?: number | null;
  readonly injection_likeness?: number | null;
}

const Candidate = z
  .object({ project: z.string(), id: z.string(), timestamp: Instant, received: Instant })
  .transform(({ received, ...row }): EmbeddingCandidate => ({ ...row, receivedAt: received }));
const Text = z.object({
  project: z.string(),
  id: z.string(),
  prompt: z.string(),
  messages: z.string(),
  response: z.string(),
  context: z.array(z.string()),
});

/** A part of the inferences, by a hash of the id: those whose share of `of` is one of `mine`. */
export interface Shares {
  readonly of: number;
  readonly mine: readonly number[];
}

export interface CandidateQuery {
  readonly since: Date;
  readonly until: Date;
  readonly identity: string;
  readonly limit: number;
  /** Null: all inferences. */
  readonly shares: Shares | null;
}

/**
 * Inferences received in [since, until) that have no vectors of this embedder, in order of receipt, at most `limit`.
 * Narrow: texts are read by `inferenceTexts` for those that are chosen.
 */
export async function embeddingCandidates(
  store: Store,
  { since, until, identity, limit, shares }: CandidateQuery,
): Promise<EmbeddingCandidate[]> {
  const isMine = shares ? 'AND cityHash64(id) % {of: UInt32} IN {mine: Array(UInt32)}' : '';
  const rows = await store.rows(
    `SELECT project, id, timestamp, received_at AS received FROM inferences
      WHERE received_at >= {since: DateTime64(3, 'UTC')} AND received_at < {until: DateTime64(3, 'UTC')}
        ${isMine} AND (project, id) NOT IN (
          SELECT project, inference_id FROM embeddings
           WHERE embedded_at >= {since: DateTime64(3, 'UTC')} AND identity = {identity: String})
      ORDER BY received_at, id LIMIT {limit: UInt32}`,
    { since: toSqlInstant(since), until: toSqlInstant(until), identity, limit, ...shares },
  );
  return z.array(Candidate).parse(rows);
}

/** Texts of the inferences named, each once, in no order. */
export async function inferenceTexts(
  store: Store,
  candidates: readonly EmbeddingCandidate[],
): Promise<InferenceText[]> {
  if (candidates.length === 0) return [];
  const minutes = [...new Set(candidates.map((row) => toSqlInstant(row.timestamp).slice(0, 16)))];
  const rows = await store.rows(
    `SELECT project, id, prompt, messages, response, context FROM inferences FINAL
      WHERE toStartOfMinute(timestamp) IN {minutes: Array(DateTime('UTC'))}
        AND project IN {projects: Array(String)} AND id IN {ids: Array(String)}`,
    {
      minutes: minutes.map((minute) => `${minute}:00`),
      projects: [...new Set(candidates.map((row) => row.project))],
      ids: candidates.map((row) => row.id),
    },
  );
  return z.array(Text).parse(rows);
}

/** Stores vectors; those of an inference embedded again are replaced. */
export async function writeEmbeddings(store: Store, rows: readonly EmbeddingRow[]): Promise<void> {
  const embeddedAt = toSqlInstant(new Date());
  const lines = rows.map((row) =>
    JSON.stringify({
      ...row,
      timestamp: toSqlInstant(row.timestamp),
      embedded_at: embeddedAt,
      prompt: row.prompt ? [...row.prompt] : [],
      response: row.response ? [...row.response] : [],
    }),
  );
  await store.insertLines('embeddings', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}
