import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { joinState } from '../analyzers/state-parts.ts';
import type { StepStream } from '../analyzers/step-windows.ts';
import type { StreamEntry } from '../analyzers/stream-book.ts';
import { parseConfig } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import type { Store } from '../sql/client.ts';
import { writeEmbeddings } from '../sql/queries/embedding-work.ts';
import { writeScores } from '../sql/queries/scores.ts';
import { judgedStreams, readStreamStates } from '../sql/queries/stream-states.ts';
import { openWatch } from './pipeline.ts';
import { openMigratedStore } from './store.ts';

// The detectors are replaced by one that counts what it is shown, into its state: nothing may be shown twice, or never.

const MINUTE = 60_000;
const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const at = (minute: number): Date => new Date(T0 + minute * MINUTE);
const TABLES = [
  'inferences',
  'scores',
  'embeddings',
  'rollup_minute',
  'rollup_hour',
  'rollup_late',
  'states',
  'stream_states',
];

let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-late-'));
  store = (await openMigratedStore(parseConfig({ DATA_DIR: folder }))).store;
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const table of TABLES) await store.command(`TRUNCATE TABLE ${table}`);
});

const text = (date: Date): string => date.toISOString().replace('T', ' ').replace('Z', '');

async function insert(ids: readonly string[], minute: number, region: string): Promise<number[]> {
  const lines = ids.map((id, i) =>
    JSON.stringify({
      project: 'p',
      id,
      model: 'm',
      timestamp: text(new Date(at(minute).getTime() + i)),
      received_at: text(new Date()),
      latency_ms: 100 + i,
      language: i % 2 ? 'de' : 'en',
      attributes: { region },
    }),
  );
  await store.insertLines('inferences', Buffer.from(lines.map((line) => `${line}\n`).join('')));
  return [at(minute).getTime()];
}

