import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, type Reply, startCollector } from '../test/collector.ts';
import { createPlumbline } from './create-plumbline.ts';
import type { Plumbline } from './plumbline.ts';
import type { Problem } from './problems.ts';
import type { PlumblineOptions } from './settings.ts';

let collector: Collector;
let problems: Problem[];
let plumbline: Plumbline;

beforeEach(async () => {
  collector = await startCollector();
  problems = [];
});
afterEach(async () => {
  await collector.close();
  await plumbline.shutdown(10);
});

function open(options: PlumblineOptions = {}): Plumbline {
  plumbline = createPlumbline({
    url: collector.url,
    onProblem: (problem) => problems.push(problem),
    ...options,
    limits: { requestMsMax: 300, ...options.limits },
  });
  return plumbline;
}

const track = (count: number, text = 'x'): string[] =>
  Array.from({ length: count }, (_, index) => plumbline.track({ model: `m${index}`, response: text }));
const idsIn = (records: readonly Readonly<Record<string, unknown>>[]) => records.map(({ id }) => id);
const codes = () => problems.map(({ code }) => code);

describe('delivery', () => {
  it('is in order, compressed, with the key', async () => {
    open({ apiKey: 'plb_1' });
    const ids = track(3);
    expect(await plumbline.flush()).toBe(true);
    expect(idsIn(collector.accepted())).toEqual(ids);
    expect(collector.received[0]).toMatchObject({
      path: '/v1/inferences',
      headers: { authorization: 'Bearer plb_1', 'content-encoding': 'gzip' },
    });
    expect(plumbline.stats()).toMatchObject({ sent: 3, queued: 0, queuedBytes: 0, dropped: {} });
  });

  it('keeps the path of an address behind a proxy', async () => {
    open({ url: `${collector.url}/plumbline` });
    track(1);
    await plumbline.flush();
    expect(collector.received[0]?.path).toBe('/plumbline/v1/inferences');
  });

  const passing: [string, Reply][] = [
    ['an answer that asks to come again', { status: 503 }],
    ['a limit, with its patience', { status: 429, headers: { 'retry-after': '0' } }],
    ['a timeout of a proxy', { status: 408 }],
    ['a fault of the service', { status: 500, body: '<html>' }],
    ['an answer that never comes', 'hang'],
    ['an answer that is no HTTP', 'garbage'],
    ['an answer that breaks in its head', 'break-in-head'],
    ['an answer that breaks in its body', 'break-in-body'],
  ];
  it.each(passing)('tries again after %s', async (_, reply) => {
    open();
    collector.answer(reply);
    const ids = track(2);
    expect(await plumbline.flush(20_000)).toBe(true);
    expect(idsIn(collector.accepted())).toEqual(ids);
    expect(collector.received).toHaveLength(2);
    expect(codes()).toEqual(['unreachable']);
  });

  it('finds a service that was away', async () => {
    const { url } = collector;
    open();
    await collector.close();
    const ids = track(2);
    expect(await plumbline.flush(50)).toBe(false);
    expect(plumbline.stats().queued).toBe(2);
    collector = await startCollector(Number(new URL(url).port));
    expect(await plumbline.flush(20_000)).toBe(true);
    expect(idsIn(collector.accepted())).toEqual(ids);
  });

  it('waits where the service does not speak TLS, and says so', async () => {
    open({ url: collector.url.replace('http:', 'https:') });
    track(2);
    expect(await plumbline.flush(100)).toBe(false);
    expect(plumbline.stats()).toMatchObject({ queued: 2, sent: 0, dropped: {} });
    expect(problems).toMatchObject([{ code: 'unreachable' }]);
  });

  it('does not come before the service asked it to', async () => {
    open();
    collector.answer({ status: 429, headers: { 'retry-after': '3600' } });
    track(1);
    expect(await plumbline.flush(100)).toBe(false);
    expect(await plumbline.flush(100)).toBe(false);
    expect(collector.received).toHaveLength(1);
  });

  const final: [string, Reply][] = [
    ['a wrong key', { status: 401, body: '{"error":{"message":"no key"}}' }],
    ['a wrong address', { status: 404 }],
    ['a redirect, which is not followed', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ];
  it.each(final)('gives up after %s, and says so', async (_, reply) => {
    open();
    collector.answer(reply);
    track(2);
    expect(await plumbline.flush()).toBe(true);
    expect(collector.received).toHaveLength(1);
    expect(plumbline.stats()).toMatchObject({ sent: 0, dropped: { refused: 2 } });
    expect(codes()).toContain('refused');
  });

  it('does not send again what the service read and refused', async () => {
    open();
    const body = JSON.stringify({
      accepted: 0,
      rejected: [{ index: 0, field: 'model', reason: 'no' }],
      rejected_count: 2,
    });
    collector.answer({ status: 400, body });
    track(2);
    expect(await plumbline.flush()).toBe(true);
    expect(collector.received).toHaveLength(1);
    expect(plumbline.stats()).toMatchObject({ sent: 0, rejected: 2, dropped: {} });
    expect(problems).toMatchObject([
      { code: 'rejected', message: expect.stringContaining('"field":"model"') },
    ]);
  });

  it('halves a batch that is too large, until each fits or stands alone', async () => {
    open();
    collector.decide(({ records }) =>
      records.length > 2 || records.some(({ model }) => model === 'm5') ? { status: 413 } : null,
    );
    const ids = track(8);
    expect(await plumbline.flush()).toBe(true);
    expect(idsIn(collector.accepted())).toEqual(ids.filter((_, index) => index !== 5));
    expect(plumbline.stats()).toMatchObject({ sent: 7, dropped: { too_large: 1 } });
  });

  it('sends what comes while it flushes with the next flush at the latest', async () => {
    open();
    const first = track(1);
    const flushed = plumbline.flush();
    const second = track(1);
    await flushed;
    await plumbline.flush();
    expect(idsIn(collector.accepted())).toEqual([...first, ...second]);
  });
});

describe('the bounds', () => {
  it('drop the oldest, count it, and tell the service once', async () => {
    open({ limits: { queueRecordsMax: 10 } });
    collector.answer({ status: 503, headers: { 'retry-after': '1' } });
    const ids = track(10);
    await plumbline.flush(500);
    ids.push(...track(3));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await plumbline.flush(20_000)).toBe(true);
    track(1);
    await plumbline.flush();
    expect(idsIn(collector.accepted()).slice(0, 10)).toEqual(ids.slice(3));
    expect(plumbline.stats().dropped).toEqual({ queue_full: 3 });
    const told = collector.received.map(({ headers }) => headers['plumbline-dropped']);
    expect(told.filter((header) => header !== undefined)).toEqual(['queue_full=3']);
    expect(codes()).toContain('dropped');
  });

  it('hold in bytes', async () => {
    open({ limits: { queueBytesMax: 10_000, batchBytesMax: 4_000 } });
    collector.decide(() => ({ status: 503 }));
    for (let round = 0; round < 20; round++) {
      track(5, 'y'.repeat(1_000));
      await plumbline.flush(1);
      expect(plumbline.stats().queuedBytes).toBeLessThanOrEqual(10_000);
    }
    const { queued, dropped } = plumbline.stats();
    expect(queued + (dropped.queue_full ?? 0)).toBe(100);
  });

  it('hold for calls that never end: the oldest are closed as abandoned', async () => {
    open({ limits: { openCallsMax: 3 } });
    const calls = Array.from({ length: 5 }, () => plumbline.begin(() => ({ model: 'm' })));
    expect(plumbline.stats().openCalls).toBe(3);
    await plumbline.flush();
    expect(collector.accepted()).toMatchObject([
      { id: calls[0]?.id, finish_reason: 'abandoned' },
      { id: calls[1]?.id, finish_reason: 'abandoned' },
    ]);
    calls[0]?.end(() => ({ response: 'too late' }));
    await plumbline.flush();
    expect(collector.accepted()).toHaveLength(2);
  });

  it('cut a text and keep its length, and leave out texts that are too long all together', async () => {
    open({ limits: { textCharactersMax: 50, recordBytesMax: 1_000 } });
    plumbline.track({ model: 'm', response: '😀'.repeat(100), prompt: 'short' });
    plumbline.track({
      model: 'm',
      messages: Array.from({ length: 40 }, () => ({ role: 'user', content: 'z'.repeat(40) })),
    });
    await plumbline.flush();
    expect(collector.accepted()).toMatchObject([
      { response: '😀'.repeat(25), prompt: 'short', attributes: { 'plumbline.truncated': 'response=200' } },
      { attributes: { 'plumbline.content_dropped_bytes': expect.stringMatching(/^\d+$/) } },
    ]);
    expect(collector.accepted()[1]).not.toHaveProperty('messages');
  });
});

