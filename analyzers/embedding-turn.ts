import type { Message } from '../core/inference.ts';
import { promptText } from '../core/prompt-text.ts';
import type { Embedder } from './embed/embedder.ts';
import { relevanceOf } from './embed/relevance.ts';
import { isSampled, sampleShare } from './embed/sample.ts';
import {
  createMeaningSignals,
  type MeaningSignalName,
  type MeaningSignals,
  NO_MEANING,
} from './meaning/meaning-signals.ts';
import { toolResultsOf } from './meaning/tool-results.ts';

/** An inference that may still need its vectors. */
export interface Candidate {
  readonly project: string;
  readonly id: string;
  readonly timestamp: Date;
  readonly receivedAt: Date;
}

interface InferenceText {
  readonly project: string;
  readonly id: string;
  readonly prompt: string;
  readonly messages: string;
  readonly response: string;
  readonly context: readonly string[];
}

/** Vectors of one inference on their way into the store. */
export interface EmbeddedInference extends MeaningSignals {
  readonly project: string;
  readonly inference_id: string;
  readonly timestamp: Date;
  readonly identity: string;
  readonly prompt: Float32Array | null;
  readonly response: Float32Array | null;
  readonly relevance: number | null;
}

/** What the embedder's loop needs of the store. */
export interface EmbeddingStore {
  candidates(query: { since: Date; until: Date; identity: string; limit: number }): Promise<Candidate[]>;
  texts(candidates: readonly Candidate[]): Promise<InferenceText[]>;
  write(rows: readonly EmbeddedInference[]): Promise<void>;
  readCursor(): Promise<Date | null>;
  writeCursor(at: Date): Promise<void>;
}

export interface EmbeddingTurns {
  /** Embeds what has been received and has no vectors yet, oldest first; true if there is more. */
  turn(now: Date): Promise<{ readonly embedded: readonly EmbeddedInference[]; readonly hasMore: boolean }>;
  /** How far behind the oldest inference without vectors is, in ms; 0 if there is none. */
  lagMs(now: Date): number;
}

/** Inferences per turn: a few seconds of work, so that a stop does not wait long; fewer where they have long contexts. */
const PER_TURN = 256;
const PER_TURN_MIN = 16;
const TURN_MS_MAX = 10_000;
const CANDIDATES_MAX = 20_000;
/** A row becomes visible up to this long after its time of receipt: it waits for its group and its insert. */
const VISIBLE_AFTER_MS = 5_000;

/** Opens the embedder's work on the store, at its own pace behind ingest. */
export async function openEmbeddingTurns(
  store: EmbeddingStore,
  embedder: Embedder,
  { perSecondMax, signals }: { perSecondMax: number; signals: ReadonlySet<MeaningSignalName> },
): Promise<EmbeddingTurns> {
  const meaningOf = createMeaningSignals(embedder, signals);
  let perTurn = PER_TURN;
  let cursor = (await store.readCursor()) ?? new Date(0);
  let oldest: Date | null = null;

  return {
    async turn(now) {
      const since = new Date(Math.max(0, cursor.getTime() - VISIBLE_AFTER_MS));
      const found = await store.candidates({
        since,
        until: now,
        identity: embedder.identity,
        limit: CANDIDATES_MAX,
      });
      const share = sampleShare({ arrivingPerSecond: arrivalRate(found), perSecondMax });
      const chosen = found.filter(({ id }) => isSampled(id, share));
      const batch = chosen.slice(0, perTurn);
      const hasMore = chosen.length > batch.length || found.length === CANDIDATES_MAX;
      const startedMs = performance.now();
      const embedded = await embedAll(batch, store, { embedder, meaningOf });
      const isSlow = performance.now() - startedMs > TURN_MS_MAX;
      perTurn = isSlow ? Math.max(PER_TURN_MIN, perTurn >> 1) : Math.min(PER_TURN, perTurn * 2);
      await store.write(embedded);
      const reached = hasMore ? (batch.at(-1) ?? found.at(-1))?.receivedAt : now;
      if (reached && reached > cursor) {
        cursor = reached;
        await store.writeCursor(cursor);
      }
      oldest = hasMore ? cursor : null;
      return { embedded, hasMore };
    },
    lagMs: (now) => (oldest === null ? 0 : Math.max(0, now.getTime() - oldest.getTime())),
  };
}

/** Inferences per second over the time the candidates were received in. */
function arrivalRate(candidates: readonly Candidate[]): number {
  const [first, last] = [candidates[0], candidates.at(-1)];
  if (!first || !last) return 0;
  return candidates.length / Math.max(1, (last.receivedAt.getTime() - first.receivedAt.getTime()) / 1_000);
}

async function embedAll(
  batch: readonly Candidate[],
  store: EmbeddingStore,
  { embedder, meaningOf }: { embedder: Embedder; meaningOf: ReturnType<typeof createMeaningSignals> },
): Promise<EmbeddedInference[]> {
  const timestamps = new Map(batch.map((row) => [keyOf(row), row.timestamp]));
  const rows = (await store.texts(batch)).flatMap((row) => {
    const timestamp = timestamps.get(keyOf(row));
    return timestamp
      ? [{ ...row, timestamp, promptText: promptOf(row), toolResults: toolResultsOf(row.messages) }]
      : [];
  });
  const texts = rows.flatMap((row) => [row.promptText, row.response]).filter((text) => text !== '');
  const vectors = new Map<string, Float32Array>();
  const unique = [...new Set(texts)];
  for (const [index, vector] of (await embedder.embed(unique)).entries())
    vectors.set(unique[index] ?? '', vector);
  const { identity } = embedder;
  const meanings = await meaningOf(rows);
  return rows.map(({ project, id, timestamp, promptText: text, response: answer }, index) => {
    const prompt = vectors.get(text) ?? null;
    const response = vectors.get(answer) ?? null;
    const relevance = relevanceOf({
      prompt: prompt && { identity, vector: prompt },
      response: response && { identity, vector: response },
    });
    return {
      project,
      inference_id: id,
      timestamp,
      identity,
      prompt,
      response,
      relevance,
      ...(meanings[index] ?? NO_MEANING),
    };
  });
}

const keyOf = ({ project, id }: { project: string; id: string }): string => `${project}\n${id}`;

/** Messages are stored as the JSON they came as. */
function promptOf({ prompt, messages }: InferenceText): string {
  if (prompt !== '' || messages === '') return prompt;
  return promptText({ messages: JSON.parse(messages) as Message[] }) ?? '';
}
