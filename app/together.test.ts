import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StepStream } from '../analyzers/step-windows.ts';
import { parseConfig } from '../core/config.ts';
import type { Store } from '../sql/client.ts';
import { openWatch } from './pipeline.ts';
import { openMigratedStore } from './store.ts';

// The detectors are replaced by one whose evidence is known, so that what is made of it can be seen.

const MINUTE = 60_000;
const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const at = (minute: number): Date => new Date(T0 + minute * MINUTE);

let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-together-'));
  store = (await openMigratedStore(parseConfig({ DATA_DIR: folder }))).store;
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** One inference of each of these models in a minute. */
async function insert(models: readonly string[], minute: number): Promise<number[]> {
  const timestamp = at(minute).toISOString().replace('T', ' ').replace('Z', '');
  const lines = models.map((model) =>
    JSON.stringify({
      project: 'p',
      id: `${model} ${minute}`,
      model,
      timestamp,
      received_at: timestamp,
      latency_ms: 100,
    }),
  );
  await store.insertLines('inferences', Buffer.from(`${lines.join('\n')}\n`));
  return [at(minute).getTime()];
}

/** Of the models named, each at a fraction of what a signal needs by itself. */
function stepOf(changed: readonly string[], told: Map<string, number>): StepStream {
  return async (_, { key }, { budget, togetherOf }) => {
    told.set(key.model, togetherOf('latency_ms'));
    const log = changed.includes(key.model) ? Math.log(40 / budget.total) : 0;
    return {
      state: {},
      findings: [],
      evidence: new Map([['latency_ms', { logDetector: log, logEValue: log, isStanding: false }]]),
    };
  };
}

const open = (step: StepStream) =>
  openWatch(store, {
    window: { kind: 'time', ms: 5 * MINUTE },
    segments: { attributesMax: 0, valuesMax: 0 },
    late: { inferencesMs: 60 * MINUTE, scoresMs: 600 * MINUTE },
    falsePagesPerMonth: 1,
    signalsMax: 1_000,
    step,
  });

it('tells the signals that all together name, with the next window, and through a restart', async () => {
  const models = ['a', 'b', 'c', 'd', 'e', 'f'];
  const told = new Map<string, number>();
  const step = stepOf(['a', 'b', 'c', 'd'], told);
  const watch = await open(step);
  watch.touch(await insert(models, 0));
  await watch.turn(at(5));
  expect([...told.values()].every((ratio) => ratio === 0)).toBe(true);
  const said = watch.place.together;
  expect(said?.ratio).toBeGreaterThan(1);
  expect(said?.changed.map(({ key }) => key.model).sort()).toEqual(['a', 'b', 'c', 'd']);

  const again = await open(step);
  expect(again.place.together).toEqual(said);
  again.touch(await insert(models, 5));
  await again.turn(at(10));
  expect(Object.fromEntries(told)).toEqual({
    a: said?.ratio,
    b: said?.ratio,
    c: said?.ratio,
    d: said?.ratio,
    e: 0,
    f: 0,
  });
});

it('tells nobody of what is not enough together', async () => {
  const told = new Map<string, number>();
  const watch = await open(stepOf(['a'], told));
  watch.touch(await insert(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'], 20));
  await watch.turn(at(25));
  expect(watch.place.together?.ratio).toBeLessThan(1);
  watch.touch(await insert(['a', 'b'], 25));
  await watch.turn(at(30));
  expect(told.get('a')).toBe(0);
});
