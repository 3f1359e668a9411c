import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '../../core/seeded-random.ts';
import { fitReferenceMap, type MapSample } from './fit-map.ts';

// Seconds of arithmetic, which would otherwise stand in the way of what arrives.
parentPort?.postMessage(fitReferenceMap(workerData as MapSample, seededRandom(1)));
