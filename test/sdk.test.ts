import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withContext } from '../sdk/src/call-context.ts';
import { createPlumbline } from '../sdk/src/create-plumbline.ts';
import { openStore } from '../sql/client.ts';
import { freePort } from './support/free-port.mjs';
import { startServer } from './support/server.ts';

// The SDK against the real service: what arrives is in the store, once, also when the service goes down in between.

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-sdk-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('brings every call into the store, once, through a restart of the service', async () => {
  const port = String(await freePort());
  const settings = { DATA_DIR: folder, EMBEDDINGS: 'off', PORT: port };
  const first = await startServer(settings);
  const plumbline = createPlumbline({
    url: first.url,
    project: 'shop',
    release: '1.2',
    environment: 'test',
    // Small, so that something is on its way when the service is killed.
    limits: { batchRecordsMax: 20, requestMsMax: 5_000 },
  });
  const answer = await withContext(
    { session: 's1', user: 'ann', attributes: { region: 'eu' }, groups: { gender: 'f' } },
    () =>
      plumbline.observeCall(async () => ({ text: 'Paris.' }), {
        model: 'llama',
        provider: 'own',
        messages: [{ role: 'user', content: 'Capital of France? 😀' }],
        result: ({ text }) => ({ response: text, input_tokens: 7, output_tokens: 2, finish_reason: 'stop' }),
      }),
  );
  const id = plumbline.idOf(answer) ?? '';
  plumbline.score(id, { thumbs: 1 });
  expect(await plumbline.flush(20_000)).toBe(true);

  const ids = [id];
  for (let index = 0; index < 300; index++)
    ids.push(plumbline.track({ model: 'llama', prompt: `q${index}` }));
  const flushed = plumbline.flush(60_000);
  await expect.poll(() => plumbline.stats().sent).toBeGreaterThan(40);
  await first.end('SIGKILL');
  const second = await startServer(settings);
  expect(await flushed).toBe(true);
  expect(plumbline.stats()).toMatchObject({ queued: 0, rejected: 0, dropped: {} });
  expect(await plumbline.shutdown()).toBe(true);
  expect(await second.end('SIGTERM')).toBe(0);

  const store = await openStore({ kind: 'embedded', path: folder });
  try {
    const rows = (await store.rows('SELECT id, count() AS times FROM inferences FINAL GROUP BY id')) as {
      id: string;
      times: number;
    }[];
    expect(rows.filter(({ times }) => times !== 1)).toEqual([]);
    expect(rows.map((row) => row.id).sort()).toEqual([...ids].sort());
    const [row] = await store.rows(
      `SELECT * EXCEPT (timestamp) FROM inferences FINAL WHERE id = '${id}' LIMIT 1`,
    );
    expect(row).toMatchObject({
      project: 'shop',
      release: '1.2',
      environment: 'test',
      provider: 'own',
      model: 'llama',
      session: 's1',
      user: 'ann',
      attributes: { region: 'eu' },
      groups: { gender: 'f' },
      response: 'Paris.',
      input_tokens: 7,
      output_tokens: 2,
      finish_reason: 'stop',
    });
    expect(JSON.stringify(row)).toContain('Capital of France? 😀');
    expect(
      await store.rows(`SELECT name, value FROM scores FINAL WHERE inference_id = '${id}'`),
    ).toMatchObject([{ name: 'thumbs', value: 1 }]);
  } finally {
    await store.close();
  }
}, 120_000);
