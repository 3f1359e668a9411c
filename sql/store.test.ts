import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AppError } from '../core/errors.ts';
import { binOf } from '../core/grid.ts';
import { summarize } from '../core/summary.ts';
import { openStore, type Store } from './client.ts';
import type { InferenceBlock } from './inference-block.ts';
import { openInferenceWriter } from './insert.ts';
import { migrate, render } from './migrate.ts';
import { readStates, writeStates } from './queries/states.ts';
import { liveStreams, rowWindows, timeWindow } from './queries/windows.ts';
import { minutesReceivedSince, rollUp } from './rollup.ts';

const RETENTION = {
  inferencesDays: 90,
  embeddingsDays: 30,
  rollupMinuteDays: 90,
  rollupHourDays: 800,
  findingsDays: 400,
  keyUsesDays: 400,
};
const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const MINUTE = 60_000;

let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-sql-'));
  store = await openStore({ kind: 'embedded', path: folder });
  await migrate(store, { retention: RETENTION, cluster: null });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

type Record_ = Record<string, unknown> & { id: string; timestamp: string };

function block(
  records: readonly Record_[],
  spell: (record: Record_) => string = (r) => JSON.stringify(r),
): InferenceBlock {
  const complete = records.map((record) => ({
    project: 'p',
    model: 'm',
    received_at: new Date().toISOString(),
    ...record,
  }));
  const lines = complete.map((record) => `${spell(record)}\n`);
  const offsets: number[] = [];
  let at = 0;
  for (const line of lines) {
    offsets.push(at);
    at += Buffer.byteLength(line);
  }
  return {
    lines: Buffer.from(lines.join('')),
    offsets,
    ids: complete.map((record) => record.id),
    projects: complete.map((record) => String(record.project)),
    timestampsMs: complete.map((record) => Date.parse(record.timestamp)),
    canonicalLines: () => Buffer.from(complete.map((record) => `${JSON.stringify(record)}\n`).join('')),
  };
}

const at = (ms: number): string => new Date(T0 + ms).toISOString();
const counts = async (project: string): Promise<unknown> =>
  (
    await store.rows(
      `SELECT (SELECT count() FROM inferences FINAL WHERE project = {project: String}) AS raw,
              (SELECT sum(count) FROM rollup_minute FINAL WHERE project = {project: String} AND signal = 'inferences' AND segment = '') AS minutes,
              (SELECT sum(count) FROM rollup_hour FINAL WHERE project = {project: String} AND signal = 'inferences' AND segment = '') AS hours`,
      { project },
    )
  )[0];
const roll = (minutes: Iterable<number>, admitted = {}): Promise<void> =>
  rollUp(store, minutes, { admitted, bounds: { attributesMax: 8, valuesMax: 2 }, now: new Date() });

describe('a long answer from the embedded engine', () => {
  it('comes whole while other work goes on', async () => {
    const ROWS = 400_000;
    let isRead = false;
    const otherWork = (async () => {
      for (; !isRead; await store.rows('SELECT 1'))
        await store.insertLines('touched_minutes', Buffer.from('{"minute":0,"token":"other work"}\n'));
    })();
    const streams = [0, 1].map(async () => {
      let lines = 0;
      for await (const chunk of store.chunks(`SELECT number FROM numbers(${ROWS})`))
        lines += chunk.filter((byte) => byte === 0x0a).length;
      return lines;
    });
    expect(await Promise.all(streams)).toEqual([ROWS, ROWS]);
    isRead = true;
    await otherWork;
  });
});

