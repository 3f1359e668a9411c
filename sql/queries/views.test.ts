import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../core/finding.ts';
import type { Incident } from '../../core/incident.ts';
import { meanOf, quantileOf, summarize } from '../../core/summary.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import type { Store } from '../client.ts';
import { rollUp } from '../rollup.ts';
import { exampleInferences } from './examples.ts';
import { writeFindings } from './findings.ts';
import { incidentById, incidentList } from './incident-list.ts';
import { writeIncidents } from './incidents.ts';
import { latestFindings } from './latest-findings.ts';
import { signalSeries } from './signal-series.ts';
import { streamTotals } from './stream-totals.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const [MINUTE, HOUR] = [60_000, 3_600_000];
const at = (ms: number): Date => new Date(T0 + ms);
const ALL = { project: '', stream: null, segment: '' };
const KEY = { project: 'default', model: 'm', version: '1', segment: '' };

/** Two minutes of model m, one in another hour, and a stream that fell silent days before. */
const LATENCIES = [3, 5, 5, 8, 900, 1, 2];
const PLACES = [0, 1, 2, 3, 4, MINUTE + 5, 70 * MINUTE];

let temp: TempStore;
let store: Store;

beforeAll(async () => {
  temp = await openTempStore('views');
  store = temp.store;
  const rows = [
    ...LATENCIES.map((latency_ms, index) => ({
      id: `a${index}`,
      timestamp: at(PLACES[index] ?? 0).toISOString(),
      model: 'm',
      version: '1',
      latency_ms,
      response: `response ${index}`,
      prompt: index === 0 ? 'é'.repeat(30_000) : 'prompt',
      refusal: index % 2,
      scores: { correct: index % 2 },
      attributes: { region: index < 3 ? 'eu' : 'us' },
      groups: index < 5 ? { gender: index < 2 ? 'f' : 'm' } : {},
    })),
    { id: 'old', timestamp: at(-96 * HOUR).toISOString(), model: 'silent', version: '' },
    { id: 'other', timestamp: at(0).toISOString(), model: 'm', version: '1', project: 'other' },
  ].map((row) => ({ received_at: new Date().toISOString(), ...row }));
  await store.insertLines('inferences', Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')), {
    date_time_input_format: 'best_effort',
  });
  await store.insertLines(
    'scores',
    Buffer.from(
      `${JSON.stringify({ inference_id: 'a0', name: 'correct', value: 0.75, timestamp: '2026-11-22 10:00:00', received_at: '2026-11-22 10:00:00' })}\n`,
    ),
  );
  const minutes = new Set(rows.map((row) => Math.floor(Date.parse(row.timestamp) / MINUTE) * MINUTE));
  await rollUp(store, minutes, {
    admitted: {},
    bounds: { attributesMax: 2, valuesMax: 2 },
    now: new Date(),
  });
}, 60_000);
afterAll(() => temp.close());

describe('streamTotals', () => {
  it('counts each stream, the last seen first, to the minute where it is live', async () => {
    const totals = await streamTotals(store, { ...ALL, now: at(71 * MINUTE), limit: 10 });
    expect(
      totals.map(({ project, model, inferences, lastHour }) => [project, model, inferences, lastHour]),
    ).toEqual([
      ['default', 'm', 7, 1],
      ['other', 'm', 1, 1],
      ['default', 'silent', 1, 1],
    ]);
    expect(totals[0]).toMatchObject({ firstSeen: at(0), lastSeen: at(70 * MINUTE + 59_000), segment: '' });
    expect(totals[2]?.lastSeen).toEqual(at(-95 * HOUR - 1000));
  });

  it('sees no further than now', async () => {
    const [first] = await streamTotals(store, { ...ALL, now: at(70 * MINUTE + 10), limit: 1 });
    expect(first?.lastSeen).toEqual(at(70 * MINUTE + 10));
  });

  it('keeps to one project, stream and segment', async () => {
    const now = at(71 * MINUTE);
    const other = await streamTotals(store, { ...ALL, project: 'other', now, limit: 10 });
    expect(other.map(({ project }) => project)).toEqual(['other']);
    const eu = await streamTotals(store, {
      project: 'default',
      stream: { model: 'm', version: '1' },
      segment: 'region=eu',
      now,
      limit: 10,
    });
    expect(eu.map(({ segment, inferences }) => [segment, inferences])).toEqual([['region=eu', 3]]);
  });
});

describe('signalSeries', () => {
  const query = {
    ...ALL,
    project: 'default',
    stream: { model: 'm', version: '1' },
    since: at(0),
    until: at(2 * HOUR),
  };

  it.each([
    ['minutes', MINUTE, [LATENCIES.slice(0, 5), [1], [2]], [0, 1, 70]],
    ['hours', HOUR, [LATENCIES.slice(0, 6), [2]], [0, 1]],
  ] as const)('agrees with core/summary.ts by %s', async (_, stepMs, values, buckets) => {
    const found = await signalSeries(store, { ...query, signals: ['latency_ms'], stepMs });
    expect(found.map(({ bucket }) => bucket)).toEqual(buckets);
    const expected = values.map((ofBucket) => {
      const summary = summarize(ofBucket);
      return {
        count: summary.count,
        mean: meanOf(summary),
        p05: quantileOf(summary, 0.05),
        median: quantileOf(summary, 0.5),
        p95: quantileOf(summary, 0.95),
      };
    });
    expect(found).toMatchObject(expected);
  });

  it('knows shares, and leaves out categories and the count of rows', async () => {
    const found = await signalSeries(store, {
      ...query,
      signals: null,
      stepMs: 6 * HOUR,
      until: at(6 * HOUR),
    });
    const bySignal = new Map(found.map((bucket) => [bucket.signal, bucket]));
    expect(bySignal.get('refusal')).toMatchObject({ isBinary: true, mean: 3 / 7 });
    expect(bySignal.get('score:correct')?.isBinary).toBe(false);
    expect(bySignal.has('inferences')).toBe(false);
    expect(bySignal.has('language')).toBe(false);
  });
});

