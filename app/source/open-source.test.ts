import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../core/config.ts';
import { createLogger } from '../../core/log.ts';
import type { Store } from '../../sql/client.ts';
import { openMigratedStore } from '../store.ts';
import { openSource, type Source } from './open-source.ts';

/** Ends by its bound on time alone: no machine is this fast. */
const ENDLESS = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 7';

let folder: string;
let store: Store;
let source: Source;
let client: ClickHouseClient;

const configOf = (env: Record<string, string> = {}) =>
  parseConfig({
    DATA_DIR: folder,
    SOURCE_PORT: '0',
    SOURCE_QUERY_TIME_MAX: '3s',
    SOURCE_QUERIES_MAX: '2',
    SOURCE_QUEUE_MAX: '20',
    ...env,
  });

async function open(env: Record<string, string> = {}): Promise<Source> {
  const opened = await openSource(configOf(env), createLogger('silent'));
  if (!opened) throw new Error('the source is off');
  return opened;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-source-'));
  ({ store } = await openMigratedStore(configOf()));
  source = await open();
  client = createClient({ url: source.url, log: { level: 127 } });
});

afterAll(async () => {
  await client.close();
  await source.stop();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

describe('for @clickhouse/client', () => {
  it('answers a ping, with and without a query', async () => {
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  it.each(['JSON', 'JSONEachRow', 'JSONCompactEachRow', 'CSVWithNames', 'TabSeparated'] as const)(
    'answers in %s',
    async (format) => {
      const result = await client.query({
        query: 'SELECT number AS n, toString(number) AS t FROM numbers(3)',
        format,
      });
      expect((await result.text()).match(/\d/g)?.filter((digit) => digit === '2').length).toBeGreaterThan(1);
    },
  );

  it('binds values, short and too long for an address', async () => {
    const values = Array.from({ length: 20_000 }, (_, at) => `it's ${at}\t\\`);
    const ask = async (list: string[], one: ClickHouseClient) => {
      const result = await one.query({
        query:
          'SELECT length({list: Array(String)}) AS n, {list: Array(String)}[-1] AS last, {at: DateTime64(3)} AS at',
        query_params: { list, at: new Date('2026-01-02T03:04:05.678Z') },
        format: 'JSONEachRow',
      });
      return result.json();
    };
    const at = '2026-01-02 03:04:05.678';
    expect(await ask(values.slice(0, 2), client)).toEqual([{ n: 2, last: "it's 1\t\\", at }]);
    const forms = createClient({ url: source.url, use_multipart_params_auto: true });
    expect(await ask(values, forms)).toEqual([{ n: 20_000, last: "it's 19999\t\\", at }]);
    await forms.close();
  });

  it('streams, packed both ways', async () => {
    const packing = createClient({ url: source.url, compression: { request: true, response: true } });
    const result = await packing.query({
      query: 'SELECT number AS n FROM numbers(150000)',
      format: 'JSONEachRow',
    });
    let rows = 0;
    for await (const batch of result.stream()) rows += batch.length;
    expect(rows).toBe(150_000);
    expect(result.response_headers['content-encoding']).toBe('gzip');
    await packing.close();
  });

  it('tells of the query what ClickHouse tells', async () => {
    const result = await client.query({ query: 'SELECT 1', query_id: 'mine', format: 'JSONEachRow' });
    expect(result.query_id).toBe('mine');
    expect(result.response_headers).toMatchObject({
      'x-clickhouse-format': 'JSONEachRow',
      'x-clickhouse-timezone': expect.stringMatching(/UTC/),
      'x-clickhouse-summary': expect.stringContaining('"read_rows":"1"'),
    });
  });

  it.each([
    ['SELECT nothing', '47', 'UNKNOWN_IDENTIFIER'],
    ['SELEC 1', '164', 'READONLY'],
    ['SELECT (', '62', 'SYNTAX_ERROR'],
    ['SELECT * FROM nowhere', '60', 'UNKNOWN_TABLE'],
    ['SELECT * FROM api_keys', '497', 'ACCESS_DENIED'],
    [ENDLESS, '159', 'TIMEOUT_EXCEEDED'],
  ])('gives the error of %s by its code', async (query, code, type) => {
    await expect(client.query({ query })).rejects.toMatchObject({ code, type });
  });

  it('inserts and changes nothing', async () => {
    const values = [{ name: 'x' }];
    await expect(client.insert({ table: 'migrations', values, format: 'JSONEachRow' })).rejects.toMatchObject(
      { code: '164' },
    );
    await expect(client.command({ query: 'DROP TABLE migrations' })).rejects.toMatchObject({ code: '164' });
  });

  it('ends the query of a client that goes, and its turn', async () => {
    const leaving = new AbortController();
    const queries = Array.from({ length: 6 }, () =>
      client.query({ query: ENDLESS, abort_signal: leaving.signal }),
    );
    const ended = Promise.allSettled(queries);
    await sleep(200);
    leaving.abort();
    await ended;
    const started = performance.now();
    await client.query({ query: 'SELECT 1' }).then((result) => result.text());
    // All six by their bound on time, two at once, would take nine seconds.
    expect(performance.now() - started).toBeLessThan(2_500);
    await expect
      .poll(() => store.rows("SELECT count() AS c FROM system.processes WHERE query LIKE '%sipHash64%'"))
      .toEqual([{ c: 1 }]);
  });
});

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly url?: string;
}

async function ask({ path = '/', method, headers = {}, body = '', url = source.url }: Asked) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(
      `${url}${path}`,
      { method: method ?? (body === '' ? 'GET' : 'POST'), headers },
      resolve,
    );
    sent.on('error', reject).end(body);
  });
  return { status: response.statusCode, text: await text(response), headers: response.headers };
}

