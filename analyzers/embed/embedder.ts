import { availableParallelism } from 'node:os';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { workerPath } from '../../core/package-root.ts';
import type { Device } from './execution-provider.ts';
import { SHIPPED_MODEL_FOLDER } from './model-folder.ts';
import type { ModelInfo } from './sentence-model.ts';
import { openWorker, type WorkerClient } from './worker-client.ts';

/** The embedding model behind a small port. */
export interface Embedder {
  /** Stored with each vector: vectors are compared only within one identity. */
  readonly identity: string;
  readonly dimensions: number;
  readonly info: ModelInfo;
  /**
   * Vectors of length 1 in the order of the texts; an empty text has the model's vector for it.
   *
   * @throws AppError `overloaded` while the queue is full, `too_large` for a call that no queue could hold,
   * `upstream_unavailable` if the worker ends or is stopped meanwhile; the next call starts another
   */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  queue(): { readonly texts: number; readonly bytes: number };
  /** Resolves when the thread is gone; calls not answered reject. */
  stop(): Promise<void>;
}

export interface EmbedderOptions {
  readonly device: Device;
  readonly log: Logger;
  /** Another model than the one shipped. */
  readonly modelFolder?: string;
  /** Threads of the model. Two in one session beat two sessions of one, and leave the other cores to ingest. */
  readonly threads?: number;
  /** Texts asked for and not answered: about a minute's work. */
  readonly queueTextsMax?: number;
  readonly queueBytesMax?: number;
  /** Vectors kept for equal texts: 1.6 kB each. */
  readonly cacheTextsMax?: number;
  /** Script of the worker; another one in tests. */
  readonly workerFile?: string;
  /** A worker that is asked and does not answer for this long is ended: an answer takes seconds even under load. */
  readonly silenceMsMax?: number;
}

/** Texts per message to the worker: what a stop or another caller waits for. */
const PART_TEXTS = 64;

/**
 * Loads the model in a worker thread and waits for it.
 *
 * @throws AppError `invalid_input` for a folder that is no model, `unsupported` for a device or model we cannot serve
 */
export async function startEmbedder(options: EmbedderOptions): Promise<Embedder> {
  const { log, queueTextsMax = 10_000, queueBytesMax = 64 * 2 ** 20 } = options;
  let client = await open(options);
  let opening: Promise<void> | null = null;
  let isStopped = false;
  const queued = { texts: 0, bytes: 0 };
  const { info } = client;
  log.info({ ...info }, 'embedding model loaded');

  function admit(texts: number, bytes: number): void {
    if (texts > queueTextsMax || bytes > queueBytesMax) {
      throw new AppError('too_large', 'more texts in one call than the embedding queue holds', {
        texts,
        bytes,
      });
    }
    if (queued.texts + texts > queueTextsMax || queued.bytes + bytes > queueBytesMax) {
      throw new AppError('overloaded', 'the embedding queue is full; try again later', { ...queued });
    }
  }

  /** The worker, started anew if it has ended: only when there is work for it. */
  async function aliveClient(): Promise<WorkerClient> {
    if (!client.isAlive()) opening ??= reopen().finally(() => (opening = null));
    await opening;
    if (isStopped) throw new AppError('upstream_unavailable', 'the embedder was stopped');
    return client;
  }

  async function reopen(): Promise<void> {
    client = await open(options);
    if (client.info.identity === info.identity) return;
    await client.close();
    throw new AppError(
      'unsupported',
      'the embedding model on disk is another than at start; restart to use it',
      { identities: [info.identity, client.info.identity] },
    );
  }

  return {
    identity: info.identity,
    dimensions: info.dimensions,
    info,
    queue: () => ({ ...queued }),
    async embed(texts) {
      if (isStopped) throw new AppError('upstream_unavailable', 'the embedder was stopped');
      const bytes = texts.reduce((sum, text) => sum + 2 * text.length, 0);
      admit(texts.length, bytes);
      queued.texts += texts.length;
      queued.bytes += bytes;
      try {
        const worker = await aliveClient();
        const asked = partsOf(texts).map((part) => worker.request(part));
        // All of them, also when one fails: what the worker still holds counts as queued.
        await Promise.allSettled(asked);
        const parts = await Promise.all(asked);
        return parts.flatMap((values) => vectorsIn(values, info.dimensions));
      } finally {
        queued.texts -= texts.length;
        queued.bytes -= bytes;
      }
    },
    async stop() {
      isStopped = true;
      await opening?.catch(() => undefined);
      await client.close();
    },
  };
}

function open({
  device,
  log,
  modelFolder = SHIPPED_MODEL_FOLDER,
  threads = Math.min(2, availableParallelism()),
  cacheTextsMax = 10_000,
  workerFile = workerPath(import.meta.url, 'worker'),
  silenceMsMax = 120_000,
}: EmbedderOptions): Promise<WorkerClient> {
  return openWorker(
    workerFile,
    { modelFolder, device, threads, cacheTextsMax },
    {
      silenceMsMax,
      onEnd: (reason) => log.warn({ reason }, 'the embedding worker ended; the next call starts another'),
    },
  );
}

function partsOf(texts: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let start = 0; start < texts.length; start += PART_TEXTS)
    parts.push(texts.slice(start, start + PART_TEXTS));
  return parts;
}

function vectorsIn(values: Float32Array, dimensions: number): Float32Array[] {
  return Array.from({ length: values.length / dimensions }, (_, row) =>
    values.slice(row * dimensions, (row + 1) * dimensions),
  );
}
