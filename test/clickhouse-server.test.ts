import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../sql/client.ts';
import type { InferenceBlock } from '../sql/inference-block.ts';
import { openInferenceWriter } from '../sql/insert.ts';
import { migrate } from '../sql/migrate.ts';
import { rollUp } from '../sql/rollup.ts';
import { type ClickHouseProcess, startClickHouse } from './support/clickhouse-process.mjs';

const OPTIONS = {
  retention: {
    inferencesDays: 90,
    embeddingsDays: 30,
    rollupMinuteDays: 90,
    rollupHourDays: 800,
    findingsDays: 400,
    keyUsesDays: 30,
  },
  cluster: null,
};
const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const ACCOUNT = { username: 'plumbline', password: 'of: the test' };

let server: ClickHouseProcess;
let remote: Store;
let embedded: Store;
let folder: string;

beforeAll(async () => {
  server = await startClickHouse({ user: ACCOUNT.username, password: ACCOUNT.password });
  remote = await openRemote();
  folder = await mkdtemp(join(tmpdir(), 'plumbline-embedded-'));
  embedded = await openStore({ kind: 'embedded', path: folder });
  await migrate(remote, OPTIONS);
  await migrate(embedded, OPTIONS);
});
afterAll(async () => {
  await remote.close();
  await embedded.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const openRemote = (database = 'plumbline', account = ACCOUNT): Promise<Store> =>
  openStore({ kind: 'server', url: server.url, database, ...account });

function block(ids: readonly string[], fill = ''): InferenceBlock {
  const records = ids.map((id, row) => ({
    id,
    project: 'p',
    model: `m${row % 2}`,
    timestamp: new Date(T0 + row * 977).toISOString(),
    received_at: '2026-11-22T11:00:00.000Z',
    prompt: `Is “${row}” a prime?\t\n${fill}`,
    latency_ms: row * 1.5,
    attributes: { region: `r${row % 3}` },
  }));
  const texts = records.map((record) => `${JSON.stringify(record)}\n`);
  const offsets: number[] = [];
  texts.reduce((at, text) => offsets.push(at) && at + Buffer.byteLength(text), 0);
  const lines = Buffer.from(texts.join(''));
  return {
    lines,
    offsets,
    ids,
    projects: records.map(({ project }) => project),
    timestampsMs: records.map(({ timestamp }) => Date.parse(timestamp)),
    canonicalLines: () => lines,
  };
}

const idsOf = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, row) => `${prefix}-${row}-${'x'.repeat(100)}`);

