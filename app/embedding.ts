import { type Embedder, startEmbedder } from '../analyzers/embed/embedder.ts';
import { type EmbeddingTurns, openEmbeddingTurns } from '../analyzers/embedding-turn.ts';
import type { Config } from '../core/config.ts';
import type { Logger } from '../core/log.ts';
import type { Store } from '../sql/client.ts';
import { embeddingCandidates, inferenceTexts, writeEmbeddings } from '../sql/queries/embedding-work.ts';
import { readState, writeStates } from '../sql/queries/states.ts';
import { minuteOf } from '../sql/rollup.ts';
import { createLoop, type Loop } from './loop.ts';
import type { Pipeline } from './pipeline.ts';

/** The embedder at work behind the store. */
export interface EmbeddingPart {
  readonly loop: Loop;
  readonly embedder: Embedder;
  readonly turns: EmbeddingTurns;
}

/** A record waits this long for its vectors to begin with: several then travel together. */
const PERIOD_MS = 1_000;
const KIND = 'embedding';

/** Starts the embedding model; null with EMBEDDINGS=off. */
export async function openEmbedding(
  store: Store,
  pipeline: Pipeline,
  { config, log }: { config: Config; log: Logger },
): Promise<EmbeddingPart | null> {
  if (config.EMBEDDINGS === 'off') return null;
  const embedder = await startEmbedder({
    device: config.EMBEDDINGS_DEVICE,
    log,
    ...(config.EMBEDDINGS_MODEL === undefined ? {} : { modelFolder: config.EMBEDDINGS_MODEL }),
  });
  const turns = await openEmbeddingTurns(
    {
      candidates: (query) => embeddingCandidates(store, query),
      texts: (candidates) => inferenceTexts(store, candidates),
      write: (rows) => writeEmbeddings(store, rows),
      async readCursor() {
        const at = (await readState(store, KIND, embedder.identity)) as string | null;
        return at === null ? null : new Date(at);
      },
      writeCursor: (at) => writeStates(store, KIND, new Map([[embedder.identity, at]])),
    },
    embedder,
    { perSecondMax: config.EMBEDDINGS_PER_SECOND_MAX },
  );
  const loop = createLoop({
    name: 'embedder',
    periodMs: PERIOD_MS,
    // Its work is done in a thread of its own.
    workShareMax: 1,
    log,
    async turn() {
      const { embedded, hasMore } = await turns.turn(new Date());
      pipeline.touch(embedded.map((row) => minuteOf(row.timestamp.getTime())));
      return hasMore;
    },
  });
  return { loop, embedder, turns };
}
