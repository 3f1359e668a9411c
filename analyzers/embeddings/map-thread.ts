import { Worker } from 'node:worker_threads';
import { AppError } from '../../core/errors.ts';
import { workerPath } from '../../core/package-root.ts';
import type { MapSample } from './fit-map.ts';
import type { ReferenceMap } from './reference-map.ts';

/** A map of 3,000 rows takes some ten seconds on one core; one that takes this long has gone wrong. */
const TIMEOUT_MS = 300_000;
const HEAP_MB_MAX = 512;

/** `fitReferenceMap` in a thread of its own. @throws AppError `upstream_unavailable` if it ends without an answer */
export function fitMapInThread(sample: MapSample): Promise<ReferenceMap> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerPath(import.meta.url, 'worker'), {
      name: 'reference map',
      workerData: sample,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    const timer = setTimeout(() => void worker.terminate(), TIMEOUT_MS);
    const fail = (cause?: unknown): void =>
      reject(new AppError('upstream_unavailable', 'the reference map could not be made', { cause }));
    worker.once('message', (map: ReferenceMap) => resolve(map));
    worker.once('error', fail);
    worker.once('exit', () => {
      clearTimeout(timer);
      fail();
    });
  });
}