describe('exampleInferences', () => {
  const query = { stream: KEY, since: at(0), until: at(2 * HOUR), limit: 2 };
  const ids = async (change: object): Promise<string[]> =>
    (await exampleInferences(store, { ...query, signal: 'latency_ms', target: 8, ...change })).map(
      ({ id }) => id,
    );

  it('finds the inferences nearest to a value, within the stream and the time', async () => {
    expect(await ids({ limit: 1 })).toEqual(['a3']);
    expect((await ids({ limit: 10 })).at(-1)).toBe('a4');
    expect(await ids({ since: at(MINUTE), limit: 10 })).toEqual(['a6', 'a5']);
    expect(await ids({ until: at(2), limit: 10 })).toEqual(['a1', 'a0']);
    expect(await ids({ stream: { ...KEY, segment: 'region=us' }, limit: 10, until: at(MINUTE) })).toEqual([
      'a3',
      'a4',
    ]);
  });

  it('tells a group from the rest, who are all others with a value', async () => {
    const stream = { ...KEY, segment: 'gender=f' };
    expect(await ids({ stream, limit: 10 })).toEqual(['a1', 'a0']);
    expect((await ids({ stream, limit: 10, isRest: true })).sort()).toEqual(['a2', 'a3', 'a4']);
  });

  it('takes a later score over the one that came with the inference', async () => {
    const found = await exampleInferences(store, {
      ...query,
      signal: 'score:correct',
      target: 0.75,
      limit: 1,
    });
    expect(found.map(({ id, value }) => [id, value])).toEqual([['a0', 0.75]]);
  });

  it('cuts long texts, by characters', async () => {
    const [first] = await exampleInferences(store, { ...query, signal: 'latency_ms', target: 3, limit: 1 });
    expect([first?.id, first?.prompt.length, first?.isCut]).toEqual(['a0', 20_000, true]);
  });

  it('is empty without the signal', async () => {
    expect(await ids({ signal: 'relevance' })).toEqual([]);
    expect(await ids({ signal: 'score:unheard' })).toEqual([]);
  });
});

const finding = (change: Partial<Finding>): Finding => ({
  ...KEY,
  signal: 'latency_ms',
  family: 'degradation',
  detector: 'continuous',
  since: at(0),
  until: at(HOUR),
  outcome: 'quiet',
  direction: null,
  verdict: null,
  effect: null,
  before: 1,
  after: 1,
  evidence: 0,
  samples: { baseline: 10, current: 10 },
  histograms: { before: [], after: [] },
  changedSince: at(0),
  baselineVersion: '',
  becameBaseline: false,
  rowsNeeded: null,
  ...change,
});

it('latestFindings gives the last finding of each signal, as it was written', async () => {
  const last = finding({ since: at(HOUR), until: at(2 * HOUR), outcome: 'alarm' });
  await writeFindings(store, [
    finding({}),
    last,
    finding({ signal: 'refusal', until: at(-HOUR) }),
    finding({ signal: 'error', segment: 'region=eu' }),
  ]);
  expect(await latestFindings(store, { ...ALL, since: at(0) })).toEqual([last]);
});

it('incidents are listed unclosed first, and found by id within their project', async () => {
  const incident = (id: string, state: Incident['state'], openedAt: Date): Incident => ({
    ...KEY,
    id,
    aspect: 'speed',
    signal: 'latency_ms',
    signals: ['latency_ms'],
    family: 'degradation',
    direction: 'up',
    verdict: 'regression',
    detector: 'continuous',
    baselineVersion: '',
    state,
    since: at(0),
    openedAt,
    updatedAt: openedAt,
    closedAt: state === 'closed' ? openedAt : null,
    before: 1,
    after: 2,
    effect: { name: 'cliffs_delta', value: 0.5, low: 0.4, high: 0.6 },
    evidence: 2,
    samples: { baseline: 1, current: 1 },
    histograms: { before: [[0, 1]], after: [[0, 1]] },
    quietWindows: 0,
    seenAt: new Date(0),
    rule: 'quality-regression',
    severity: 'warning',
    labels: {},
    condition: 'measured',
    conditionSince: new Date(0),
    reopenings: 0,
    acknowledged: null,
    mutedBy: '',
  });
  const open = incident('open', 'open', at(0));
  const stored = [incident('closed', 'closed', at(HOUR)), open, incident('late', 'recovering', at(1))];
  await writeIncidents(
    store,
    [...stored, incident('waits', 'pending', at(2))].map((one) => ({ incident: one, told: {} })),
  );
  const list = async (change: object): Promise<string[]> =>
    (await incidentList(store, { project: '', stream: null, state: 'all', limit: 10, ...change })).map(
      ({ id }) => id,
    );
  expect(await list({})).toEqual(['late', 'open', 'closed']);
  expect(await list({ state: 'unclosed' })).toEqual(['late', 'open']);
  expect(await list({ stream: { ...KEY, segment: 'region=eu' } })).toEqual([]);
  expect(await incidentById(store, { project: 'default', id: 'open' })).toEqual(open);
  expect(await incidentById(store, { project: 'other', id: 'open' })).toBeNull();
});
