import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCli } from './support/cli.ts';
import { type RunningServer, startServer } from './support/server.ts';

interface Told {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly incident: { readonly id: string };
}

let folder: string;
let hook: Server;
let isAway = false;
const told: Told[] = [];
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-alerts-'));
  hook = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    if (!isAway) told.push(JSON.parse(Buffer.concat(chunks).toString()) as Told);
    res.writeHead(isAway ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const { port } = hook.address() as AddressInfo;
  await writeFile(
    join(folder, 'alerts.yaml'),
    [
      'receivers:',
      `  - { name: hook, type: webhook, url: "http://127.0.0.1:${port}/", secret: "\${HOOK_SECRET}", allow: ["127.0.0.1/32"] }`,
      '',
    ].join('\n'),
  );
  server = await startServer(settings());
});
afterAll(async () => {
  await server.end('SIGTERM');
  await new Promise((resolve) => hook.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const settings = (): Record<string, string> => ({
  DATA_DIR: join(folder, 'data'),
  ALERTS_FILE: join(folder, 'alerts.yaml'),
  HOOK_SECRET: 'sixteen-letters-and-more',
  WINDOW: '20rows',
  BASELINE_ROWS: '100',
  EMBEDDINGS: 'off',
});
const cli = (args: readonly string[]) => runCli(args, { cwd: folder, env: settings() });

let sent = 0;
/** Inferences of a model, a second apart; each refuses or not. */
async function send(model: string, rows: number, refusals: number): Promise<void> {
  const lines = Array.from({ length: rows }, (_, row) =>
    JSON.stringify({
      id: `${model}-${sent++}`,
      timestamp: new Date(Date.now() - 900_000 + sent * 1_000).toISOString(),
      model,
      prompt: `What is ${row} and ${row}?`,
      response: row % 10 < refusals ? 'I’m sorry, but I can’t help with that.' : `It is ${2 * row}.`,
    }),
  );
  const answer = await fetch(`${server.url}/v1/inferences`, { method: 'POST', body: lines.join('\n') });
  expect(answer.status, await answer.text()).toBe(200);
}

const refusalsOf = (model: string): Told[] =>
  told.filter(({ title }) => title.includes(`${model}: refusals`));
const WAIT = { timeout: 30_000, interval: 200 };

it('tells a receiver that a model refuses, through a kill while nobody answers, and once it has recovered', async () => {
  await send('kept', 200, 0);
  isAway = true;
  await send('kept', 60, 9);
  const open = await vi.waitFor(async () => {
    const { incidents } = (await (await fetch(`${server.url}/v1/incidents`)).json()) as {
      incidents: { id: string; title: string }[];
    };
    const found = incidents.find(({ title }) => title.startsWith('kept: refusals'));
    if (!found) throw new Error('no incident yet');
    return found;
  }, WAIT);
  // It has been tried, and says so where an operator looks.
  await vi.waitFor(async () => {
    const ready = await (await fetch(`${server.url}/readyz`)).text();
    expect(ready).toContain('the receiver hook has taken nothing');
  }, WAIT);
  expect(refusalsOf('kept')).toEqual([]);
  await server.end('SIGKILL');
  isAway = false;
  server = await startServer(settings());
  await vi.waitFor(() => expect(refusalsOf('kept').map(({ kind }) => kind)).toContain('firing'), WAIT);
  expect(new Set(refusalsOf('kept').map(({ incident }) => incident.id))).toEqual(new Set([open.id]));

  const taken = await cli(['incidents', 'ack', open.id, '--author', 'ann', '--json']);
  expect(taken.code, taken.stderr).toBe(0);
  expect(JSON.parse(taken.stdout)).toMatchObject({ incident: { acknowledged_by: 'ann' } });

  await send('kept', 200, 0);
  await vi.waitFor(() => expect(refusalsOf('kept').map(({ kind }) => kind)).toContain('resolved'), WAIT);
  expect(new Set(refusalsOf('kept').map(({ id }) => id)).size).toBe(
    new Set(refusalsOf('kept').map(({ kind }) => kind)).size,
  );
}, 120_000);

it('calls nobody about what is silenced, and does once that ends', async () => {
  const made = await cli(['silences', 'create', 'model=hushed', '--for', '2h', '--author', 'ann', '--json']);
  expect(made.code, made.stderr).toBe(0);
  const { silence } = JSON.parse(made.stdout) as { silence: { id: string } };
  expect((await cli(['silences', 'list'])).stdout).toContain('model=hushed');
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await send('hushed', 200, 0);
  await send('hushed', 60, 9);
  await vi.waitFor(async () => {
    expect((await cli(['incidents', 'list', '--json'])).stdout).toContain('hushed: refusals');
  }, WAIT);
  expect(told.filter(({ title }) => title.includes('hushed'))).toEqual([]);
  const ended = await cli(['silences', 'expire', silence.id]);
  expect(ended.stdout).toContain('has ended');
  await vi.waitFor(() => expect(refusalsOf('hushed').map(({ kind }) => kind)).toContain('firing'), WAIT);
}, 120_000);

it('says what is wrong with a silence, and that there is none', async () => {
  expect(await cli(['silences', 'create', 'modle=x', '--for', '2h'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('expected a matcher, such as model=gpt-*'),
  });
  expect(await cli(['silences', 'create', 'model=x', '--for', 'long'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('expected a duration, such as 5m'),
  });
  expect(await cli(['silences', 'expire', 'nothing'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no silence of this id'),
  });
  expect(await cli(['incidents', 'ack', 'nothing'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no incident has this id'),
  });
});
