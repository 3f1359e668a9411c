import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../core/errors.ts';
import type { MapInput, TopicMap } from './topic-map.ts';

/** A map of two samples of 1,500 takes about a second; one that takes this long has gone wrong. */
const TIMEOUT_MS = 60_000;
const HEAP_MB_MAX = 512;

/** `topicMap` in a thread of its own. @throws AppError `upstream_unavailable` if the thread ends without an answer */
export function topicMapInThread(inputs: readonly MapInput[]): Promise<TopicMap> {
  const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, {
      name: 'topics',
      workerData: inputs,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    const timer = setTimeout(() => void worker.terminate(), TIMEOUT_MS);
    const fail = (cause?: unknown): void =>
      reject(
        new AppError('upstream_unavailable', 'the map of topics could not be drawn; try again', { cause }),
      );
    worker.once('message', (map: TopicMap) => resolve(map));
    worker.once('error', fail);
    worker.once('exit', () => {
      clearTimeout(timer);
      fail();
    });
  });
}
