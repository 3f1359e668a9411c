import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../core/config.ts';
import type { CheckPool } from '../ingest/check-pool.ts';
import type { Store } from '../sql/client.ts';
import { openInferenceWriter } from '../sql/insert.ts';
import { createContentJoin } from './content-join.ts';
import { type IngestPath, openCheckPool, openPath } from './ingest-path.ts';
import { openMigratedStore } from './store.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
let count = 0;
let folder: string;
let store: Store;
let pool: CheckPool;
let path: IngestPath;
let id: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-join-'));
  const config = parseConfig({ DATA_DIR: join(folder, 'data'), CHECK_WORKERS: '1', COMMIT_WAIT_MS: '1ms' });
  ({ store } = await openMigratedStore(config));
  const writer = await openInferenceWriter(store, { idsMax: 1_000 });
  pool = await openCheckPool(config, 'store');
  const joined = createContentJoin({
    store,
    check: (body, job) => pool.check(body, job),
    insert: async (block) => void (await writer.insert(block)),
  });
  path = openPath(config, pool, { ...joined, insertScores: async () => {} });
});
afterAll(async () => {
  await path.stop();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  id = `${TRACE}:${(++count).toString(16).padStart(16, '0')}`;
});

const AT = '2026-11-24T10:00:00.000Z';
const line = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);
const span = (more: Record<string, unknown> = {}) =>
  path.submit('inference', line({ id, timestamp: AT, model: 'gpt-4', latency_ms: 120, ...more }));

function piece(place: number, part: 'message' | 'choice', content: Record<string, unknown>) {
  const order = `${String(1_795_000_000_000_000_000n + BigInt(place)).padStart(20, '0')}-${String(place).padStart(6, '0')}`;
  return path.submit('content', line({ id, at: AT, part, order, piece: JSON.stringify(content) }));
}
const question = () => piece(1, 'message', { messages: [{ role: 'user', content: 'Is it level?' }] });
const answer = () => piece(2, 'choice', { response: 'It leans.', finish_reason: 'stop' });

async function stored(): Promise<Record<string, unknown>> {
  const rows = await store.rows(
    `SELECT messages, response, finish_reason, latency_ms, response_words, count() OVER () AS rows
       FROM inferences FINAL WHERE id = {id: String}`,
    { id },
  );
  return rows[0] as Record<string, unknown>;
}

const WHOLE = {
  messages: JSON.stringify([{ role: 'user', content: 'Is it level?' }]),
  response: 'It leans.',
  finish_reason: 'stop',
  latency_ms: 120,
  response_words: 2,
  rows: 1,
};

describe('a span and the log events that hold its texts', () => {
  it.each([
    ['span, question, answer', [() => span(), question, answer]],
    ['question, span, answer', [question, () => span(), answer]],
    ['answer, question, span', [answer, question, () => span()]],
    ['all at once', null],
  ] as const)('become one whole inference, its signals measured: %s', async (_name, steps) => {
    if (steps) for (const step of steps) await step();
    else await Promise.all([question(), span(), answer()]);
    expect(await stored()).toEqual(expect.objectContaining(WHOLE));
  });

  it('stay what they are when any of them comes again', async () => {
    for (const step of [question, () => span(), answer, () => span(), question]) await step();
    expect(await stored()).toEqual(expect.objectContaining(WHOLE));
  });

  it('never overwrite what the span said itself', async () => {
    await answer();
    await span({ response: 'I said this.' });
    expect(await stored()).toMatchObject({ response: 'I said this.', finish_reason: 'stop' });
  });

  it('are redacted like every record', async () => {
    await span();
    await piece(3, 'choice', { response: 'Write to ann@example.com.' });
    const { response } = await stored();
    expect(response).toContain('Write to');
    expect(response).not.toContain('ann@example.com');
    const kept = await store.rows('SELECT piece FROM span_contents WHERE id = {id: String}', { id });
    expect(JSON.stringify(kept)).not.toContain('ann@example.com');
  });

  it('are told what is wrong with them', async () => {
    const outcome = await path.submit(
      'content',
      line({ id, at: AT, part: 'choice', order: '1', piece: '{"model":"x"}' }),
    );
    expect(outcome).toMatchObject({ accepted: 0, rejectedCount: 1 });
  });
});
