import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cause } from '../../core/cause.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import type { Store } from '../client.ts';
import { rollUp } from '../rollup.ts';
import { valueBuckets, valueUnits } from './cause-onsets.ts';
import { BUILT_IN_ATTRIBUTES, causeAttributes, causeRows } from './cause-rows.ts';
import { readCauses, writeCause } from './causes.ts';
import { exampleInferences } from './examples.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const MINUTE = 60_000;
const at = (ms: number): Date => new Date(T0 + ms);
const KEY = { project: 'default', model: 'm', version: '1', segment: '' };
const SPAN = { stream: KEY, since: at(0), until: at(60 * MINUTE) };

let temp: TempStore;
let store: Store;

beforeAll(async () => {
  temp = await openTempStore('causes');
  store = temp.store;
  const of = <T>(isFirst: boolean, first: T, other: T): T => (isFirst ? first : other);
  const rows = Array.from({ length: 60 }, (_, place) => ({
    id: `a${place}`,
    timestamp: at(place * MINUTE).toISOString(),
    received_at: new Date().toISOString(),
    model: 'm',
    version: of(place < 30, '1', '2'),
    release: of(place < 45, 'r1', 'r2'),
    session: of(place % 3 === 0, `s${place % 10}`, ''),
    user: of(place % 3 === 1, 'u', ''),
    prompt: of(place % 2 === 0, 'same', `own ${place}`),
    refusal: of(place % 4 === 0, null, place % 2),
    language: of(place < 40, 'en', 'de'),
    attributes: {
      region: of(place % 2 === 1, 'eu', 'us'),
      ...of(place < 20, { tier: 'free' }, {}),
      request: `r${place}`,
    },
    scores: { correct: 0.5 },
  }));
  await store.insertLines('inferences', Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')), {
    date_time_input_format: 'best_effort',
  });
  await rollUp(store, new Set(rows.map((row) => Date.parse(row.timestamp))), {
    admitted: {},
    bounds: { attributesMax: 2, valuesMax: 2 },
    now: new Date(),
  });
}, 60_000);
afterAll(() => temp.close());

it('lists what inferences have, the commonest first', async () => {
  expect(await causeAttributes(store, { ...SPAN, limit: 100 })).toEqual(['region', 'request', 'tier']);
});

it('reads inferences with their value, unit, prompt and attributes; those without a value are left out', async () => {
  const query = { ...SPAN, signal: 'refusal', names: ['region', 'tier'], ids: [], limit: 100 };
  const rows = await causeRows(store, query);
  expect(rows).toHaveLength(22);
  const byId = new Map(rows.map((row) => [row.id, row]));
  expect(byId.get('a0')).toBeUndefined();
  expect(byId.get('a1')).toMatchObject({ unit: 'uu', value: 1 });
  expect(byId.get('a3')?.unit).toBe('ss3');
  expect(byId.get('a2')?.unit).toBe('a2');
  expect(byId.get('a2')?.prompt).toBe(byId.get('a6')?.prompt);
  expect(byId.get('a3')?.prompt).not.toBe(byId.get('a5')?.prompt);
  const attributes = byId.get('a21')?.attributes ?? [];
  expect(attributes.slice(BUILT_IN_ATTRIBUTES.length)).toEqual(['eu', '']);
  expect(attributes[BUILT_IN_ATTRIBUTES.indexOf('release')]).toBe('r1');
  expect(attributes[BUILT_IN_ATTRIBUTES.indexOf('hour')]).toBe('10');
  expect(await causeRows(store, query)).toEqual(rows);
});

it('keeps to a segment, to a sample, or to chosen inferences', async () => {
  const query = { ...SPAN, signal: 'refusal', names: [], ids: [], limit: 100 };
  const eu = await causeRows(store, { ...query, stream: { ...KEY, segment: 'region=eu' } });
  expect(eu.map(({ value }) => value)).toEqual(Array(15).fill(1));
  const sample = await causeRows(store, { ...query, limit: 5 });
  expect(sample.length).toBeLessThanOrEqual(5);
  expect(sample.length).toBeGreaterThan(0);
  const chosen = await causeRows(store, { ...query, ids: ['a5', 'a6', 'a31'] });
  expect(chosen.map(({ id }) => id).sort()).toEqual(['a5', 'a6']);
});