const queryOf = (query: string, more = ''): string => `/?query=${encodeURIComponent(query)}${more}`;

describe('over HTTP', () => {
  it('takes a query from the address, the body, and both', async () => {
    expect(await ask({ path: queryOf('SELECT 1') })).toMatchObject({ status: 200, text: '1\n' });
    expect(await ask({ body: 'SELECT 2' })).toMatchObject({ status: 200, text: '2\n' });
    expect(await ask({ path: queryOf('SELECT'), body: '3' })).toMatchObject({ status: 200, text: '3\n' });
    expect(
      await ask({ path: queryOf('SELECT {a: String} AS a', '&param_a=b&default_format=JSONEachRow') }),
    ).toMatchObject({
      text: '{"a":"b"}\n',
    });
    const headers = { 'content-encoding': 'gzip' };
    expect(await ask({ body: gzipSync('SELECT 4'), headers })).toMatchObject({ text: '4\n' });
  });

  it('words errors as ClickHouse does, with its statuses', async () => {
    const { status, text: said, headers } = await ask({ body: 'SELECT nothing' });
    expect(status).toBe(404);
    expect(said).toMatch(
      /^Code: 47\. DB::Exception: .*\(UNKNOWN_IDENTIFIER\) \(version [\d.]+ \(embedded\)\)\n$/s,
    );
    expect(headers['x-clickhouse-exception-code']).toBe('47');
  });

  it.each<[name: string, asked: Asked, status: number, said: RegExp]>([
    ['a probe', { path: '/ping' }, 200, /^Ok\.\n$/],
    ['a probe without a path', { path: '/' }, 200, /^Ok\.\n$/],
    ['another path', { path: '/play' }, 404, /no handle \/play/],
    ['another method', { path: queryOf('SELECT 1'), method: 'PUT' }, 405, /Code: 48/],
    ['no query', { body: ' ' }, 400, /Code: 62.*Empty query/],
    ['a session', { path: queryOf('SELECT 1', '&session_id=a') }, 501, /leave session_id out/],
    ['a role', { path: queryOf('SELECT 1', '&role=plumbline_owner') }, 501, /leave it out/],
    ['compressed blocks', { path: queryOf('SELECT 1', '&compress=1') }, 501, /ask for gzip/],
    ['another database', { path: queryOf('SELECT 1', '&database=system') }, 404, /Code: 81/],
    ['a setting that frees', { path: queryOf('SELECT 1', '&readonly=0') }, 500, /Code: 164/],
    ['a setting of another kind', { path: queryOf('SELECT 1', '&dialect=prql') }, 500, /Code: 164/],
    ['a parameter that is no name', { path: queryOf('SELECT 1', '&param_a`=1') }, 400, /Code: 36/],
    ['a body beyond its bound', { body: Buffer.alloc(2 ** 20 + 1, 32) }, 413, /larger than/],
    [
      'a bomb',
      { body: gzipSync(Buffer.alloc(2 ** 24, 32)), headers: { 'content-encoding': 'gzip' } },
      413,
      /larger than/,
    ],
    ['a broken body', { body: 'SELECT 1', headers: { 'content-encoding': 'gzip' } }, 400, /Code: 354/],
    [
      'an unknown encoding',
      { body: 'SELECT 1', headers: { 'content-encoding': 'zip' } },
      501,
      /zip is not known/,
    ],
    ['an address beyond its bound', { path: queryOf(' '.repeat(100_000)) }, 431, /^$/],
    [
      'another page',
      { path: queryOf('SELECT 1'), headers: { origin: 'http://example.com' } },
      403,
      /Code: 516/,
    ],
    [
      'a cross-site request',
      { path: queryOf('SELECT 1'), headers: { 'sec-fetch-site': 'cross-site' } },
      403,
      /Code: 516/,
    ],
    [
      'another name (DNS rebinding)',
      { path: queryOf('SELECT 1'), headers: { host: 'example.com' } },
      403,
      /SOURCE_PASSWORD/,
    ],
    [
      'a proxy',
      { path: queryOf('SELECT 1'), headers: { 'x-forwarded-for': '192.0.2.1' } },
      403,
      /SOURCE_PASSWORD/,
    ],
    ['another user', { path: queryOf('SELECT 1', '&user=admin') }, 403, /admin: Authentication failed/],
    ['a password where there is none', { path: queryOf('SELECT 1', '&password=a') }, 403, /Code: 516/],
  ])('answers %s', async (_name, asked, status, said) => {
    const answer = await ask(asked);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(said);
  });
});

