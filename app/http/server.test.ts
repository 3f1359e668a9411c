import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { createLogger } from '../../core/log.ts';
import { createByteBudget } from './byte-budget.ts';
import { inferenceRoutes } from './inferences.ts';
import type { Intake } from './ingest-route.ts';
import { createMetrics, metricsRoute } from './metrics.ts';
import { createServer, type HttpServer } from './server.ts';

let server: HttpServer | null = null;
afterEach(() => server?.stop());

const BUDGET = 10_000;

async function start(submit: Intake['submit'], { bodyBytesMax = 5000, requestTimeoutMs = 60_000 } = {}) {
  const metrics = createMetrics({ answer: ['For the test.', () => 42] });
  const budget = createByteBudget(BUDGET);
  server = createServer({
    host: '127.0.0.1',
    port: 0,
    requestTimeoutMs,
    log: createLogger('silent'),
    metrics,
    routes: [
      { path: '/v1', router: inferenceRoutes({ submit }, { bodyBytesMax, budget, metrics }) },
      { path: '/metrics', router: metricsRoute(metrics) },
    ],
  });
  const { url } = await server.start();
  const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/inferences`, { method: 'POST', body: body as BodyInit, headers });
  return { url, post, budget };
}

const accept: Intake['submit'] = async (_kind, body) => ({
  accepted: body.length,
  rejected: [],
  rejectedCount: 0,
});
const fail = (error: unknown) => async () => {
  throw error;
};

describe('a body arrives as it was', () => {
  it.each<[string, (text: string) => Buffer]>([
    ['identity', (text) => Buffer.from(text)],
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('%s', async (encoding, encode) => {
    const bodies: string[] = [];
    const { post, budget } = await start(async (kind, body) => {
      bodies.push(`${kind} ${Buffer.from(body).toString()}`);
      return { accepted: 1, rejected: [], rejectedCount: 0 };
    });
    const answer = await post(encode('ü'.repeat(2000)), { 'content-encoding': encoding });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { accepted: 1, rejected: [], rejected_count: 0 },
    ]);
    expect(bodies).toEqual([`inference ${'ü'.repeat(2000)}`]);
    expect(budget.usedBytes).toBe(0);
  });

  it('up to the bound, which counts after decompression', async () => {
    const { post } = await start(accept);
    expect((await post('x'.repeat(5000))).status).toBe(200);
    expect((await post('x'.repeat(5001))).status).toBe(413);
    expect((await post(gzipSync('x'.repeat(5000)), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect((await post(gzipSync('x'.repeat(5001)), { 'content-encoding': 'gzip' })).status).toBe(413);
  });
});

describe('the answer', () => {
  it('is 400 with the same shape when all were refused, and describes at most a hundred', async () => {
    const rejected = Array.from({ length: 150 }, (_, index) => ({
      index,
      field: 'model',
      reason: 'because',
    }));
    const { post } = await start(async () => ({ accepted: 0, rejected, rejectedCount: 2000 }));
    const answer = await post('x');
    const json = await answer.json();
    expect([answer.status, json.accepted, json.rejected.length, json.rejected_count]).toEqual([
      400, 0, 100, 2000,
    ]);
  });

  it.each<[unknown, number, string, string | null]>([
    [new AppError('invalid_input', 'no'), 400, 'invalid_input', null],
    [new AppError('too_large', 'no'), 413, 'too_large', null],
    [new AppError('overloaded', 'no', { retryAfterMs: 2100 }), 503, 'overloaded', '3'],
    [new AppError('overloaded', 'no', { isOverShare: true }), 429, 'overloaded', '1'],
    [new AppError('upstream_unavailable', 'the store refused: secret'), 503, 'upstream_unavailable', '1'],
    [new TypeError('secret'), 500, 'internal', null],
  ])('to %s is %i', async (error, status, code, retryAfter) => {
    const { post, budget } = await start(fail(error));
    const answer = await post('x');
    const text = await answer.text();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect(JSON.parse(text).error.code).toBe(code);
    expect(text).not.toContain('secret');
    expect(budget.usedBytes).toBe(0);
  });

  it('to a path or a method that is none is 404 in JSON', async () => {
    const { url } = await start(accept);
    for (const answer of [await fetch(`${url}/nothing`), await fetch(`${url}/v1/inferences`)]) {
      expect([answer.status, (await answer.json()).error.code]).toEqual([404, 'not_found']);
    }
  });

  it('has the headers that browsers heed, and does not say what answers', async () => {
    const { url } = await start(accept);
    const { headers } = await fetch(`${url}/nothing`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

it('bodies held at once are bounded over all requests, and the next is taken when there is room', async () => {
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { post, budget } = await start(async (kind, body) => {
    await gate;
    return accept(kind, body);
  });
  const held = [post('x'.repeat(4500)), post('x'.repeat(4500))];
  await expect.poll(() => budget.usedBytes).toBe(9000);
  const answer = await post('x'.repeat(1001));
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  release();
  for (const each of held) expect((await each).status).toBe(200);
  expect((await post('x'.repeat(4500))).status).toBe(200);
});

it('a client above its share is told so while another is served', () => {
  const budget = createByteBudget(100);
  const [greedy, modest] = [budget.lease('greedy'), budget.lease('modest')];
  modest.take(10);
  greedy.take(85);
  expect(() => greedy.take(10)).toThrow(
    expect.objectContaining({ context: expect.objectContaining({ isOverShare: true }) }),
  );
  expect(() => modest.take(10)).toThrow(
    expect.objectContaining({ context: expect.objectContaining({ isOverShare: false }) }),
  );
  greedy.release();
  modest.take(10);
  expect(budget.usedBytes).toBe(20);
  modest.release();
  modest.release();
  expect(budget.usedBytes).toBe(0);
});

describe('a web page of somebody else', () => {
  const ask = (url: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      request(`${url}/v1/inferences`, { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      })
        .on('error', reject)
        .end('x');
    });

  it('can neither send nor be answered', async () => {
    const { url } = await start(accept);
    const host = new URL(url).host;
    expect(await ask(url, {})).toBe(200);
    expect(await ask(url, { host: `localhost:${new URL(url).port}` })).toBe(200);
    expect(await ask(url, { origin: `http://${host}` })).toBe(200);
    expect(await ask(url, { origin: 'https://evil.example' })).toBe(403);
    expect(await ask(url, { origin: 'null' })).toBe(403);
    expect(await ask(url, { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await ask(url, { host: 'evil.example' })).toBe(403);
    expect(await ask(url, { host: '127.0.0.1.evil.example' })).toBe(403);
  });
});