it('reads scores and categories as they are', async () => {
  const scores = await causeRows(store, {
    ...SPAN,
    signal: 'score:correct',
    names: [],
    ids: ['a5'],
    limit: 9,
  });
  expect(scores.map(({ value }) => value)).toEqual([0.5]);
  const stream = { ...KEY, version: '2' };
  const languages = await causeRows(store, {
    ...SPAN,
    stream,
    signal: 'language',
    names: [],
    ids: [],
    limit: 99,
  });
  expect(languages.filter(({ value }) => value === 'de')).toHaveLength(20);
});

it('counts values of all versions bucket by bucket, and since when', async () => {
  const query = { project: 'default', model: 'm', since: at(0), until: at(60 * MINUTE), stepMs: 30 * MINUTE };
  const buckets = await valueBuckets(store, { ...query, limit: 1_000 });
  expect(buckets.filter(({ attribute }) => attribute === '')).toEqual([
    { attribute: '', value: '', bucket: 0, count: 30, firstAt: at(0) },
    { attribute: '', value: '', bucket: 1, count: 30, firstAt: at(30 * MINUTE) },
  ]);
  expect(buckets.find(({ attribute, value }) => attribute === 'version' && value === '2')).toEqual({
    attribute: 'version',
    value: '2',
    bucket: 1,
    count: 30,
    firstAt: at(30 * MINUTE),
  });
  expect(buckets.find(({ value }) => value === 'r2')).toMatchObject({ count: 15, firstAt: at(45 * MINUTE) });
  expect(buckets.find(({ value }) => value === 'free')).toMatchObject({ bucket: 0, count: 20 });
});

it('says how values fall into sessions, users and single inferences', async () => {
  const query = { project: 'default', model: 'm', since: at(0), until: at(60 * MINUTE), limit: 1_000 };
  const units = await valueUnits(store, query);
  // 20 in ten sessions of two each (0, 30; 3, 33 …), 20 of one user, 20 alone.
  expect(units[0]).toEqual({ attribute: '', value: '', squares: 10 * 4 + 400 + 20, products: 460 });
  // Half of each session, of the user and of those alone.
  expect(units.find(({ attribute, value }) => attribute === 'version' && value === '2')).toEqual({
    ...{ attribute: 'version', value: '2', squares: 10 + 100 + 10, products: 10 * 2 + 10 * 20 + 10 },
  });
});

it('reads the texts of chosen inferences', async () => {
  const query = { stream: KEY, signal: 'refusal', target: 1, since: at(0), until: at(60 * MINUTE), limit: 9 };
  const rows = await exampleInferences(store, { ...query, ids: ['a2', 'a7', 'a40'] });
  expect(rows.map(({ id, prompt }) => [id, prompt])).toEqual([
    ['a7', 'own 7'],
    ['a2', 'same'],
  ]);
});

it('keeps a cause with its instants, the last one of an incident', async () => {
  const span = { version: '1', since: at(0), until: at(1), rows: 3 };
  const nothing = { value: 0, low: 0, high: 0 };
  const side = { rows: 1, middle: 0 };
  const cause: Cause = {
    incidentId: 'i1',
    project: 'p',
    computedAt: at(5),
    stage: 'first',
    signal: 'refusal',
    measure: 'share',
    category: '',
    before: span,
    after: span,
    whole: { before: side, after: side, change: nothing },
    mixes: [],
    scan: { subset: null, attributes: ['region'], chance: 1 },
    topics: null,
    onsets: [
      {
        attribute: 'release',
        value: 'r2',
        replaced: 'r1',
        shareBefore: 0,
        shareAfter: 1,
        isNew: true,
        at: at(2),
        distanceMs: -5,
      },
    ],
    pairs: [],
  };
  await writeCause(store, cause);
  await writeCause(store, { ...cause, stage: 'settled' });
  const ask = { project: '', incidentIds: ['i1', 'i2'] };
  expect(await readCauses(store, ask)).toEqual([{ ...cause, stage: 'settled' }]);
  expect(await readCauses(store, { ...ask, project: 'q' })).toEqual([]);
  expect(await readCauses(store, { ...ask, incidentIds: [] })).toEqual([]);
});