describe('an id counts once', () => {
  it('whether it comes again as it was, corrected, or with another timestamp, in one block or later', async () => {
    const writer = await openInferenceWriter(store, { idsMax: 1_000 });
    const touched = new Set<number>();
    const insert = async (records: readonly Record_[]): Promise<void> => {
      for (const minute of await writer.insert(block(records.map((r) => ({ ...r, project: 'once' })))))
        touched.add(minute);
    };
    await insert([
      { id: 'a', timestamp: at(0) },
      { id: 'a', timestamp: at(90 * MINUTE) },
      { id: 'b', timestamp: at(1) },
    ]);
    await insert([{ id: 'a', timestamp: at(0), latency_ms: 5 }]);
    await insert([{ id: 'a', timestamp: at(-40 * 24 * 60 * MINUTE) }]);
    await Promise.all([
      insert([{ id: 'c', timestamp: at(0) }]),
      insert([{ id: 'c', timestamp: at(5 * MINUTE) }]),
    ]);
    await roll(touched);
    await roll(touched);
    expect(await counts('once')).toEqual({ raw: 3, minutes: 3, hours: 3 });
  });

  describe('when a look-up or an insert fails, or others are under way', () => {
    const one = (project: string, ms: number) => block([{ project, id: 'a', timestamp: at(ms) }]);
    const timestamps = async (project: string): Promise<unknown> =>
      (
        await store.rows(
          'SELECT groupUniqArray(toUnixTimestamp64Milli(timestamp)) AS ms FROM inferences WHERE project = {project: String}',
          { project },
        )
      ).map((row) => (row as { ms: unknown[] }).ms.map(Number));
    /** The store, with steps that a test puts before its reads and inserts. */
    const disturbed = (before: { rows?: () => Promise<void>; insert?: () => Promise<void> }): Store => ({
      ...store,
      async rows(...query) {
        await before.rows?.();
        return store.rows(...query);
      },
      async insertLines(...lines) {
        await before.insert?.();
        return store.insertLines(...lines);
      },
    });
    const away = async (): Promise<void> => {
      throw new AppError('upstream_unavailable', 'the store is away');
    };

    it('a repeat whose look-up failed is looked up again', async () => {
      const before: Parameters<typeof disturbed>[0] = {};
      const writer = await openInferenceWriter(disturbed(before), { idsMax: 1_000 });
      await writer.insert(one('look-up-fails', 0));
      before.rows = away;
      await expect(writer.insert(one('look-up-fails', 5 * MINUTE))).rejects.toThrow('away');
      delete before.rows;
      await writer.insert(one('look-up-fails', 5 * MINUTE));
      expect(await timestamps('look-up-fails')).toEqual([[T0]]);
    });

    it('a repeat waits for what another block is looking up', async () => {
      const before: Parameters<typeof disturbed>[0] = {};
      const writer = await openInferenceWriter(disturbed(before), { idsMax: 1_000 });
      await writer.insert(one('look-up-waits', 0));
      const waiting: (() => void)[] = [];
      before.rows = () => new Promise((resolve) => waiting.push(resolve));
      const inserts = [
        writer.insert(one('look-up-waits', 5 * MINUTE)),
        writer.insert(one('look-up-waits', 5 * MINUTE)),
      ];
      delete before.rows;
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (const resolve of waiting) resolve();
      await Promise.all(inserts);
      expect(await timestamps('look-up-waits')).toEqual([[T0]]);
    });

    it('an id is on its way until the last block with it has ended', async () => {
      const before: Parameters<typeof disturbed>[0] = {};
      const writer = await openInferenceWriter(disturbed(before), { idsMax: 1_000 });
      const steps: (() => void)[] = [];
      before.insert = () =>
        new Promise((resolve, reject) => steps.push(steps.length === 0 ? reject : resolve));
      const first = writer.insert(one('first-fails', 0));
      const second = writer.insert(one('first-fails', 5 * MINUTE));
      await vi.waitFor(() => expect(steps).toHaveLength(2));
      steps[0]?.();
      await expect(first).rejects.toBeUndefined();
      delete before.insert;
      await writer.insert(one('first-fails', 9 * MINUTE));
      steps[1]?.();
      await second;
      expect(await timestamps('first-fails')).toEqual([[T0]]);
    });
  });

  it('also after the process has been started again', async () => {
    const first = await openInferenceWriter(store, { idsMax: 1_000 });
    await first.insert(block([{ id: 'r', timestamp: at(0), project: 'again' }]));
    const second = await openInferenceWriter(store, { idsMax: 1_000 });
    const minutes = await second.insert(
      block([{ id: 'r', timestamp: at(3 * 60 * MINUTE), project: 'again' }]),
    );
    await roll(minutes);
    expect(await counts('again')).toEqual({ raw: 1, minutes: 1, hours: 1 });
  });

  it('a row whose model was corrected leaves the rollups of the old model', async () => {
    const writer = await openInferenceWriter(store, { idsMax: 1_000 });
    await roll(
      await writer.insert(block([{ id: 'x', timestamp: at(0), project: 'corrected', model: 'old' }])),
    );
    await roll(
      await writer.insert(block([{ id: 'x', timestamp: at(0), project: 'corrected', model: 'new' }])),
    );
    expect(
      await store.rows(
        `SELECT model, count FROM rollup_hour FINAL WHERE project = 'corrected' AND signal = 'inferences'`,
      ),
    ).toEqual([{ model: 'new', count: 1 }]);
  });
});

