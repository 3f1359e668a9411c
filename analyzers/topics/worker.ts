import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '../../core/seeded-random.ts';
import { type MapInput, topicMap } from './topic-map.ts';

// A second of arithmetic, which would otherwise stand in the way of what arrives.
parentPort?.postMessage(topicMap(workerData as readonly MapInput[], seededRandom(1)));
