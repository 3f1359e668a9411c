import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binOf, GRID_ONE } from '../../core/grid.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import type { Store } from '../client.ts';
import type { GroupQuery } from './group-rows.ts';
import { groupStrata } from './group-strata.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const HOUR = 3_600_000;
const QUERY: GroupQuery = {
  stream: null,
  since: new Date(T0),
  until: new Date(T0 + HOUR),
  strataBy: ['region'],
  bucketSeconds: 3600,
  pairBy: 'pair',
  label: null,
  scores: null,
  strataMax: 64,
};

let temp: TempStore;
let store: Store;

const inference = (id: string, change: object) => ({
  id,
  timestamp: new Date(T0 + 60_000).toISOString(),
  received_at: new Date(T0 + 61_000).toISOString(),
  model: 'm',
  version: '1',
  prompt_name: 'hello',
  refusal: 0,
  ...change,
});

beforeAll(async () => {
  temp = await openTempStore('groups');
  store = temp.store;
  const rows = [
    // A session of three, of which two are refused; and two strangers.
    ...[1, 1, 0].map((refusal, i) =>
      inference(`s${i}`, { refusal, session: 's', groups: { gender: 'f' }, latency_ms: 100 + i }),
    ),
    inference('a', { refusal: 1, groups: { gender: 'f' }, latency_ms: 100, scores: { correct: 1 } }),
    inference('b', { groups: { gender: 'm', age: '60+' }, latency_ms: 300, scores: { correct: 1 } }),
    inference('eu', { groups: { gender: 'm' }, attributes: { region: 'eu' }, latency_ms: 300 }),
    // Without a group, of an empty one, before and after the span, and of another model.
    inference('none', {}),
    inference('empty', { groups: { gender: '' } }),
    inference('early', { timestamp: new Date(T0 - 1).toISOString(), groups: { gender: 'f' } }),
    inference('late', { timestamp: new Date(T0 + HOUR).toISOString(), groups: { gender: 'f' } }),
    inference('other', { model: 'other', groups: { gender: 'f' } }),
    // Counterfactual pairs: one refused for f only, one for both, one whose two are of one group.
    ...[
      ['f', 1, '1'],
      ['m', 0, '1'],
      ['f', 1, '2'],
      ['m', 1, '2'],
      ['m', 1, '3'],
      ['m', 0, '3'],
    ].map(([gender, refusal, pair], i) =>
      inference(`p${i}`, { groups: { gender }, refusal, attributes: { pair } }),
    ),
  ];
  const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await store.insertLines('inferences', lines);
  // Once more: an id counts once whatever happens.
  await store.insertLines('inferences', lines);
  await store.insertLines(
    'scores',
    Buffer.from(
      `${JSON.stringify({ project: 'default', inference_id: 'b', name: 'correct', value: 0, timestamp: new Date(T0).toISOString(), received_at: new Date(T0).toISOString(), source: '', comment: '' })}\n`,
    ),
    { date_time_input_format: 'best_effort' },
  );
});

afterAll(() => temp.close());

describe('groupStrata', () => {
  it('counts rows, events and units of each group in each stratum', async () => {
    const streams = await groupStrata(store, QUERY);
    expect(streams.map(({ key }) => key.model)).toEqual(['m', 'other']);
    const tallies = streams[0]?.table.tallies ?? [];
    const bucket = T0 / HOUR;
    const of = (value: string, stratum: string, signal: string) =>
      tallies.find((one) => one.value === value && one.stratum === stratum && one.signal === signal);
    expect(of('f', `hello\n\n${bucket}`, 'refusal')).toEqual({
      attribute: 'gender',
      value: 'f',
      stratum: `hello\n\n${bucket}`,
      signal: 'refusal',
      count: 4,
      sum: 3,
      sumSquares: 3,
      units: 2,
      unitRowSquares: 10,
      unitCross: 7,
      unitSumSquares: 5,
      bins: [
        [0, 1],
        [GRID_ONE, 3],
      ],
    });
    expect(of('m', `hello\neu\n${bucket}`, 'refusal')).toMatchObject({ count: 1, sum: 0, units: 1 });
    expect(of('f', `hello\n\n${bucket}`, 'latency_ms')?.bins).toEqual([
      [binOf(100), 2],
      [binOf(101), 1],
      [binOf(102), 1],
    ]);
    expect(of('60+', `hello\n\n${bucket}`, 'latency_ms')?.sum).toBe(binOf(300));
    // A score that came late replaces the one that came with the inference.
    expect(of('m', `hello\n\n${bucket}`, 'score:correct')?.bins).toEqual([[0, 1]]);
    expect(of('f', `hello\n\n${bucket}`, 'score:correct')?.bins).toEqual([[GRID_ONE, 1]]);
    expect(new Set(tallies.map(({ value }) => value))).toEqual(new Set(['f', 'm', '60+']));
  });

  it('sets pairs side by side, and apart from the others', async () => {
    const [first] = await groupStrata(store, QUERY);
    const ofRefusal = first?.table.pairs.filter(({ signal }) => signal === 'refusal');
    expect(ofRefusal).toEqual([
      { attribute: 'gender', value: 'f', signal: 'refusal', both: 1, neither: 0, groupOnly: 1, restOnly: 0 },
      { attribute: 'gender', value: 'm', signal: 'refusal', both: 1, neither: 0, groupOnly: 0, restOnly: 1 },
    ]);
  });

  it('gives one stream when asked for one, and nothing of a span without groups', async () => {
    const stream = { project: 'default', model: 'other', version: '1' };
    expect((await groupStrata(store, { ...QUERY, stream })).map(({ key }) => key.model)).toEqual(['other']);
    const empty = { ...QUERY, since: new Date(T0 + 5 * HOUR), until: new Date(T0 + 6 * HOUR) };
    expect(await groupStrata(store, empty)).toEqual([]);
  });

  it('begins the stratum with the label where one is asked for', async () => {
    const [first] = await groupStrata(store, {
      ...QUERY,
      label: { of: 'score', name: 'correct', yes: '', from: 0.5 },
    });
    const strata = new Set(first?.table.tallies.map(({ stratum }) => stratum.split('\n')[0]));
    expect(strata).toEqual(new Set(['0', '1', 'unlabelled']));
  });
});