it('takes a block that the engine cannot read as it came', async () => {
  const writer = await openInferenceWriter(store, { idsMax: 1_000 });
  const odd = block([{ id: 'odd', timestamp: at(0), project: 'odd', output_tokens: 150 }], (record) =>
    JSON.stringify(record).replace('150', '1.5e2'),
  );
  await writer.insert(odd);
  expect(await store.rows(`SELECT output_tokens FROM inferences WHERE project = 'odd'`)).toEqual([
    { output_tokens: 150 },
  ]);
});

it('rolls every kind of signal up as core/summary.ts does', async () => {
  const writer = await openInferenceWriter(store, { idsMax: 1_000 });
  const values = [0, 1, 3, 99, 812.5, 0.001, 1e6, 3, 3];
  const records = values.map((latency_ms, i) => ({
    id: `k${i}`,
    timestamp: at(i),
    project: 'kinds',
    latency_ms,
    language: i % 2 ? 'en' : 'de',
    tone: -0.5,
    scores: { correct: i % 2 },
    attributes: {
      region: `r${i % 4}`,
      'otel.scope.name': 'how it was recorded',
      'gen_ai.request.top_p': '1',
    },
  }));
  const minutes = await writer.insert(block(records));
  await store.insertLines(
    'scores',
    Buffer.from(
      `${JSON.stringify({ project: 'kinds', inference_id: 'k0', name: 'correct', value: 1, timestamp: '2026-11-22 10:00:00', received_at: '2026-11-22 10:00:00' })}\n`,
    ),
  );
  await roll(minutes);
  const windows = await timeWindow(store, { since: new Date(T0), until: new Date(T0 + MINUTE) });
  const whole = windows.find((window) => window.key.project === 'kinds' && window.key.segment === '');
  expect(whole?.rows).toBe(values.length);
  expect(whole?.summaries.get('latency_ms')).toEqual(summarize(values));
  expect(whole?.summaries.get('score:correct')).toEqual(summarize([1, 1, 0, 1, 0, 1, 0, 1, 0]));
  expect(whole?.categories.get('language')).toEqual(
    new Map([
      ['de', 5],
      ['en', 4],
    ]),
  );
  expect(whole?.summaries.get('tone')?.bins).toEqual(new Map([[binOf(-0.5), values.length]]));
  const segments = windows
    .filter((window) => window.key.project === 'kinds')
    .map((window) => window.key.segment)
    .sort();
  expect(segments).toEqual(['', 'region=(other)', 'region=r0', 'region=r1']);
  expect(
    await store.rows(
      `SELECT categories FROM rollup_minute FINAL WHERE project = 'kinds' AND signal = 'language' AND segment = ''`,
    ),
  ).toEqual([{ categories: { de: 5, en: 4 } }]);
});

