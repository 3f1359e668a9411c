import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../sql/client.ts';
import { type CliResult, runCli } from './support/cli.ts';
import { type RunningServer, startServer } from './support/server.ts';

// The built service and the built command line, on a real store.

const SETTINGS = {
  EMBEDDINGS: 'off',
  CHECK_WORKERS: '1',
  KEYS_REFRESH: '200ms',
  KEY_USES_FLUSH: '200ms',
  LOG_LEVEL: 'error',
};

let cwd: string;
let data: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'plumbline-keys-'));
  data = join(cwd, 'data');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const serve = (settings: Record<string, string> = {}): Promise<RunningServer> =>
  startServer({ ...SETTINGS, DATA_DIR: data, ...settings });
const cli = (...args: string[]): Promise<CliResult> =>
  runCli(['keys', ...args], { cwd, env: { ...SETTINGS, DATA_DIR: data } });

async function create(...args: string[]): Promise<{ text: string; id: string }> {
  const { code, stdout, stderr } = await cli('create', ...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  const { text, key } = JSON.parse(stdout);
  return { text, id: key.id };
}

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ kind: 'embedded', path: data });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const record = (fields: object): string =>
  JSON.stringify({ timestamp: new Date().toISOString(), model: 'm', response: 'yes', ...fields });

function client({ url }: RunningServer, text: string) {
  const headers = { authorization: `Bearer ${text}` };
  return {
    post: (path: string, ...lines: string[]) =>
      fetch(`${url}/v1/${path}`, { method: 'POST', headers, body: lines.join('\n') }),
    get: (path: string) => fetch(`${url}/api/${path}`, { headers }),
  };
}

