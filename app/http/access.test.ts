import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { Router } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiKey, newKeyText, secretSha256 } from '../../core/api-key.ts';
import { createLogger } from '../../core/log.ts';
import type { ProjectRule } from '../../ingest/project-rule.ts';
import { createAccess, decide, type KeyLookup, type KeyUse, type Need, type Seen } from './access.ts';
import { createByteBudget } from './byte-budget.ts';
import { keyOf, readableProject } from './caller.ts';
import { isForeignName, isLocalCaller, isLoopbackAddress, isThisMachine } from './connection.ts';
import { inferenceRoutes } from './inferences.ts';
import { createKeyMeters } from './key-meter.ts';
import { createMetrics, metricsRoute } from './metrics.ts';
import { scoreRoutes } from './scores.ts';
import { createServer, type HttpServer } from './server.ts';

const NO_LIMITS = { requestsPerSecond: null, bytesPerSecond: null, bodyBytesMax: null };

function makeKey(fields: Partial<ApiKey> = {}): { key: ApiKey; text: string } {
  const { id, secret, text } = newKeyText();
  const key: ApiKey = {
    id,
    secretSha256: secretSha256(secret),
    project: 'shop',
    scopes: ['write', 'read'],
    name: '',
    createdAt: new Date(0),
    revokedAt: null,
    limits: NO_LIMITS,
    ...fields,
  };
  return { key, text };
}

function lookup(keys: readonly ApiKey[], state?: KeyLookup['state']): KeyLookup {
  return {
    state: state ?? (keys.length === 0 ? 'none' : 'some'),
    find: (id) => keys.find((key) => key.id === id),
  };
}

const LOCAL: Seen = { isLocal: true, isThisMachine: true, hasForeignName: false, text: null };
const REMOTE: Seen = { isLocal: false, isThisMachine: false, hasForeignName: false, text: null };

describe('who is let in', () => {
  const writer = makeKey({ scopes: ['write'] });
  const reader = makeKey({ scopes: ['read'] });
  const allReader = makeKey({ scopes: ['read'], project: '*' });
  const allBoth = makeKey({ project: '*' });
  const revoked = makeKey({ revokedAt: new Date(1) });
  const some = lookup([writer, reader, allReader, allBoth, revoked].map(({ key }) => key));
  const none = lookup([]);
  const outcome = (need: Need, keys: KeyLookup, seen: Seen, allowRemote = false): string => {
    const decision = decide(need, { keys, allowRemote }, seen);
    return decision.kind === 'in' ? `in${decision.key ? ' with key' : ''}` : decision.refusal;
  };

  it.each<[string, KeyLookup, Seen, boolean, string]>([
    ['this machine', none, LOCAL, false, 'in'],
    ['this machine, with a key that cannot be', none, { ...LOCAL, text: writer.text }, false, 'in'],
    ['another machine', none, REMOTE, false, 'remote'],
    ['another machine, with a key', none, { ...REMOTE, text: writer.text }, false, 'remote'],
    ['another machine, let in', none, REMOTE, true, 'in'],
    ['a proxy of this machine', none, { ...LOCAL, isLocal: false }, false, 'foreign name'],
    ['a foreign name, let in or not', none, { ...REMOTE, hasForeignName: true }, true, 'foreign name'],
    ['this machine, keys not read', lookup([], 'unread'), LOCAL, false, 'keys unread'],
    ['another one, let in, keys not read', lookup([], 'unread'), REMOTE, true, 'keys unread'],
  ])('without keys: %s', (_, keys, seen, allowRemote, expected) => {
    for (const need of ['read', 'write', 'metrics', 'page', 'all'] as const)
      expect(outcome(need, keys, seen, allowRemote)).toBe(expected);
    expect(outcome('nothing', keys, seen, allowRemote)).toBe('in');
  });

  it.each<[Need, string | null, string]>([
    ['write', null, 'no key'],
    ['write', writer.text, 'in with key'],
    ['write', reader.text, 'scope'],
    ['write', revoked.text, 'revoked'],
    ['write', newKeyText().text, 'unknown'],
    ['write', `${writer.text.slice(0, 17)}${newKeyText().text.slice(17)}`, 'typo'],
    ['write', 'secret', 'malformed'],
    ['read', reader.text, 'in with key'],
    ['read', writer.text, 'scope'],
    ['metrics', reader.text, 'project'],
    ['metrics', allReader.text, 'in with key'],
    ['metrics', writer.text, 'scope'],
    ['all', reader.text, 'scope'],
    ['all', allReader.text, 'scope'],
    ['all', allBoth.text, 'in with key'],
    ['page', null, 'in'],
    ['nothing', null, 'in'],
  ])('with keys: %s with %s is %s, wherever from', (need, text, expected) => {
    for (const seen of [LOCAL, REMOTE]) {
      const isFigures = need === 'metrics' && text === null && seen.isLocal;
      expect(outcome(need, some, { ...seen, text }, true)).toBe(isFigures ? 'in' : expected);
    }
  });

  it('figures are for this machine without a key, and for others with one', () => {
    expect(outcome('metrics', some, LOCAL)).toBe('in');
    expect(outcome('metrics', some, REMOTE)).toBe('no key');
  });

  it('the last key revoked opens nothing', () => {
    expect(outcome('read', lookup([revoked.key]), LOCAL)).toBe('no key');
  });

  it('a wrong secret is not known, and does not tell that its id is', () => {
    const forged = { ...makeKey().key, id: writer.key.id };
    expect(
      decide('write', { keys: lookup([forged]), allowRemote: false }, { ...REMOTE, text: writer.text }),
    ).toEqual({ kind: 'refused', refusal: 'unknown', keyId: '' });
  });

  it('administration is for this machine, keys or not', () => {
    for (const keys of [none, some, lookup([], 'unread')]) {
      expect(outcome('admin', keys, LOCAL)).toBe('in');
      expect(outcome('admin', keys, { ...REMOTE, text: allBoth.text }, true)).toBe('remote');
    }
  });
});

