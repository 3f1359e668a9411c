import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDisparities } from '../analyzers/fairness/disparities.ts';
import type { FamilyReading } from '../analyzers/family.ts';
import { seededRandom } from '../core/seeded-random.ts';
import type { Store } from '../sql/client.ts';
import { openTempStore, type TempStore } from '../test/support/temp-store.ts';
import { createGroupSource } from './group-source.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const HOUR = 3_600_000;
const HOURS = 6;
const UNMATCHED = { strataBy: [], odds: null };

let temp: TempStore;
let store: Store;

beforeAll(async () => {
  temp = await openTempStore('disparities');
  store = temp.store;
  const random = seededRandom(1);
  const rows = Array.from({ length: HOURS * 600 }, (_, i) => {
    const gender = i % 3 === 0 ? 'f' : 'm';
    const isUnfair = i % 2 === 0;
    return {
      id: `i${i}`,
      timestamp: new Date(T0 + (i / 600) * HOUR).toISOString(),
      received_at: new Date(T0).toISOString(),
      model: isUnfair ? 'unfair' : 'fair',
      version: '1',
      refusal: random() < (isUnfair && gender === 'f' ? 0.3 : 0.1) ? 1 : 0,
      groups: { gender },
    };
  });
  await store.insertLines('inferences', Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
});

afterAll(() => temp.close());

it.each([true, false])(
  'finds the group that is refused more, and only where it is (by time: %s)',
  async (isByTime) => {
    const family = createDisparities(createGroupSource(store, { isByTime, ...UNMATCHED }));
    const states: Record<string, unknown> = {};
    const readings: FamilyReading[] = [];
    for (let hour = 0; hour < HOURS; hour++) {
      for (const model of ['fair', 'unfair']) {
        const window = {
          key: { project: 'default', model, version: '1', segment: '' },
          since: new Date(T0 + hour * HOUR),
          until: new Date(T0 + (hour + 1) * HOUR),
          rows: 300,
          summaries: new Map(),
          categories: new Map(),
        };
        const step = await family.step(states[model] ?? null, window, {
          levelOf: () => 1e-3,
          versionShare: 1,
          siblings: [],
        });
        states[model] = JSON.parse(JSON.stringify(step.state));
        readings.push(...step.readings.map((reading) => ({ ...reading, baselineVersion: model })));
      }
    }
    const alarms = readings.filter(({ outcome }) => outcome === 'alarm');
    expect(new Set(alarms.map((one) => `${one.baselineVersion} ${one.segment} ${one.signal}`))).toEqual(
      new Set(['unfair gender=f disparity:refusal']),
    );
  },
);

it.each([true, false])(
  'asks one thing of a window in which nobody has a group (by time: %s)',
  async (isByTime) => {
    const questions: string[] = [];
    const counted: Store = {
      ...store,
      rows(query, params) {
        questions.push(query);
        return store.rows(query, params);
      },
    };
    const source = createGroupSource(counted, { isByTime, ...UNMATCHED });
    const keys = ['fair', 'unfair', 'another'].map((model) => ({
      ...{ project: 'default', model, version: '1', segment: '' },
    }));
    const empty = { since: new Date(T0 + HOURS * HOUR), until: new Date(T0 + (HOURS + 1) * HOUR) };
    for (const key of keys) expect(await source.read(key, empty)).toEqual({ tallies: [], pairs: [] });
    expect(questions.length).toBe(isByTime ? 1 : keys.length);
    // The last inference of the hour before counts to that hour, and is found.
    questions.length = 0;
    const last = { since: new Date(T0 + HOURS * HOUR - 60_000), until: empty.since };
    const tables = [];
    for (const key of keys) tables.push(await source.read(key, last));
    expect(tables.map(({ tallies }) => tallies.length > 0)).toEqual([true, true, false]);
    expect(questions.length).toBe(isByTime ? 5 : 11);
  },
);