it('asks for the user and the password, wherever they stand', async () => {
  const guarded = await open({ SOURCE_USER: 'grafana', SOURCE_PASSWORD: 'a:b' });
  const { url } = guarded;
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
  const path = queryOf('SELECT 1');
  const statuses = await Promise.all([
    ask({ url, path, headers: basic('grafana:a:b') }),
    ask({ url, path, headers: { 'x-clickhouse-user': 'grafana', 'x-clickhouse-key': 'a:b' } }),
    ask({ url, path: `${path}&user=grafana&password=a%3Ab` }),
    // Who has the password may come from anywhere.
    ask({
      url,
      path,
      headers: { ...basic('grafana:a:b'), host: 'plumbline.example', 'x-forwarded-for': '192.0.2.1' },
    }),
    ask({ url, path }),
    ask({ url, path, headers: basic('grafana:a') }),
    ask({ url, path, headers: basic('default:a:b') }),
    ask({ url, path, headers: { 'x-clickhouse-user': 'grafana' } }),
    ask({ url, path, headers: { ...basic('grafana:a:b'), origin: 'http://example.com' } }),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 403, 403, 403, 403, 403]);
  await guarded.stop();
});

it('turns away what would wait too long in line', async () => {
  const narrow = await open({ SOURCE_QUERIES_MAX: '1', SOURCE_QUEUE_MAX: '1', SOURCE_QUERY_TIME_MAX: '1s' });
  const answers = await Promise.all(Array.from({ length: 3 }, () => ask({ url: narrow.url, body: ENDLESS })));
  expect(answers.map(({ status }) => status).sort()).toEqual([408, 408, 503]);
  expect(answers.find(({ status }) => status === 503)?.text).toMatch(
    /^Code: 202\. DB::Exception: Too many simultaneous queries.*\(TOO_MANY_SIMULTANEOUS_QUERIES\)/,
  );
  await narrow.stop();
});

it('keeps the bounds of an answer', async () => {
  const small = await open({ SOURCE_RESULT_ROWS_MAX: '10', SOURCE_MEMORY_BYTES_MAX: '64MiB' });
  const { url } = small;
  expect(
    await ask({ url, path: queryOf('SELECT number FROM numbers(11)', '&max_result_rows=1000') }),
  ).toMatchObject({
    status: 500,
    headers: { 'x-clickhouse-exception-code': '396' },
  });
  const large = 'SELECT length(groupArray(number)) FROM numbers(100000000)';
  expect(await ask({ url, path: queryOf(large, '&max_memory_usage=0') })).toMatchObject({
    headers: { 'x-clickhouse-exception-code': '241' },
  });
  await small.stop();
});

it('loses nothing that comes in meanwhile, and does not hold it up', async () => {
  const slow = Array.from({ length: 8 }, () => ask({ body: ENDLESS }));
  let longestMs = 0;
  for (let at = 0; at < 100; at++) {
    const line = JSON.stringify({ id: `s${at}`, author: 'a', ends_at: '2100-01-01 00:00:00' });
    const started = performance.now();
    await store.insertLines('silences', Buffer.from(`${line}\n`));
    longestMs = Math.max(longestMs, performance.now() - started);
  }
  expect(await store.rows('SELECT count() AS c, uniqExact(id) AS u FROM silences')).toEqual([
    { c: 100, u: 100 },
  ]);
  // A panel takes three seconds here: an insert that waited for one would show.
  expect(longestMs).toBeLessThan(2_000);
  await Promise.all(slow);
}, 60_000);

it('ends at once, with queries under way, and leaves nothing open', async () => {
  const before = process.getActiveResourcesInfo().filter((name) => /TCP/.test(name)).length;
  const ending = await open({ SOURCE_QUERY_TIME_MAX: '30s' });
  const under = ask({ url: ending.url, body: ENDLESS }).catch(() => 'cut');
  await sleep(200);
  const started = performance.now();
  await ending.stop();
  expect(performance.now() - started).toBeLessThan(5_000);
  await under;
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((name) => /TCP/.test(name)).length)
    .toBeLessThanOrEqual(before);
  expect(await openSource(parseConfig({ DATA_DIR: folder }), createLogger('silent'))).toBeNull();
});