describe('a connection', () => {
  const from = (remoteAddress: string, headers: Record<string, string> = {}, localAddress = '10.0.0.5') =>
    ({
      socket: { remoteAddress, localAddress },
      headers: { host: 'localhost:7007', ...headers },
    }) as unknown as IncomingMessage;

  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])(
    'from %s is local',
    (address) => {
      expect(isLoopbackAddress(address)).toBe(true);
      expect(isLocalCaller(from(address))).toBe(true);
    },
  );

  it.each([
    '10.0.0.5',
    '::ffff:10.0.0.5',
    '::ffff:7f00:1',
    'fe80::1',
    '128.0.0.1',
    '1127.0.0.1',
    '127.0.0.1.5',
    '::2',
    '',
  ])('from "%s" is not', (address) => {
    expect(isLocalCaller(from(address))).toBe(false);
  });

  it.each(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'])(
    'with %s is not',
    (name) => {
      expect(isLocalCaller(from('127.0.0.1', { [name]: '127.0.0.1' }))).toBe(false);
    },
  );

  it('asked for by a foreign name is not: a page of somebody else may have had it resolve to here', () => {
    expect(isLocalCaller(from('127.0.0.1', { host: 'evil.example:7007' }))).toBe(false);
    expect(isLocalCaller(from('127.0.0.1', { host: '127.0.0.1.evil.example' }))).toBe(false);
    expect(isLocalCaller(from('127.0.0.1', { host: '0.0.0.0:7007' }))).toBe(true);
    expect(isLocalCaller(from('::1', { host: '[::1]:7007' }))).toBe(true);
    expect(isForeignName(from('127.0.0.1', { host: 'evil.example' }), '127.0.0.1')).toBe(true);
    expect(isForeignName(from('127.0.0.1', { host: 'evil.example' }), '0.0.0.0')).toBe(false);
  });

  it('from an address of this machine is of this machine', () => {
    expect(isThisMachine(from('::ffff:10.0.0.5'))).toBe(true);
    expect(isThisMachine(from('10.0.0.6'))).toBe(false);
    expect(isThisMachine(from('', {}, ''))).toBe(false);
  });
});

let server: HttpServer | null = null;
afterEach(() => server?.stop());

interface Submitted {
  readonly kind: string;
  readonly project: ProjectRule | undefined;
}