describe('two projects', () => {
  const texts: string[] = [];
  const ids: string[] = [];
  let server: RunningServer;

  it('the first key is made on the store, the others through the server that has it open', async () => {
    for (const project of ['shop', 'bank']) {
      const { text, id } = await create('--project', project, '--scope', 'write', '--scope', 'read');
      texts.push(text);
      ids.push(id);
      if (project === 'shop') server = await serve();
    }
    const all = await create('--project', '*', '--scope', 'read', '--name', 'all, to read');
    texts.push(all.text);
    ids.push(all.id);
  });

  it('cannot write to each other, by whatever spelling; a record without a project gets that of the key', async () => {
    const [shop, bank] = [client(server, texts[0] ?? ''), client(server, texts[1] ?? '')];
    const answer = await shop.post(
      'inferences',
      record({ id: 'a' }),
      record({ id: 'b', project: 'shop' }),
      record({ id: 'c', project: 'bank' }),
      record({ id: 'd', project: 'default' }),
      record({ id: 'e', project: 'shop' }).replace('{', '{"project":"bank",'),
      record({ id: 'f' }).replace('{', '{"pro\\u006aect":"bank",'),
      record({ id: 'g', project: null }),
    );
    expect(answer.status).toBe(200);
    const outcome = (await answer.json()) as { accepted: number; rejected: object[] };
    expect(outcome).toMatchObject({ accepted: 4, rejected_count: 3 });
    const reason = 'expected "shop", the project of this key, or none; got another';
    expect(outcome.rejected).toEqual([2, 3, 5].map((index) => ({ index, field: 'project', reason })));
    expect((await bank.post('inferences', record({ id: 'a' }))).status).toBe(200);
    const scores = await shop.post(
      'scores',
      JSON.stringify({ inference_id: 'a', name: 'correct', value: 1 }),
      JSON.stringify({ inference_id: 'a', name: 'correct', value: 1, project: 'bank' }),
    );
    expect(await scores.json()).toMatchObject({ accepted: 1, rejected: [{ index: 1, field: 'project' }] });
  });

  it('cannot read each other; a key for all reads both', async () => {
    const [shop, bank, all] = texts.map((text) => client(server, text));
    const projects = async (one: ReturnType<typeof client> | undefined): Promise<string> => {
      const overview = (await (await one?.get('overview'))?.json()) as { streams: { project: string }[] };
      return overview.streams
        .map(({ project }) => project)
        .sort()
        .join(' ');
    };
    await expect.poll(() => projects(all), { timeout: 20_000 }).toBe('bank shop');
    expect(await projects(shop)).toBe('shop');
    expect(await projects(bank)).toBe('bank');
    for (const path of ['stream?project=bank&model=m', 'series?project=bank&model=m']) {
      expect((await shop?.get(path))?.status, path).toBe(404);
      expect((await bank?.get(path))?.status, path).toBe(200);
    }
  });

  it('revoking takes effect at once, also by the text of the key, and lists say so', async () => {
    const bank = client(server, texts[1] ?? '');
    const revoked = await cli('revoke', texts[1] ?? '');
    expect([revoked.code, revoked.stdout]).toEqual([
      0,
      expect.stringContaining(`Key ${ids[1]} for project bank`),
    ]);
    expect((await bank.get('overview')).status).toBe(401);
    expect(await (await bank.post('inferences', record({}))).text()).toContain('was revoked');
    expect((await cli('revoke', ids[1] ?? '')).code).toBe(0);
    const shown = JSON.parse((await cli('list', '--json')).stdout).keys;
    expect(shown.map(({ id }: { id: string }) => id).sort()).toEqual([ids[0], ids[2]].sort());
    const { stdout } = await cli('list', '--all');
    expect(stdout).toMatch(new RegExp(`${ids[1]}.*revoked`));
    expect(stdout).toMatch(new RegExp(`${ids[0]} .*shop .*write, read .*valid`));
  });

  it('lists show the last use', async () => {
    const lastUse = async (id: string | undefined): Promise<unknown> =>
      JSON.parse((await cli('list', '--json')).stdout).keys.find((key: { id: string }) => key.id === id)
        .last_used_at;
    await expect.poll(() => lastUse(ids[0]), { timeout: 10_000 }).toMatch(/^20\d\d-/);
  });

  it('the page loads without a key, its data does not; probes and figures are there', async () => {
    const status = async (path: string): Promise<number> => (await fetch(`${server.url}${path}`)).status;
    expect(await Promise.all(['/healthz', '/livez', '/readyz', '/metrics'].map(status))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(await status('/api/overview')).toBe(401);
    expect(await status('/v1/inferences')).toBe(401);
  });

  it('the file for commands is for its owner alone, is no key, and goes with the server', async () => {
    const path = join(data, 'serve.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { token } = JSON.parse(await readFile(path, 'utf8'));
    expect((await client(server, token).get('overview')).status).toBe(401);
    const ask = (headers: Record<string, string>) => fetch(`${server.url}/admin/keys`, { headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${texts[2]}` })).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
    await expect(stat(path)).rejects.toThrow();
  });

  it('the store has each record in its own project, and nothing in another', async () => {
    const rows = await withStore((store) =>
      store.rows('SELECT project, id FROM inferences FINAL ORDER BY project, id'),
    );
    expect((rows as { project: string; id: string }[]).map(({ project, id }) => `${project} ${id}`)).toEqual([
      'bank a',
      'shop a',
      'shop b',
      'shop e',
      'shop g',
    ]);
  });

  it('the audit log has what happened, and nothing on disk has a secret', async () => {
    const rows = await withStore((store) =>
      store.rows(
        `SELECT key_id, route, refusal, sum(uses) AS uses FROM key_uses FINAL GROUP BY key_id, route, refusal`,
      ),
    );
    const usesOf = (keyId: string | undefined, route: string, refusal = ''): number =>
      Number(
        (rows as Record<string, unknown>[]).find(
          (row) => row['key_id'] === keyId && row['route'] === route && row['refusal'] === refusal,
        )?.['uses'] ?? 0,
      );
    for (const id of ids) expect(usesOf(id, 'plumbline keys create')).toBe(1);
    expect(usesOf(ids[1], 'plumbline keys revoke')).toBe(1);
    expect(usesOf(ids[0], 'POST /v1/inferences')).toBe(1);
    expect(usesOf(ids[0], 'POST /v1/scores')).toBe(1);
    expect(usesOf(ids[1], 'POST /v1/…', 'revoked')).toBe(1);
    expect(usesOf('', 'GET /api/…', 'no key')).toBe(1);
    for (const text of texts) {
      // In the columns as they are read, and in the bytes as they are stored.
      const found = await withStore((store) => textsHolding(store, text.slice(17, 40)));
      expect(found).toEqual([]);
      expect(await filesHolding(data, text.slice(17, 40))).toEqual([]);
    }
  });
});

/** Tables that hold a text in any column. */
async function textsHolding(store: Store, text: string): Promise<string[]> {
  const tables = (await store.rows(`SELECT name FROM system.tables WHERE database = currentDatabase()`)) as {
    name: string;
  }[];
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['api_keys', 'key_uses', 'inferences']),
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = JSON.stringify(await store.rows(`SELECT * FROM ${name}`));
    if (rows.includes(text)) found.push(name);
  }
  return found;
}

async function filesHolding(folder: string, text: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of names) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}

describe('without a server, and after a kill', () => {
  it('commands work on the store, also when a killed server has left its file', async () => {
    const server = await serve();
    await server.end('SIGKILL');
    expect((await stat(join(data, 'serve.json'))).isFile()).toBe(true);
    const { text } = await create('--scope', 'read');
    const next = await serve();
    expect((await client(next, text).get('overview')).status).toBe(200);
    await next.end('SIGTERM');
  });

  it('commands tell nothing to whoever has the port of a killed server', async () => {
    const other = await serve({ DATA_DIR: join(cwd, 'other') });
    await writeFile(join(data, 'serve.json'), JSON.stringify({ url: other.url, token: 'left behind' }));
    const { stdout } = await cli('list', '--all', '--json');
    expect(JSON.parse(stdout).keys.length).toBe(4);
    await other.end('SIGTERM');
    await rm(join(data, 'serve.json'));
  });

  it.each<[string[], number, string]>([
    [['create'], 2, '--scope'],
    [['create', '--scope', 'admin'], 2, 'expected write or read'],
    [['create', '--scope', 'read', '--project', ''], 2, 'project'],
    [['create', '--scope', 'read', '--bytes-per-second', 'lots'], 2, 'expected bytes, such as 64MiB'],
    [['create', '--scope', 'read', '--requests-per-second', '0'], 2, 'requests-per-second'],
    [['create', '--scope', 'read', '--body-bytes-max', '0'], 2, 'body_bytes_max'],
    [['revoke', 'nobody'], 2, 'no key has the id nobody'],
    [['revoke', 'plb_typo'], 2, 'typo'],
  ])('%j ends with %i and says why', async (args, code, message) => {
    const result = await cli(...args);
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe('other machines', () => {
  it('may connect once there is a key: with it', async () => {
    const folder = join(cwd, 'fresh');
    const server = await serve({ DATA_DIR: folder, HOST: '0.0.0.0' });
    const { port } = new URL(server.url);
    const proxied = { 'x-forwarded-for': '203.0.113.9' };
    // An address of this machine that is not its loopback is as good as another machine, where there is one.
    const addresses = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => `http://${address}:${port}`);
    const ask = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${url}/api/overview`, { headers })).status;
    expect(await ask(`http://127.0.0.1:${port}`)).toBe(200);
    expect(await ask(`http://127.0.0.1:${port}`, proxied)).toBe(403);
    for (const url of addresses) expect(await ask(url), url).toBe(403);
    const made = await runCli(['keys', 'create', '--scope', 'read', '--project', '*'], {
      cwd,
      env: { DATA_DIR: folder, HOST: '0.0.0.0' },
    });
    const key = { 'x-api-key': made.stdout.trim() };
    expect(await ask(`http://127.0.0.1:${port}`)).toBe(401);
    expect(await ask(`http://127.0.0.1:${port}`, { ...proxied, ...key })).toBe(200);
    for (const url of addresses) {
      expect(await ask(url), url).toBe(401);
      expect(await ask(url, key), url).toBe(200);
      expect((await fetch(`${url}/metrics`)).status).toBe(401);
      expect((await fetch(`${url}/livez`)).status).toBe(200);
    }
    await server.end('SIGTERM');
  });
});
