import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../core/errors.ts';
import type { Explained, ExplainInput } from './explain.ts';

/** Of 60,000 rows it takes seconds; one that takes this long has gone wrong. */
const TIMEOUT_MS = 60_000;
const HEAP_MB_MAX = 512;

/** `explain` in a thread of its own. @throws AppError `upstream_unavailable` if the thread ends without an answer, as it does when it is broken off */
export function explainInThread(input: ExplainInput, signal: AbortSignal): Promise<Explained | null> {
  const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, {
      name: 'cause',
      workerData: input,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    const end = (): void => void worker.terminate();
    const timer = setTimeout(end, TIMEOUT_MS);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    const fail = (cause?: unknown): void =>
      reject(new AppError('upstream_unavailable', 'the change could not be explained in time', { cause }));
    worker.once('message', (explained: Explained | null) => resolve(explained));
    worker.once('error', fail);
    worker.once('exit', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      fail();
    });
  });
}
