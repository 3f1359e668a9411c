import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '../../sql/client.ts';
import { startServer } from '../support/server.ts';

const KILLS = 20;
const ROWS_PER_BODY = 40;
const SENDERS = 4;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-kill-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it(`keeps every acknowledged inference, once, through ${KILLS} kills at random moments`, async () => {
  const acknowledged = new Set<string>();
  for (let round = 0; round < KILLS; round++) {
    const server = await startServer({ DATA_DIR: folder, EMBEDDINGS: 'off' });
    const load = Array.from({ length: SENDERS }, (_, sender) =>
      send(server.url, `${round}-${sender}`, acknowledged),
    );
    await sleep(Math.random() * 1_500);
    await server.end('SIGKILL');
    await Promise.all(load);
  }
  // The last process takes up the minutes that were left behind.
  const last = await startServer({ DATA_DIR: folder, EMBEDDINGS: 'off' });
  await expect.poll(() => backlog(last.url), { timeout: 60_000, interval: 500 }).toBe(0);
  expect(await last.end('SIGTERM')).toBe(0);

  const store = await openStore({ kind: 'embedded', path: folder });
  try {
    const rows = (await store.rows('SELECT id, count() AS times FROM inferences FINAL GROUP BY id')) as {
      id: string;
      times: number;
    }[];
    expect(rows.filter((row) => row.times !== 1)).toEqual([]);
    const stored = new Set(rows.map((row) => row.id));
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
    const rolled = `SELECT sum(count) AS n FROM {table} FINAL WHERE signal = 'inferences' AND segment = ''`;
    expect(await store.rows(rolled.replace('{table}', 'rollup_minute'))).toEqual([{ n: stored.size }]);
    expect(await store.rows(rolled.replace('{table}', 'rollup_hour'))).toEqual([{ n: stored.size }]);
    expect(acknowledged.size).toBeGreaterThan(KILLS * ROWS_PER_BODY);
  } finally {
    await store.close();
  }
});

/** Posts bodies until the server is gone; each third one repeats earlier ids with another timestamp. */
async function send(url: string, prefix: string, acknowledged: Set<string>): Promise<void> {
  let previous: string[] = [];
  for (let body = 0; ; body++) {
    const ids =
      body % 3 === 2
        ? previous
        : Array.from({ length: ROWS_PER_BODY }, (_, row) => `${prefix}-${body}-${row}`);
    const lines = ids.map((id, row) =>
      JSON.stringify({
        id,
        timestamp: new Date(Date.now() - row * 7_000).toISOString(),
        model: `m${row % 3}`,
        prompt: 'Is 17 a prime number?',
        response: 'Yes, it is.',
        latency_ms: row,
      }),
    );
    try {
      const answer = await fetch(`${url}/v1/inferences`, { method: 'POST', body: lines.join('\n') });
      if (answer.status === 200) for (const id of ids) acknowledged.add(id);
    } catch {
      return;
    }
    previous = ids;
  }
}

async function backlog(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^plumbline_rollup_backlog_minutes (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}