describe('the end', () => {
  it('waits for a request in progress, and closes connections that are idle', async () => {
    const { post } = await start(async (kind, body) => {
      await sleep(100);
      return accept(kind, body);
    });
    await post('warm');
    const late = post('late');
    await sleep(30);
    await server?.stop();
    expect((await late).status).toBe(200);
    await expect(post('x')).rejects.toThrow();
  });

  it('a port that is taken is named', async () => {
    const { url } = await start(accept);
    const port = Number(new URL(url).port);
    const metrics = createMetrics({});
    const second = createServer({
      host: '127.0.0.1',
      port,
      log: createLogger('silent'),
      metrics,
      routes: [],
    });
    await expect(second.start()).rejects.toMatchObject({ message: expect.stringContaining(String(port)) });
  });
});

it('a client that goes away in the middle gives its bytes back', async () => {
  const { url, budget } = await start(accept);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `POST /v1/inferences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n${'x'.repeat(3000)}`,
  );
  await expect.poll(() => budget.usedBytes).toBe(3000);
  socket.destroy();
  await expect.poll(() => budget.usedBytes).toBe(0);
});

it.each([
  ['in its body', 'Content-Length: 4000\r\n\r\nxxx'],
  ['in its headers', 'Content-Le'],
])('a client that stays away %s is answered 408 in JSON, and gives its bytes back', async (_, sent) => {
  const { url, budget } = await start(accept, { requestTimeoutMs: 100 });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`POST /v1/inferences HTTP/1.1\r\nHost: localhost\r\n${sent}`);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ error: { code: 'invalid_input' } });
  await expect.poll(() => budget.usedBytes).toBe(0);
});

it('/metrics tells what was taken, by route and not by path', async () => {
  const { url, post } = await start(accept);
  await post('four');
  await fetch(`${url}/some/path`);
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toMatch(/^plumbline_records_total\{kind="inference",outcome="accepted"\} 4$/m);
  expect(text).toMatch(/^plumbline_answer 42$/m);
  expect(text).toMatch(/route="\/v1\/inferences",status="200"\} 1$/m);
  expect(text).toMatch(/route="other",status="404"\} 1$/m);
  expect(text).not.toContain('some/path');
});
