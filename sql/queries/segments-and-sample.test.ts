import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meanOf } from '../../core/summary.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import type { Store } from '../client.ts';
import { rollUp } from '../rollup.ts';
import { embedderIdentity, embeddingSample } from './embedding-sample.ts';
import { writeEmbeddings } from './embedding-work.ts';
import { segmentSummaries } from './segment-summaries.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const MINUTE = 60_000;
const SPAN = { since: new Date(T0), until: new Date(T0 + 60 * MINUTE) };
const KEY = { project: 'default', model: 'm', version: '1', segment: '' };
const COUNT = 40;

let temp: TempStore;
let store: Store;

beforeAll(async () => {
  temp = await openTempStore('sample');
  store = temp.store;
  const rows = Array.from({ length: COUNT }, (_, i) => ({
    id: `a${i}`,
    timestamp: new Date(T0 + (i % 10) * MINUTE).toISOString(),
    received_at: new Date().toISOString(),
    model: i < 36 ? 'm' : 'other',
    version: '1',
    prompt: `prompt ${i}`,
    response: 'r',
    latency_ms: i % 4 === 0 ? 500 : 100,
    attributes: { region: i % 4 === 0 ? 'eu' : 'us' },
  }));
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await store.insertLines('inferences', Buffer.from(lines));
  // Once more: an id counts once whatever happens.
  await store.insertLines('inferences', Buffer.from(lines));
  await writeEmbeddings(
    store,
    rows.map(({ id, timestamp }, i) => ({
      project: 'default',
      inference_id: id,
      timestamp: new Date(timestamp),
      identity: i === 3 ? 'older' : 'model-1',
      prompt: i === 5 ? null : Float32Array.of(0.5, -0.25, i / 100),
      response: null,
      relevance: null,
    })),
  );
  const minutes = [...new Set(rows.map(({ timestamp }) => Date.parse(timestamp)))];
  await rollUp(store, minutes, {
    admitted: {},
    bounds: { attributesMax: 8, valuesMax: 20 },
    now: new Date(T0 + 90 * MINUTE),
  });
});
afterAll(() => temp.close());

describe('embeddingSample', () => {
  const query = { stream: KEY, ...SPAN, identity: 'model-1', limit: 1_000 };

  it('gives the prompts of the stream that this embedder has a vector of, each once', async () => {
    const sample = await embeddingSample(store, query);
    const ids = sample.map(({ id }) => id).sort();
    const expected = Array.from({ length: 36 }, (_, i) => `a${i}`).filter((id) => id !== 'a3' && id !== 'a5');
    expect(ids).toEqual(expected.sort());
    expect(sample.find(({ id }) => id === 'a7')?.prompt).toBe('prompt 7');
  });

  it('keeps the direction of a vector within half a per cent', async () => {
    const [x = 0, y = 0, z = 0] =
      (await embeddingSample(store, query)).find(({ id }) => id === 'a8')?.vector ?? [];
    expect(y / x).toBeCloseTo(-0.5, 2);
    expect(z / x).toBeCloseTo(0.16, 2);
  });

  it('takes the same ones each time, and those of a segment alone', async () => {
    const few = { ...query, limit: 5 };
    const [a, b] = [await embeddingSample(store, few), await embeddingSample(store, few)];
    expect(a).toHaveLength(5);
    expect(a.map(({ id }) => id)).toEqual(b.map(({ id }) => id));
    const eu = await embeddingSample(store, { ...query, stream: { ...KEY, segment: 'region=eu' } });
    expect(eu.every(({ id }) => Number(id.slice(1)) % 4 === 0)).toBe(true);
    expect(eu.length).toBe(9);
  });

  it('ends before `until`, and is empty where nothing is', async () => {
    const sample = await embeddingSample(store, { ...query, until: new Date(T0 + MINUTE) });
    expect(sample.map(({ id }) => id).sort()).toEqual(['a0', 'a10', 'a20', 'a30']);
    const since = new Date(T0 - 60 * MINUTE);
    expect(await embeddingSample(store, { ...query, since, until: new Date(T0) })).toEqual([]);
  });

  it('knows who embedded last', async () => {
    expect(await embedderIdentity(store, { project: 'default', ...SPAN })).toBeTypeOf('string');
    expect(await embedderIdentity(store, { project: 'nowhere', ...SPAN })).toBe(null);
  });
});

describe('segmentSummaries', () => {
  it('sums every segment and the whole of one model', async () => {
    const { segment: _, ...stream } = KEY;
    const found = await segmentSummaries(store, { stream, signals: ['latency_ms'], ...SPAN });
    const of = (segment: string, signal: string) =>
      found.find((row) => row.segment === segment && row.signal === signal)?.summary;
    expect(of('', 'inferences')?.count).toBe(36);
    expect(of('region=eu', 'inferences')?.count).toBe(9);
    expect(
      meanOf(of('region=eu', 'latency_ms') ?? { count: 0, sum: 0, sumSquares: 0, bins: new Map() }),
    ).toBe(500);
    expect([...(of('', 'latency_ms')?.bins.values() ?? [])].sort()).toEqual([27, 9]);
    expect(new Set(found.map(({ segment }) => segment))).toEqual(new Set(['', 'region=eu', 'region=us']));
  });
});