async function score(ids: readonly string[], value: number): Promise<void> {
  const lines = ids.map((id) =>
    JSON.stringify({
      project: 'p',
      inference_id: id,
      name: 'correct',
      value,
      timestamp: text(at(0)),
      received_at: text(new Date()),
    }),
  );
  await writeScores(store, Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

/** Adds up in the state what the windows hold: rows, rows by signal, and sums. */
const counting: StepStream = async (state, { rows, summaries, categories }) => {
  const seen = { ...(state?.['seen'] as Record<string, number> | undefined) };
  const add = (name: string, n: number) => {
    seen[name] = (seen[name] ?? 0) + n;
  };
  add('rows', rows);
  for (const [signal, { count, sum }] of summaries) {
    add(signal, count);
    add(`${signal} sum`, sum);
  }
  for (const [signal, counts] of categories) for (const [value, n] of counts) add(`${signal}=${value}`, n);
  return { state: { seen }, findings: [], evidence: new Map() };
};

const open = (on: Store, signalsMax = 1_000) =>
  openWatch(on, {
    window: { kind: 'time', ms: 5 * MINUTE },
    segments: { attributesMax: 2, valuesMax: 2 },
    late: {
      inferencesMs: 60 * MINUTE,
      scoresMs: 600 * MINUTE,
      labels: { names: ['correct'], delayMs: 5 * MINUTE },
    },
    falsePagesPerMonth: 1,
    signalsMax,
    step: counting,
  });

async function seen(): Promise<Record<string, Record<string, number>>> {
  const keys = (await judgedStreams(store)).map(({ key }) => key);
  const parts = await readStreamStates(store, keys);
  return Object.fromEntries(
    parts.map((one) => {
      const entry = joinState(one) as StreamEntry;
      return [entry.key.segment, entry.state['seen'] as Record<string, number>];
    }),
  );
}

/** The store, failing at the n-th write as if the process had been killed before it. */
function dyingStore(writes: { left: number }): Store {
  const spend = (): void => {
    if (writes.left-- <= 0) throw new AppError('upstream_unavailable', 'killed');
  };
  return {
    ...store,
    async command(query, params) {
      spend();
      await store.command(query, params);
    },
    async insertLines(table, lines, settings) {
      spend();
      await store.insertLines(table, lines, settings);
    },
  };
}

const ids = (name: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${name}${i}`);
const WHOLE = {
  rows: 23,
  latency_ms: 23,
  'language=en': 13,
  'language=de': 10,
  'score:correct': 2,
  'score:correct sum': 1,
};
const EU = { rows: 13, latency_ms: 13, 'score:correct': 2, 'score:correct sum': 1 };

/** Three windows on time; then, into the first two, rows that are late and scores that are later; then one window more. */
async function story(watchOf: (step: number) => Promise<Awaited<ReturnType<typeof openWatch>>>) {
  const first = await watchOf(0);
  const minutes = [
    ...(await insert(ids('a', 4), 0, 'eu')),
    ...(await insert(ids('b', 4), 6, 'us')),
    ...(await insert(ids('c', 4), 11, 'eu')),
  ];
  first.touch(minutes);
  await first.turn(at(15));
  const second = await watchOf(1);
  second.touch(await insert(ids('late', 5), 1, 'eu'));
  second.touch(await insert(ids('l', 1), 7, 'us'));
  await score(['a0'], 1);
  await score(['late0'], 0);
  second.touch([at(0).getTime(), at(1).getTime()]);
  await second.turn(at(15));
  second.touch(await insert(ids('d', 5), 16, 'us'));
  await second.turn(at(20));
}

it('counts what comes late once, with the next window, and a late score for its own signal only', async () => {
  const watch = await open(store);
  await story(async () => watch);
  const totals = await seen();
  expect(totals['']).toMatchObject(WHOLE);
  // It has no row in the last window, and is judged for what came late.
  expect(totals['region=eu']).toMatchObject(EU);
  expect(totals['region=us']).toMatchObject({ rows: 10, latency_ms: 10 });
  expect(watch.place.leftOut.lateRows).toBe(0);
});

it('killed between any two writes, it has counted everything once', async () => {
  for (let writes = 0; ; writes++) {
    for (const table of TABLES) await store.command(`TRUNCATE TABLE ${table}`);
    const left = { left: writes };
    let died = false;
    /** A process that dies, and the one that comes after it: it is told of nothing, and finds what was received. */
    const mortal = async () => {
      let inner = await open(dyingStore(left)).catch(() => {
        died = true;
        return open(store);
      });
      return {
        touch: (minutes: Iterable<number>) => inner.touch(minutes),
        async turn(before: Date | null) {
          try {
            return await inner.turn(before);
          } catch {
            died = true;
            left.left = Number.POSITIVE_INFINITY;
            inner = await open(store);
            // Scores are told of again by the log, or by the caller who had no answer.
            inner.touch([at(0).getTime(), at(1).getTime()]);
            return inner.turn(before);
          }
        },
        get backlog() {
          return inner.backlog;
        },
        get place() {
          return inner.place;
        },
      };
    };
    const watches = [mortal, mortal];
    await story((step) => (watches[step] ?? mortal)());
    const totals = await seen();
    expect(totals[''], `killed before write ${writes + 1}`).toMatchObject(WHOLE);
    expect(totals['region=eu'], `killed before write ${writes + 1}`).toMatchObject(EU);
    if (!died) {
      expect(writes).toBeGreaterThan(15);
      return;
    }
  }
}, 240_000);

it('leaves a history that is loaded out, and says how much', async () => {
  const watch = await open(store);
  watch.touch(await insert(ids('a', 4), 0, 'eu'));
  await watch.turn(at(15));
  watch.touch(await insert(ids('old', 9), -300, 'eu'));
  watch.touch(await insert(ids('b', 4), 16, 'eu'));
  await watch.turn(at(20));
  expect((await seen())['']).toMatchObject({ rows: 8 });
  expect(watch.place.leftOut.lateRows).toBe(9);
});

it('judges what embeddings say as long as scores, and counts what comes too late, and labels behind their judgement', async () => {
  const watch = await open(store);
  const embedded = (of: readonly string[], groundedness: number) =>
    writeEmbeddings(
      store,
      of.map((inference_id) => ({
        ...{ project: 'p', inference_id, timestamp: at(0), identity: 'e' },
        ...{ prompt: null, response: null, relevance: null, groundedness, jailbreak: 1, injection: 0 },
      })),
    );
  watch.touch(await insert(ids('a', 4), 0, 'eu'));
  await watch.turn(at(15));
  await embedded(['a0', 'a1'], 0.5);
  await score(['a0'], 1);
  watch.touch([at(0).getTime(), ...(await insert(ids('b', 4), 200, 'eu'))]);
  await watch.turn(at(205));
  expect((await seen())['']).toMatchObject({
    ...{ rows: 8, groundedness: 2, jailbreak: 2, injection: 2, 'score:correct': 1 },
  });
  expect(watch.place.leftOut).toMatchObject({ lateRows: 0, lateScores: 0, lateLabels: 1 });
  await embedded(['a2'], 0.5);
  await score(['a1', 'a2'], 1);
  watch.touch([at(0).getTime(), ...(await insert(ids('c', 4), 700, 'eu'))]);
  await watch.turn(at(705));
  expect((await seen())['']).toMatchObject({ rows: 12, groundedness: 2, 'score:correct': 1 });
  // Two scores, and three signals of one inference.
  expect(watch.place.leftOut).toMatchObject({ lateRows: 0, lateScores: 5, lateLabels: 3 });
}, 120_000);

it('judges the wholes and the largest segments when there is no room for all, and says what it left out', async () => {
  // A stream has two signals here: the whole and one segment fit.
  const watch = await open(store, 2 * 2);
  watch.touch(await insert(ids('a', 6), 0, 'eu'));
  watch.touch(await insert(ids('b', 2), 1, 'us'));
  await watch.turn(at(5));
  expect(Object.keys(await seen()).sort()).toEqual(['', 'region=eu']);
  expect(watch.place.leftOut).toMatchObject({ streams: 1 });
});