describe('the store behind HTTP', () => {
  it('holds what the embedded one holds after the same blocks, repeats and roll-ups', async () => {
    const ids = idsOf(1_000, 'same');
    for (const store of [remote, embedded]) {
      const writer = await openInferenceWriter(store, { idsMax: 10_000 });
      const minutes = new Set(await writer.insert(block(ids)));
      // In another order, and so with other timestamps; the second writer knows of the ids from the store alone.
      const again = await openInferenceWriter(store, { idsMax: 10_000 });
      expect(again.idCount).toBe(1_000);
      for (const minute of await again.insert(block([...ids].reverse()))) minutes.add(minute);
      await rollUp(store, minutes, {
        admitted: {},
        bounds: { attributesMax: 8, valuesMax: 2 },
        now: new Date(T0),
      });
    }
    for (const [table, order] of [
      ['inferences', 'id'],
      ['rollup_minute', 'bucket, model, segment, signal'],
      ['rollup_hour', 'bucket, model, segment, signal'],
    ]) {
      const question = `SELECT * FROM ${table} FINAL WHERE project = {project: String} ORDER BY ${order}`;
      const rows = await remote.rows(question, { project: 'p' });
      expect(rows).toEqual(await embedded.rows(question, { project: 'p' }));
      expect(rows.length).toBeGreaterThan(10);
    }
    const total = `SELECT sum(count) AS n FROM rollup_hour FINAL WHERE signal = 'inferences' AND segment = ''`;
    expect(await remote.rows(total)).toEqual([{ n: 1_000 }]);
  });

  it('makes the database that it is to use, when it is not there', async () => {
    const store = await openRemote('made `here`');
    expect((await migrate(store, OPTIONS)).length).toBeGreaterThan(0);
    expect(await migrate(store, OPTIONS)).toEqual([]);
    expect(await store.rows('SELECT currentDatabase() AS name')).toEqual([{ name: 'made `here`' }]);
    await store.close();
  });

  it('binds values of any content and length', async () => {
    const odd = ["it's", 'a\\b', 'tab\t, line\n', '{x: String}', 'é😀', '%41&param_y=1', ''];
    expect(
      await remote.rows('SELECT {one: String} AS one, {all: Array(String)} AS all', {
        one: odd[1],
        all: odd,
      }),
    ).toEqual([{ one: odd[1], all: odd }]);
    // Above ClickHouse's bound on the address of a request.
    const many = Array.from({ length: 20_000 }, (_, at) => `${at}${'"'.repeat(40)}`);
    expect(await remote.rows('SELECT length({many: Array(String)}) AS n', { many })).toEqual([{ n: 20_000 }]);
  });

  it('says of an error whether the input is at fault', async () => {
    await expect(remote.rows('SELEC 1')).rejects.toMatchObject({
      name: 'AppError',
      code: 'invalid_input',
      context: { code: '62' },
    });
    await expect(
      remote.insertLines('inferences', Buffer.from('{"timestamp":"never"}\n')),
    ).rejects.toMatchObject({ name: 'AppError', code: 'invalid_input' });
    const stranger = await openRemote('plumbline', { ...ACCOUNT, password: 'wrong' });
    await expect(stranger.rows('SELECT 1')).rejects.toMatchObject({
      code: 'upstream_unavailable',
      context: { code: '516' },
    });
    await stranger.close();
  });

  it('gives a long answer in pieces, and an AppError when it breaks off', async () => {
    let [bytes, pieces] = [0, 0];
    for await (const chunk of remote.chunks("SELECT repeat('x', 300) FROM numbers(100000)")) {
      bytes += chunk.length;
      pieces++;
    }
    expect(bytes).toBe(100_000 * 305);
    expect(pieces).toBeGreaterThan(10);
    const broken = remote.chunks('SELECT throwIf(number = 1500000) FROM numbers(2000000)');
    await expect(
      (async () => {
        for await (const _ of broken);
      })(),
    ).rejects.toMatchObject({ name: 'AppError', code: 'upstream_unavailable' });
  });

  it('keeps settings and databases of requests that run together apart', async () => {
    const ask = async (threads: number): Promise<string> => {
      const database = threads % 2 ? 'plumbline' : 'default';
      const query = `SELECT currentDatabase(), getSetting('max_threads'), sleep(0.02), {x: UInt8} FORMAT CSV`;
      const answer = await post({ database, max_threads: String(threads), param_x: String(threads) }, query);
      return answer.text();
    };
    const asked = Array.from({ length: 40 }, (_, at) => at + 1);
    expect(await Promise.all(asked.map(ask))).toEqual(
      asked.map((n) => `"${n % 2 ? 'plumbline' : 'default'}",${n},0,${n}\n`),
    );
    const after = await (await post({}, `SELECT getSetting('max_threads')`)).text();
    expect(Number(after)).toBeLessThan(40);
  });

  it('takes compressed bodies, and refuses settings that do not exist', async () => {
    const zipped = await post({}, gzipSync('SELECT 17'), { 'content-encoding': 'gzip' });
    expect(await zipped.text()).toBe('17\n');
    const refused = await post({ no_such_setting: '1' }, 'SELECT 1');
    expect(refused.headers.get('x-clickhouse-exception-code')).toBe('115');
    expect(await refused.text()).toContain('UNKNOWN_SETTING');
  });

  it('has every acknowledged row after kill -9 and a restart', async () => {
    const writer = await openInferenceWriter(remote, { idsMax: 100_000 });
    const acknowledged: string[] = [];
    const large = block(idsOf(15_000, 'large'), 'x'.repeat(2_000));
    expect(large.lines.length).toBeGreaterThan(30_000_000);
    await writer.insert(large);
    acknowledged.push(...large.ids);
    const sending = Array.from({ length: 4 }, async (_, sender) => {
      for (let round = 0; ; round++) {
        const next = block(idsOf(20, `s${sender}-${round}`));
        await writer.insert(next);
        acknowledged.push(...next.ids);
      }
    });
    const ended = Promise.allSettled(sending);
    await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(15_400);
    await server.kill('SIGKILL');
    const reasons = (await ended).map((end) => (end.status === 'rejected' ? end.reason : end));
    for (const reason of reasons)
      expect(reason).toMatchObject({ name: 'AppError', code: 'upstream_unavailable' });
    await expect(remote.ping()).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await server.restart();
    const stored = new Set(
      (await remote.rows('SELECT id FROM inferences FINAL')).map((row) => (row as { id: string }).id),
    );
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  });
});

function post(
  settings: Record<string, string>,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  const account = { 'x-clickhouse-user': ACCOUNT.username, 'x-clickhouse-key': ACCOUNT.password };
  return fetch(`${server.url}/?${new URLSearchParams(settings)}`, {
    method: 'POST',
    headers: { ...account, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
}