describe('what is sent', () => {
  it('is a share of the sessions, whole, and every error', async () => {
    open({ sampleRate: 0.3 });
    for (let index = 0; index < 400; index++) {
      plumbline.track({ model: 'm', session: `s${index % 100}` });
      if (index % 4 === 0) plumbline.track({ model: 'm', session: `s${index % 100}`, status: 'error' });
    }
    await plumbline.flush();
    const fine = collector.accepted().filter(({ status }) => status !== 'error');
    const perSession = new Map<unknown, unknown[]>();
    for (const { session } of fine) perSession.set(session, [...(perSession.get(session) ?? []), session]);
    expect(collector.accepted().length - fine.length).toBe(100);
    expect([...perSession.values()].every((records) => records.length === 4)).toBe(true);
    expect(perSession.size).toBeGreaterThan(15);
    expect(perSession.size).toBeLessThan(45);
    expect(fine[0]).toMatchObject({ attributes: { 'plumbline.sample_rate': '0.3' } });
  });

  it('is what the mask makes of it', async () => {
    open({
      mask: (record) =>
        record.user === 'nobody' ? null : { ...record, response: record.response?.toUpperCase() ?? '' },
    });
    plumbline.track({ model: 'm', response: 'secret' });
    plumbline.track({ model: 'm', user: 'nobody' });
    await plumbline.flush();
    expect(collector.accepted()).toMatchObject([{ response: 'SECRET' }]);
    expect(plumbline.stats().dropped).toEqual({ masked: 1 });
  });

  const broken: [string, () => never][] = [
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['returns a promise', () => Promise.resolve({ model: 'm', response: 'secret' }) as never],
    ['returns nothing', () => undefined as never],
  ];
  it.each(broken)('has no texts where the mask %s', async (_, mask) => {
    open({ mask });
    plumbline.track({ model: 'm', prompt: 'secret', response: 'secret', user: 'u' });
    await plumbline.flush();
    expect(JSON.stringify(collector.accepted())).not.toContain('secret');
    expect(collector.accepted()).toMatchObject([{ model: 'm', user: 'u' }]);
    expect(codes()).toEqual(['mask']);
  });

  it('has hashes and lengths of the texts, or nothing of them, as the mode says', async () => {
    open({ content: 'hashed' });
    plumbline.track({ model: 'm', prompt: 'abc' });
    await plumbline.flush();
    // sha256 of "abc", from FIPS 180-2.
    expect(collector.accepted()[0]).toMatchObject({
      attributes: { 'prompt.sha256': 'ba7816bf8f01cfea414140de5dae2223', 'prompt.characters': '3' },
    });
    expect(collector.accepted()[0]).not.toHaveProperty('prompt');
    await plumbline.shutdown();
    open({ content: 'none' });
    plumbline.track({ model: 'm', prompt: 'abc' });
    await plumbline.flush();
    expect(collector.accepted()[1]).not.toHaveProperty('prompt');
    expect(collector.accepted()[1]).not.toHaveProperty('attributes');
  });

  it('goes with a promise for hosts that are frozen after their answer, also what comes meanwhile', async () => {
    const sending: Promise<unknown>[] = [];
    open({ waitUntil: (promise) => sending.push(promise) });
    track(1);
    collector.decide(() => {
      if (collector.received.length === 1) track(1);
      return null;
    });
    await sending[0];
    expect(sending).toHaveLength(1);
    expect(collector.accepted()).toHaveLength(2);
  });

  it('is nothing without an address, and scores go where the records go', async () => {
    open({ url: '' });
    expect(plumbline.isRecording).toBe(false);
    expect(plumbline.track({ model: 'm' })).toBe('');
    expect(plumbline.begin(() => ({})).id).toBe('');
    expect(problems).toEqual([]);
    open();
    plumbline.score('some-id', { thumbs: true, stars: 4, odd: Number.NaN }, { source: 'ann' });
    await plumbline.flush();
    expect(collector.received[0]?.path).toBe('/v1/scores');
    expect(collector.accepted()).toMatchObject([
      { inference_id: 'some-id', name: 'thumbs', value: 1, source: 'ann' },
      { inference_id: 'some-id', name: 'stars', value: 4 },
    ]);
  });
});