async function start(keys: KeyLookup, { host = '127.0.0.1', defaults = {} } = {}) {
  const uses: KeyUse[] = [];
  const submitted: Submitted[] = [];
  const metrics = createMetrics({});
  const intake = { bodyBytesMax: 100_000, budget: createByteBudget(1_000_000), metrics };
  const taken = {
    async submit(kind: string, _body: Uint8Array, project?: ProjectRule) {
      submitted.push({ kind, project });
      return { accepted: 1, rejected: [], rejectedCount: 0 };
    },
  };
  const who = Router().get('/who', (req, res) => {
    res.json({ project: readableProject(req), id: keyOf(res)?.id ?? null });
  });
  server = createServer({
    host,
    port: 0,
    log: createLogger('silent'),
    metrics,
    access: createAccess({
      keys,
      meters: createKeyMeters({ requestsPerSecond: 100, bytesPerSecond: 1_000_000, ...defaults }),
      host,
      allowRemote: false,
      record: (use) => uses.push(use),
    }),
    routes: [
      { path: '/metrics', router: metricsRoute(metrics), needs: 'metrics' },
      { path: '/v1', router: inferenceRoutes(taken, intake), needs: 'write' },
      { path: '/v1', router: scoreRoutes(taken, intake), needs: 'write' },
      { path: '/api', router: who, needs: 'read' },
      { path: '/new', router: who },
    ],
  });
  const { url } = await server.start();
  const post = (text: string | null, body: string | Buffer = 'x', headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/inferences`, {
      method: 'POST',
      body: body as BodyInit,
      headers: { ...(text === null ? {} : { authorization: `Bearer ${text}` }), ...headers },
    });
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${url}${path}`, { headers });
  return { url, post, get, uses, submitted };
}

const codeOf = async (answer: Response): Promise<string> =>
  `${answer.status} ${((await answer.json()) as { error: { code: string } }).error.code}`;

describe('over HTTP', () => {
  it('401 says how to send a key, and the same of an unknown id and a wrong secret', async () => {
    const { key, text } = makeKey();
    const wrong = newKeyText();
    const { post } = await start(lookup([key, { ...makeKey().key, id: wrong.id }]));
    const [absent, unknown, wrongSecret] = await Promise.all([
      post(null),
      post(newKeyText().text),
      post(wrong.text),
    ]);
    expect(await codeOf(absent)).toBe('401 unauthorized');
    expect(absent.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(wrongSecret.status).toBe(401);
    expect(await wrongSecret.text()).toBe(await unknown.text());
    expect((await post(text)).status).toBe(200);
  });

  it('takes a key as a bearer in any spelling of the scheme, and as x-api-key', async () => {
    const { key, text } = makeKey();
    const { get } = await start(lookup([key]));
    for (const headers of [
      { authorization: `bearer ${text}` },
      { authorization: `BEARER   ${text} ` },
      { 'x-api-key': text },
      { authorization: 'Basic dXNlcjpwYXNz', 'x-api-key': text },
    ])
      expect(await (await get('/api/who', headers)).json()).toEqual({ project: 'shop', id: key.id });
    expect((await get(`/api/who?api_key=${text}`)).status).toBe(401);
  });

  it('403 for another scope; a router that asks for nothing said gets a key for everything', async () => {
    const writer = makeKey({ scopes: ['write'] });
    const all = makeKey({ project: '*' });
    const { get } = await start(lookup([writer.key, all.key]));
    expect(await codeOf(await get('/api/who', { 'x-api-key': writer.text }))).toBe('403 forbidden');
    expect(await codeOf(await get('/new/who', { 'x-api-key': writer.text }))).toBe('403 forbidden');
    expect(await (await get('/new/who', { 'x-api-key': all.text })).json()).toEqual({
      project: '',
      id: all.key.id,
    });
  });

  it('no spelling of a path goes round the gate', async () => {
    const { url } = await start(lookup([makeKey().key]));
    const ask = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const sent = request(url, { method: 'POST', path }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        sent.on('error', reject).end('x');
      });
    for (const path of [
      '/v1/inferences',
      '/V1/Inferences',
      '/v1/inferences/',
      '/v1/inferences?x',
      '/%761/inferences',
    ])
      expect([401, 404], path).toContain(await ask(path));
    expect(await ask('/V1/inferences')).toBe(401);
  });

  it('what a key writes goes to its project alone, and for all projects anywhere', async () => {
    const one = makeKey({ project: 'shop' });
    const all = makeKey({ project: '*' });
    const { post, submitted } = await start(lookup([one.key, all.key]));
    await post(one.text);
    await post(all.text);
    expect(submitted).toEqual([
      { kind: 'inference', project: { default: 'shop', allowsOthers: false } },
      { kind: 'inference', project: undefined },
    ]);
  });

  it('without keys a request that came through a proxy, or by a foreign name, is refused', async () => {
    const { post, get } = await start(lookup([]), { host: '0.0.0.0' });
    expect((await post(null)).status).toBe(200);
    const answer = await post(null, 'x', { 'x-forwarded-for': '203.0.113.9' });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('plumbline keys create');
    expect((await get('/metrics', { 'x-forwarded-for': '127.0.0.1' })).status).toBe(403);
  });

  it('503 with Retry-After until the keys have been read', async () => {
    const { post } = await start(lookup([], 'unread'));
    const answer = await post(null);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await codeOf(answer)).toBe('503 upstream_unavailable');
  });
});