it('cuts a stream into windows of rows in order of time, and goes on after the cursor', async () => {
  const writer = await openInferenceWriter(store, { idsMax: 1_000 });
  const records = Array.from({ length: 11 }, (_, i) => ({
    id: `w${String(i).padStart(2, '0')}`,
    timestamp: at(Math.floor(i / 2)),
    project: 'rows',
    latency_ms: i + 1,
  }));
  await writer.insert(block([...records].reverse()));
  const key = { project: 'rows', model: 'm', version: '', segment: '' };
  const options = { before: new Date(T0 + MINUTE), rowsPerWindow: 4, windowsMax: 10 };
  const windows = await rowWindows(store, key, { ...options, after: null });
  expect(
    windows.map((window) => [window.rows, window.summaries.get('latency_ms')?.sum, window.lastId]),
  ).toEqual([
    [4, 10, 'w03'],
    [4, 26, 'w07'],
  ]);
  const after = { at: new Date(T0 + 3), id: 'w07' };
  expect(await rowWindows(store, key, { ...options, after })).toEqual([]);
  expect(
    (await rowWindows(store, key, { ...options, rowsPerWindow: 3, after }))[0]?.summaries.get('latency_ms')
      ?.sum,
  ).toBe(30);
  expect((await liveStreams(store, new Date(T0))).find((stream) => stream.key.project === 'rows')?.rows).toBe(
    11,
  );
});

it('finds the minutes received since an instant', async () => {
  const writer = await openInferenceWriter(store, { idsMax: 1_000 });
  const received = '2030-01-01T00:00:00.500Z';
  await writer.insert(
    block([{ id: 'late', timestamp: at(-10 * MINUTE), project: 'late', received_at: received }]),
  );
  expect(await minutesReceivedSince(store, new Date(received))).toEqual([T0 - 10 * MINUTE]);
});

it('keeps the latest state of a name', async () => {
  await writeStates(
    store,
    'test',
    new Map<string, unknown>([
      ['a', { n: 1 }],
      ['b', 2],
    ]),
  );
  await writeStates(store, 'test', new Map([['a', { n: 3 }]]));
  expect(await readStates(store, 'test')).toEqual(
    new Map<string, unknown>([
      ['a', { n: 3 }],
      ['b', 2],
    ]),
  );
});

it('fills in the engine', () => {
  const statement = 'CREATE TABLE t {{on_cluster}} (a Int8) ENGINE = {{engine ReplacingMergeTree(v)}}';
  const alone = { retention: RETENTION, cluster: null };
  expect(render(statement, alone)).toEqual([
    'CREATE TABLE IF NOT EXISTS t  (a Int8) ENGINE = ReplacingMergeTree(v)',
  ]);
  expect(() => render('{{nonsense}}', alone)).toThrow('nonsense');
});

it('states the retention only where it is another one', async () => {
  const said: string[] = [];
  const listening: Store = {
    ...store,
    command(query) {
      said.push(query);
      return store.command(query);
    },
  };
  await migrate(listening, { retention: RETENTION, cluster: null });
  said.length = 0;
  await migrate(listening, { retention: { ...RETENTION, findingsDays: 401 }, cluster: null });
  expect(said.filter((query) => query.startsWith('ALTER')).map((query) => query.split(' ')[2])).toEqual([
    'findings',
    'incidents',
    'deliveries',
    'silences',
    'acknowledgements',
    'causes',
  ]);
});

it('keeps rows as long as the settings say now, and says so when a migration has changed', async () => {
  await migrate(store, { retention: { ...RETENTION, inferencesDays: 7 }, cluster: null });
  const [row] = (await store.rows(
    `SELECT create_table_query AS text FROM system.tables WHERE database = currentDatabase() AND name = 'inferences'`,
  )) as { text: string }[];
  expect(row?.text).toMatch(/toIntervalDay\(7\).*RECOMPRESS CODEC\(ZSTD\(3\)\)/s);
  await store.insertLines(
    'migrations',
    Buffer.from(
      `${JSON.stringify({ name: '0001-inferences.sql', checksum: 'other', applied_at: '2100-01-01 00:00:00' })}\n`,
    ),
  );
  await expect(migrate(store, { retention: RETENTION, cluster: null })).rejects.toThrow(
    'migration 0001-inferences.sql has changed since it was applied',
  );
});
