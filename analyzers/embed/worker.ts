import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../../core/errors.ts';
import { type EmbedTexts, embedEqualTextsOnce } from './equal-texts.ts';
import { loadSentenceModel } from './sentence-model.ts';
import type { Failure, FromWorker, ToWorker, WorkerSettings } from './worker-messages.ts';

/** Tokenizing and the model run here, off the main thread: onnxruntime-node blocks the thread that calls it. */
async function serve(settings: WorkerSettings): Promise<void> {
  const model = await loadSentenceModel(settings.modelFolder, settings);
  const embed = embedEqualTextsOnce((texts) => model.embed(texts), settings.cacheTextsMax);
  // One call at a time: the model's threads are the parallelism.
  let turn: Promise<void> = Promise.resolve();
  let isStopping = false;
  parentPort?.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') {
      isStopping = true;
      turn = turn.then(() => model.close()).finally(() => parentPort?.close());
      return;
    }
    turn = turn.then(() => (isStopping ? undefined : answer(embed, message)));
  });
  post({ kind: 'ready', info: model.info });
}

async function answer(embed: EmbedTexts, { id, texts }: ToWorker & { kind: 'embed' }): Promise<void> {
  try {
    const vectors = await embed(texts);
    const dimensions = vectors[0]?.length ?? 0;
    const values = new Float32Array(vectors.length * dimensions);
    for (const [index, vector] of vectors.entries()) values.set(vector, index * dimensions);
    post({ kind: 'vectors', id, values }, [values.buffer]);
  } catch (error) {
    post({ kind: 'failed', id, failure: failureOf(error) });
  }
}

function failureOf(error: unknown): Failure {
  return {
    code: error instanceof AppError ? error.code : null,
    message: error instanceof Error ? error.message : String(error),
  };
}

function post(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

try {
  await serve(workerData as WorkerSettings);
} catch (error) {
  post({ kind: 'unready', failure: failureOf(error) });
}
