import { type Embedder, startEmbedder } from '../analyzers/embed/embedder.ts';
import { type EmbeddingTurns, openEmbeddingTurns } from '../analyzers/embedding-turn.ts';
import type { Config } from '../core/config.ts';
import type { Logger } from '../core/log.ts';
import type { Store } from '../sql/client.ts';
import {
  embeddingCandidates,
  inferenceTexts,
  type Shares,
  writeEmbeddings,
} from '../sql/queries/embedding-work.ts';
import { readStates, writeStates } from '../sql/queries/states.ts';
import { minuteOf } from '../sql/rollup.ts';
import { meaningSignals } from './ingest-options.ts';
import { createLoop, type Loop } from './loop.ts';
import { openReferenceMaps, type ReferenceMaps } from './reference-maps.ts';

/** The embedder at work behind the store. */
export interface EmbeddingPart {
  readonly loop: Loop;
  readonly embedder: Embedder;
  /** How far behind the oldest inference without vectors is, in ms; 0 if there is none. */
  lagMs(now: Date): number;
}

export interface EmbeddingOptions {
  readonly config: Config;
  readonly log: Logger;
  /** The inferences of these minutes (ms) got vectors. */
  readonly touch: (minutes: readonly number[]) => Promise<void> | void;
  /** What of the work is ours now: all of it (null), a part, or nothing ('none'). */
  readonly shares: () => Shares | null | 'none';
  /** Everything received before it can be seen in the store; null while that is not known. */
  readonly receivedUntil: () => Promise<Date | null>;
}

/** A record waits this long for its vectors to begin with: several then travel together. */
const PERIOD_MS = 1_000;
export const EMBEDDING_STATE = 'embedding';
/** Windows wait this long for vectors that are on their way, then close without them. */
export const EMBEDDING_WAIT_MS = 120_000;

/** Signals that are called by a threshold which was chosen for the shipped model, where another one is at work. */
export function uncalibratedSignals(config: Pick<Config, 'EMBEDDINGS_MODEL' | 'SIGNALS'>): string[] {
  if (config.EMBEDDINGS_MODEL === undefined) return [];
  return [...meaningSignals(config)].filter((name) => name !== 'groundedness');
}

/** Starts the embedding model; null with EMBEDDINGS=off. */
export async function openEmbedding(store: Store, options: EmbeddingOptions): Promise<EmbeddingPart | null> {
  const { config, log } = options;
  if (config.EMBEDDINGS === 'off') return null;
  const embedder = await startEmbedder({
    device: config.EMBEDDINGS_DEVICE,
    log,
    ...(config.EMBEDDINGS_MODEL === undefined ? {} : { modelFolder: config.EMBEDDINGS_MODEL }),
  });
  const uncalibrated = uncalibratedSignals(config);
  if (uncalibrated.length > 0)
    log.warn(
      { signals: uncalibrated },
      'thresholds of likeness are those of the shipped model: watch changes only, or leave these out of SIGNALS (docs/misuse.md)',
    );
  let open: { readonly shares: string; readonly turns: EmbeddingTurns } | null = null;
  const maps = openReferenceMaps(store, {
    identity: embedder.identity,
    isMaker() {
      const shares = options.shares();
      return shares === null || (shares !== 'none' && shares.mine.includes(0));
    },
    log,
  });
  const loop = createLoop({
    name: 'embedder',
    periodMs: PERIOD_MS,
    // Its work is done in a thread of its own.
    workShareMax: 1,
    log,
    async turn() {
      const shares = options.shares();
      const until = await options.receivedUntil();
      if (shares === 'none' || until === null) return false;
      const name = JSON.stringify(shares);
      if (open?.shares !== name)
        open = { shares: name, turns: await openTurns(store, embedder, { config, shares, maps }) };
      const { embedded, hasMore } = await open.turns.turn(until);
      await options.touch(embedded.map((row) => minuteOf(row.timestamp.getTime())));
      await options.touch(await maps.turn(new Date()));
      return hasMore;
    },
  });
  return { loop, embedder, lagMs: (now) => open?.turns.lagMs(now) ?? 0 };
}

/** The embedder's turns over its part of the inferences, from where that part was left. */
function openTurns(
  store: Store,
  embedder: Embedder,
  { config, shares, maps }: { config: Config; shares: Shares | null; maps: ReferenceMaps },
): Promise<EmbeddingTurns> {
  const names = cursorNames(embedder.identity, shares);
  let models = new Map<string, string>();
  return openEmbeddingTurns(
    {
      async candidates(query) {
        const found = await embeddingCandidates(store, { ...query, shares });
        models = new Map(found.map(({ project, id, model }) => [nameOf(project, id), model]));
        return found;
      },
      texts: (candidates) => inferenceTexts(store, candidates),
      async write(rows) {
        // Where a text lies comes first: an inference that has its vectors is not looked at again.
        await maps.place(
          rows.map((row) => ({ ...row, model: models.get(nameOf(row.project, row.inference_id)) ?? '' })),
        );
        await writeEmbeddings(store, rows);
      },
      async readCursor() {
        const states = await readStates(store, EMBEDDING_STATE);
        const cursors = names.map((name) => states.get(name) as string | undefined);
        if (cursors.includes(undefined)) return null;
        return new Date(Math.min(...cursors.map((at) => Date.parse(at ?? ''))));
      },
      writeCursor: (at) => writeStates(store, EMBEDDING_STATE, new Map(names.map((name) => [name, at]))),
    },
    embedder,
    { perSecondMax: config.EMBEDDINGS_PER_SECOND_MAX, signals: meaningSignals(config) },
  );
}

const nameOf = (project: string, id: string): string => JSON.stringify([project, id]);

function cursorNames(identity: string, shares: Shares | null): string[] {
  return shares === null ? [identity] : shares.mine.map((share) => cursorName(identity, share));
}

/** Name of the state that says how far one share is embedded. */
export const cursorName = (identity: string, share: number): string => `${identity}/${share}`;
