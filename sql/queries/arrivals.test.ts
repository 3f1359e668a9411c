import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../client.ts';
import { migrate } from '../migrate.ts';
import { type Arrival, arrivalHistory, latestArrivals } from './arrivals.ts';

const DAYS = 9000;
const RETENTION = {
  inferencesDays: DAYS,
  embeddingsDays: DAYS,
  rollupMinuteDays: DAYS,
  rollupHourDays: DAYS,
  findingsDays: DAYS,
  keyUsesDays: DAYS,
};
const [MINUTE, HOUR] = [60_000, 3_600_000];
const NOW = new Date('2026-11-22T12:30:00.000Z');
const HOUR_START = Date.parse('2026-11-22T12:00:00.000Z');
const SINCE = new Date(NOW.getTime() - 14 * 24 * HOUR);
const hoursAgo = (hours: number): Date => new Date(HOUR_START - hours * HOUR);
const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE);

let folder: string;
let store: Store;

const insert = (table: string, rows: readonly object[]): Promise<void> =>
  store.insertLines(table, Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
const bucket = (model: string, at: Date, more: object = {}): object => ({
  project: 'p',
  bucket: at.getTime() / 1_000,
  model,
  signal: 'inferences',
  revision: HOUR_START * 2 + 1,
  count: 10,
  ...more,
});
const finding = (model: string, until: Date, more: object = {}): object => ({
  project: 'p',
  model,
  signal: 'refusal',
  until: until.toISOString().replace('Z', ''),
  revision: NOW.toISOString().replace('Z', ''),
  ...more,
});
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

const history = async (model: string): Promise<Arrival | undefined> =>
  (await arrivalHistory(store, { since: SINCE, now: NOW })).find((arrival) => arrival.model === model);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-arrivals-'));
  store = await openStore({ kind: 'embedded', path: folder });
  await migrate(store, { retention: RETENTION, cluster: null });
  await insert('rollup_hour', [
    ...[300, 299, 298, 290, 40].map((hours, i) => bucket('old', hoursAgo(hours), { count: i })),
    ...range(0, 20).map((hours) => bucket('each half-hour', hoursAgo(hours))),
    bucket('of a segment', hoursAgo(1), { segment: 'region=eu' }),
    bucket('of a signal', hoursAgo(1), { signal: 'latency_ms' }),
    bucket('before', hoursAgo(15 * 24)),
    // The last hour was rolled up again, and is empty now; the one before it has other numbers.
    bucket('moved', hoursAgo(3), { count: 1 }),
    bucket('moved', hoursAgo(2)),
    ...range(0, 1_001).flatMap((i) => [0, 1].map((hours) => bucket(`live ${i}`, hoursAgo(hours)))),
  ]);
  // Each insert makes one row of those of one key.
  await insert('rollup_hour', [
    bucket('moved', hoursAgo(3), { count: 7, revision: HOUR_START * 2 + 3 }),
    bucket('moved', hoursAgo(2), { count: 0, is_deleted: 1, revision: HOUR_START * 2 + 2 }),
  ]);
  await insert('rollup_minute', [bucket('moved', minutesAgo(10))]);
  await insert('rollup_minute', [
    ...range(0, 40).map((halves) => bucket('each half-hour', minutesAgo(5 + 30 * halves))),
    bucket('moved', minutesAgo(10), { count: 0, is_deleted: 1, revision: HOUR_START * 2 + 2 }),
    bucket('new', minutesAgo(3)),
  ]);
  await insert('findings', [
    finding('old', hoursAgo(41)),
    finding('old', hoursAgo(39), { segment: 'region=eu' }),
    finding('each half-hour', minutesAgo(7)),
    finding('each half-hour', minutesAgo(12)),
  ]);
});
afterAll(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the history of arrivals', () => {
  it('knows the hour of what is long past: from when, and until when', async () => {
    expect(await history('old')).toEqual({
      project: 'p',
      model: 'old',
      version: '',
      seenAtLeast: hoursAgo(40),
      lastSeen: new Date(hoursAgo(39).getTime() - 1_000),
      longestGapMs: 249 * HOUR,
      hours: 5,
      perHour: 2,
      judgedUntil: hoursAgo(41),
    });
  });

  it('sees gaps within the hour, and the minute of the last inference', async () => {
    expect(await history('each half-hour')).toMatchObject({
      longestGapMs: 29 * MINUTE,
      seenAtLeast: minutesAgo(5),
      lastSeen: new Date(minutesAgo(4).getTime() - 1_000),
      judgedUntil: minutesAgo(7),
    });
  });

  it('counts what is there now, of whole streams alone, and in its span alone', async () => {
    expect(await history('moved')).toMatchObject({ hours: 1, perHour: 7, seenAtLeast: hoursAgo(3) });
    for (const model of ['of a segment', 'of a signal', 'before'])
      expect(await history(model)).toBeUndefined();
  });

  it('has more than a thousand streams, the silent ones among them', async () => {
    const all = await arrivalHistory(store, { since: SINCE, now: NOW });
    expect(all.map(({ model }) => model)).toContain('old');
    expect(all).toHaveLength(1_004);
  });
});

describe('the latest arrivals', () => {
  const models = async (minutes: number) =>
    new Map(
      (await latestArrivals(store, { since: minutesAgo(minutes), now: NOW })).map(({ model, ...rest }) => [
        model,
        { lastMinute: rest.lastMinute, judgedUntil: rest.judgedUntil },
      ]),
    );

  it('are what was seen or judged since', async () => {
    expect(await models(30)).toEqual(
      new Map([
        ['each half-hour', { lastMinute: minutesAgo(5), judgedUntil: minutesAgo(7) }],
        ['new', { lastMinute: minutesAgo(3), judgedUntil: null }],
      ]),
    );
    expect((await models(60 * 60)).get('old')).toEqual({ lastMinute: null, judgedUntil: hoursAgo(41) });
    expect(await models(2)).toEqual(new Map());
  });
});
