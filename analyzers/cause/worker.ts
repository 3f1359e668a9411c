import { parentPort, workerData } from 'node:worker_threads';
import { type ExplainInput, explain } from './explain.ts';

// Seconds of arithmetic, which would otherwise stand in the way of what is told.
parentPort?.postMessage(explain(workerData as ExplainInput));