describe('limits of a key', () => {
  it('429 above its requests a second, with the time to wait; a request counts once, whatever routers it passes', async () => {
    const { key, text } = makeKey({ limits: { ...NO_LIMITS, requestsPerSecond: 3 } });
    const other = makeKey();
    const { url, post } = await start(lookup([key, other.key]));
    const score = () =>
      fetch(`${url}/v1/scores`, { method: 'POST', body: 'x', headers: { 'x-api-key': text } });
    for (let sent = 0; sent < 3; sent++) expect((await score()).status).toBe(200);
    const refused = await score();
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await codeOf(refused)).toBe('429 overloaded');
    expect((await post(other.text)).status).toBe(200);
    await expect.poll(async () => (await score()).status, { timeout: 3_000 }).toBe(200);
  });

  it('429 after more bytes than a second has, for as many seconds as they are worth', async () => {
    const { key, text } = makeKey({ limits: { ...NO_LIMITS, bytesPerSecond: 1_000 } });
    const { post } = await start(lookup([key]));
    expect((await post(text, 'x'.repeat(900))).status).toBe(200);
    expect((await post(text, gzipSync('x'.repeat(4_000)), { 'content-encoding': 'gzip' })).status).toBe(200);
    const refused = await post(text);
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(4);
    expect(seconds).toBeLessThanOrEqual(5);
  });

  it('413 above its largest body, after decompression', async () => {
    const { key, text } = makeKey({ limits: { ...NO_LIMITS, bodyBytesMax: 1_000 } });
    const other = makeKey({ limits: { ...NO_LIMITS, bodyBytesMax: 10_000_000 } });
    const { post } = await start(lookup([key, other.key]));
    expect((await post(text, 'x'.repeat(1_000))).status).toBe(200);
    expect((await post(text, 'x'.repeat(1_001))).status).toBe(413);
    expect((await post(text, gzipSync('x'.repeat(1_001)), { 'content-encoding': 'gzip' })).status).toBe(413);
    // A key cannot widen what the settings say of all bodies.
    expect((await post(other.text, 'x'.repeat(100_000))).status).toBe(200);
    expect((await post(other.text, 'x'.repeat(100_001))).status).toBe(413);
  });

  it('those of the settings hold for a key without limits of its own', async () => {
    const { key, text } = makeKey();
    const { post } = await start(lookup([key]), { defaults: { requestsPerSecond: 1 } });
    expect((await post(text)).status).toBe(200);
    expect((await post(text)).status).toBe(429);
  });
});

it('tells each use once: key, route, status, and why somebody was not let in', async () => {
  const { key, text } = makeKey({ scopes: ['write'], limits: { ...NO_LIMITS, requestsPerSecond: 2 } });
  const { url, post, get, uses } = await start(lookup([key]));
  await fetch(`${url}/v1/scores`, { method: 'POST', body: 'x', headers: { 'x-api-key': text } });
  await get('/api/who', { 'x-api-key': text });
  await post(null);
  await post('plb_secret');
  await post(text);
  await post(text);
  await get('/metrics');
  await expect.poll(() => uses.length).toBe(6);
  const address = '127.0.0.1';
  expect(uses).toEqual([
    { keyId: key.id, route: 'POST /v1/scores', status: 200, refusal: '', address },
    { keyId: key.id, route: 'GET /api/…', status: 403, refusal: 'scope', address },
    { keyId: '', route: 'POST /v1/…', status: 401, refusal: 'no key', address },
    { keyId: '', route: 'POST /v1/…', status: 401, refusal: 'malformed', address },
    { keyId: key.id, route: 'POST /v1/inferences', status: 200, refusal: '', address },
    { keyId: key.id, route: 'POST /v1/…', status: 429, refusal: 'limit', address },
  ]);
  expect(JSON.stringify(uses)).not.toContain('secret');
});
