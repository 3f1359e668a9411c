import { Worker } from 'node:worker_threads';
import { AppError } from '../../core/errors.ts';
import type { ModelInfo } from './sentence-model.ts';
import type { Failure, FromWorker, ToWorker, WorkerSettings } from './worker-messages.ts';

/** One life of the worker thread. */
export interface WorkerClient {
  readonly info: ModelInfo;
  /** Vectors one after the other. Rejects if the worker ends before it answers. */
  request(texts: readonly string[]): Promise<Float32Array>;
  /** False once the thread has ended or is ending. */
  isAlive(): boolean;
  /** Resolves when the thread is gone; what was asked and not answered rejects. */
  close(): Promise<void>;
}

/** JavaScript memory of the worker; the model lies outside it. Above it the thread ends and is started anew. */
const HEAP_MB_MAX = 512;
const CLOSE_MS_MAX = 10_000;

interface Waiting {
  readonly resolve: (values: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts a worker and waits until its model is loaded.
 *
 * @param options.silenceMsMax a worker that owes an answer and gives none for this long is ended
 * @param options.onEnd told once, when the thread ends without having been closed
 * @throws AppError with the worker's own code if the model cannot be loaded
 */
export async function openWorker(
  file: string,
  settings: WorkerSettings,
  { silenceMsMax, onEnd }: { silenceMsMax: number; onEnd: (reason: string) => void },
): Promise<WorkerClient> {
  const worker = new Worker(file, {
    name: 'embed',
    workerData: settings,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  const waiting = new Map<number, Waiting>();
  let state: 'starting' | 'alive' | 'closing' | 'ended' = 'starting';
  let nextId = 0;
  const hasEnded = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const silence = createAlarm(silenceMsMax, () => void worker.terminate());

  function rejectAll(reason: string): void {
    silence.clear();
    const error = new AppError('upstream_unavailable', `the embedding worker ended: ${reason}`);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function onAnswer(message: Extract<FromWorker, { id: number }>): void {
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (waiting.size > 0) silence.set();
    else silence.clear();
    if (message.kind === 'vectors') asked?.resolve(message.values);
    else asked?.reject(errorOf(message.failure));
  }

  const info = await new Promise<ModelInfo>((resolve, reject) => {
    let reason = 'no cause was given';
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', (exitCode) => {
      const wasAlive = state === 'alive';
      state = 'ended';
      const what = `${reason} (exit code ${exitCode})`;
      reject(new AppError('upstream_unavailable', `the embedding worker ended before it was ready: ${what}`));
      rejectAll(what);
      if (wasAlive) onEnd(what);
    });
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') resolve(message.info);
      else if (message.kind === 'unready') reject(errorOf(message.failure));
      else onAnswer(message);
    });
  });
  state = 'alive';

  function post(message: ToWorker): void {
    worker.postMessage(message);
  }

  return {
    info,
    isAlive: () => state === 'alive',
    request: (texts) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        silence.set();
        post({ kind: 'embed', id, texts });
      }),
    async close() {
      if (state === 'alive') {
        state = 'closing';
        rejectAll('it was stopped');
        post({ kind: 'stop' });
      }
      const late = createAlarm(CLOSE_MS_MAX, () => void worker.terminate());
      late.set();
      await hasEnded;
      late.clear();
    },
  };
}

function errorOf({ code, message }: Failure): Error {
  return code === null ? new Error(`in the embedding worker: ${message}`) : new AppError(code, message);
}

function createAlarm(ms: number, ring: () => void): { set(): void; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => clearTimeout(timer);
  return {
    clear,
    set() {
      clear();
      timer = setTimeout(ring, ms);
    },
  };
}
