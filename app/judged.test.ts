import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../core/config.ts';
import type { StreamKey } from '../core/finding.ts';
import type { Store } from '../sql/client.ts';
import { writeEmbeddings } from '../sql/queries/embedding-work.ts';
import { exampleInferences } from '../sql/queries/examples.ts';
import { type JudgedBucket, judgedBuckets } from '../sql/queries/judged-pairs.ts';
import { timeWindow } from '../sql/queries/windows.ts';
import { rollUp } from '../sql/rollup.ts';
import { openTempStore, type TempStore } from '../test/support/temp-store.ts';
import { judgedFamily } from './judged.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const KEY = { project: 'default', model: 'm', version: '1', segment: '' };
const HOUR = { since: new Date(T0), until: new Date(T0 + 3_600_000) };
const PAIR = { judge: 'judge', label: 'human', low: 1, high: 5 };

let temp: TempStore;
let store: Store;

/** 120 inferences; the judge scores all but every tenth, a person every third, half of them later. */
beforeAll(async () => {
  temp = await openTempStore('judged');
  store = temp.store;
  const rows = Array.from({ length: 120 }, (_, index) => ({
    id: `a${index}`,
    timestamp: new Date(T0 + (index % 60) * 60_000).toISOString(),
    received_at: new Date().toISOString(),
    model: 'm',
    version: '1',
    session: index < 40 ? `s${index >> 2}` : '',
    attributes: { region: index % 2 === 0 ? 'eu' : 'us' },
    looping: index % 2,
    format_fault: index % 4 === 0 ? 'required' : 'none',
    scores: {
      ...(index % 10 === 0 ? {} : { judge: 1 + (index % 5) }),
      ...(index % 3 === 0 ? { human: index % 6 === 0 ? 5 : 2 } : {}),
    },
  }));
  const lines = (some: readonly unknown[]): Buffer =>
    Buffer.from(some.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await store.insertLines('inferences', lines(rows));
  await store.insertLines('inferences', lines(rows));
  const late = rows
    .filter((_, index) => index % 6 === 0)
    .map(({ id, timestamp }) => ({
      project: 'default',
      inference_id: id,
      name: 'human',
      value: 3,
      timestamp,
      received_at: new Date().toISOString(),
    }));
  await store.insertLines('scores', lines(late));
  await writeEmbeddings(
    store,
    rows.slice(0, 20).map(({ id, timestamp }, index) => ({
      project: 'default',
      inference_id: id,
      timestamp: new Date(timestamp),
      identity: 'e',
      prompt: null,
      response: null,
      relevance: null,
      groundedness: index / 16,
      jailbreak: index === 0 ? 1 : 0,
      injection: index < 10 ? null : 0,
    })),
  );
  await rollUp(
    store,
    rows.map(({ timestamp }) => Date.parse(timestamp)),
    { admitted: {}, bounds: { attributesMax: 8, valuesMax: 20 }, now: new Date() },
  );
});
afterAll(() => temp.close());

const sumOf = (rows: readonly Record<string, number>[], name: string): number =>
  rows.reduce((sum, row) => sum + (row[name] ?? 0), 0);

const bucketsOf = async (
  query: Partial<Parameters<typeof judgedBuckets>[1]>,
): Promise<readonly JudgedBucket[]> => {
  const [found] = await judgedBuckets(store, { key: KEY, ...HOUR, pairs: [PAIR], ...query });
  return found?.byPair[0] ?? [];
};

describe('judgedBuckets', () => {
  it('sums what judge and people said, on the scale of [0, 1], each inference once', async () => {
    const buckets = await bucketsOf({});
    const all = Array.from({ length: 120 }, (_, index) => index).filter((index) => index % 10 !== 0);
    const labelled = all.filter((index) => index % 3 === 0);
    const judge = (index: number): number => (index % 5) / 4;
    // A score that came later replaces the one before it.
    const human = (index: number): number => (index % 6 === 0 ? 0.5 : 0.25);
    const sum = (indexes: readonly number[], of: (index: number) => number): number =>
      indexes.reduce((total, index) => total + of(index), 0);
    const others = all.filter((index) => index % 3 !== 0);
    expect(sumOf(buckets, 'labels')).toBe(labelled.length);
    expect(sumOf(buckets, 'others')).toBe(others.length);
    expect(sumOf(buckets, 'y')).toBeCloseTo(sum(labelled, human));
    expect(sumOf(buckets, 'yf')).toBeCloseTo(sum(labelled, (index) => human(index) * judge(index)));
    expect(sumOf(buckets, 'gg')).toBeCloseTo(sum(others, (index) => judge(index) ** 2));
    expect(buckets.length).toBeGreaterThan(16);
  });

  it('chooses by segment and time', async () => {
    const key = { ...KEY, segment: 'region=eu' };
    const count = async (query: Partial<Parameters<typeof judgedBuckets>[1]>): Promise<number> => {
      const buckets = await bucketsOf(query);
      return sumOf(buckets, 'labels') + sumOf(buckets, 'others');
    };
    // Every tenth of 120 has no judgement, and all of those are even.
    expect(await count({ key })).toBe(48);
    expect(await count({ until: new Date(T0 + 60_000) })).toBe(0);
    expect(await count({ since: new Date(T0 + 60_000), until: new Date(T0 + 120_000) })).toBe(2);
    expect(await count({ pairs: [{ ...PAIR, judge: 'none' }] })).toBe(0);
  });

  it('answers for all pairs and all wholes at once what it answers for each alone', async () => {
    const swapped = { judge: PAIR.label, label: PAIR.judge, low: 0, high: 2 };
    const together = await judgedBuckets(store, { key: null, ...HOUR, pairs: [PAIR, swapped] });
    expect(together.map(({ key }) => key)).toEqual([KEY]);
    expect(together[0]?.byPair).toEqual([await bucketsOf({}), await bucketsOf({ pairs: [swapped] })]);
    expect(together[0]?.byPair[1]?.length).toBeGreaterThan(0);
  });
});

describe('judgedFamily', () => {
  it('is none without a pair', () => {
    expect(judgedFamily(store, parseConfig({}))).toBeNull();
  });

  it('asks once for all streams and pairs of a window, and nothing for segments of what nobody scored', async () => {
    let questions = 0;
    const counted: Store = {
      ...store,
      rows(query, params) {
        questions++;
        return store.rows(query, params);
      },
    };
    const config = parseConfig({ JUDGED: 'judge=human[1..5], human=judge[1..5]', WINDOW: '1h' });
    const family = judgedFamily(counted, { ...config, JUDGED_DELAY: 0 });
    const context = { levelOf: () => 1e-4, versionShare: 1, siblings: [] };
    const step = (key: Partial<StreamKey>, range = HOUR) =>
      family?.step(
        null,
        { key: { ...KEY, ...key }, ...range, rows: 9, summaries: new Map(), categories: new Map() },
        context,
      );
    const whole = await step({});
    expect(whole?.readings.length).toBe(4);
    for (let place = 0; place < 20; place++) {
      await step({ model: `unscored ${place}` });
      await step({ model: `unscored ${place}`, segment: 'region=eu' });
    }
    expect(questions).toBe(1);
    expect((await step({ segment: 'region=eu' }))?.readings.length).toBe(4);
    expect(questions).toBe(2);
    await step({}, { since: HOUR.until, until: new Date(HOUR.until.getTime() + 3_600_000) });
    expect(questions).toBe(3);
  });

  it('reads the hour that people have had their time for', async () => {
    const family = judgedFamily(store, parseConfig({ JUDGED: 'judge=human[1..5]', JUDGED_DELAY: '1d' }));
    const window = { key: KEY, rows: 120, summaries: new Map(), categories: new Map() };
    const context = { levelOf: () => 1e-4, versionShare: 1, siblings: [] };
    const early = await family?.step(null, { ...window, ...HOUR }, context);
    expect(early?.readings).toEqual([]);
    const shifted = { since: new Date(T0 + 864e5), until: new Date(T0 + 864e5 + 3_600_000) };
    const step = await family?.step(null, { ...window, ...shifted }, context);
    expect(step?.readings.map(({ signal, outcome, rowsNeeded }) => [signal, outcome, rowsNeeded])).toEqual([
      ['quality:human', 'not_enough_data', 64],
      ['judge_bias:human', 'not_enough_data', 64],
    ]);
  });

  it.each(['judge', 'a=a', 'a=b[5..1]', 'a=b, c=b', 'a=b[x..1]'])('refuses JUDGED=%s', (JUDGED) => {
    expect(() => parseConfig({ JUDGED })).toThrow(/JUDGED: expected at most 20 pairs/);
  });
});

describe('signals of meaning and format', () => {
  it('reach the windows, each with its own rows', async () => {
    const [window] = (await timeWindow(store, HOUR)).filter(({ key }) => key.segment === '');
    const { summaries, categories } = window ?? {};
    const counted = ['groundedness', 'jailbreak', 'injection', 'looping'].map((name) => summaries?.get(name));
    expect(counted.map((summary) => [summary?.count, summary?.sum])).toEqual([
      [20, 11.875],
      [20, 1],
      [10, 0],
      [120, 60],
    ]);
    expect(Object.fromEntries(categories?.get('format_fault') ?? [])).toEqual({ none: 90, required: 30 });
    expect(summaries?.has('relevance')).toBe(false);
  });

  it('have examples', async () => {
    const query = { stream: KEY, ...HOUR, signal: 'groundedness', target: 0.5, limit: 1 };
    expect((await exampleInferences(store, query)).map(({ id }) => id)).toEqual(['a8']);
  });
});
