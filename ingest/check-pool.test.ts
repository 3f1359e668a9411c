import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type CheckPool, type CheckPoolOptions, createCheckPool } from './check-pool.ts';
import { loadPrices } from './signals/prices.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let pool: CheckPool | null = null;
afterEach(() => pool?.stop());

const OPTIONS: CheckPoolOptions = {
  options: {
    recordBytesMax: 1e6,
    rowsMax: 100,
    rejectionsMax: 10,
    timestampAheadMaxMs: 86_400_000,
    destination: 'store' as const,
    redaction: null,
  },
  signals: { enabled: 'all', prices: loadPrices() },
  workers: 2,
  queueBytesMax: 1e6,
};

async function start(options: Partial<CheckPoolOptions> = {}): Promise<CheckPool> {
  pool = createCheckPool({ ...OPTIONS, ...options });
  await pool.start();
  return pool;
}

const NOW = new Date('2026-11-22T12:00:00Z');
const JOB = { kind: 'inference', now: NOW } as const;
const body = (rows: number): Buffer =>
  Buffer.from(
    Array.from({ length: rows }, (_, row) =>
      JSON.stringify({
        id: `${row}`,
        timestamp: '2026-11-22T10:00:00Z',
        model: 'm',
        response: 'Yes, it is.',
      }),
    ).join('\n'),
  );

/** A worker of another kind: says that it is ready, and ends at the body "crash". */
function script(name: string, code: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, `import { parentPort } from 'node:worker_threads';\n${code}`);
  return path;
}
const CRASHING = `
  parentPort.on('message', ({ body }) => {
    if (Buffer.from(body).toString() === 'crash') throw new Error('broken');
    const none = new Uint8Array(0);
    parentPort.postMessage({ kind: 'done', checked: { parts: { lines: none, offsets: none, ids: ['x'], projects: [], timestampsMs: none }, indexes: none, rejections: [], rejectedCount: 0 } });
  });
  parentPort.postMessage({ kind: 'ready' });`;

describe('the pool', () => {
  it('gives what the check itself gives, with every signal', async () => {
    const { block } = await (await start()).check(body(3), JOB);
    expect(block).toMatchObject({ rows: 3, ids: ['0', '1', '2'] });
    expect(Buffer.from(block.lines).toString()).toContain('"response_words":3');
  });

  it('answers each of many at once with its own', async () => {
    const started = await start();
    const answers = await Promise.all([5, 1, 9, 2, 7].map((rows) => started.check(body(rows), JOB)));
    expect(answers.map(({ block }) => block.rows)).toEqual([5, 1, 9, 2, 7]);
  });

  it('takes a piece of a larger buffer, and leaves the rest alone', async () => {
    const whole = Buffer.concat([Buffer.from('before'), body(1), Buffer.from('after')]);
    const { block } = await (await start()).check(whole.subarray(6, whole.length - 5), JOB);
    expect(block.rows).toBe(1);
    expect(whole.toString().startsWith('before{')).toBe(true);
  });

  it('hands an expected failure back as it is', async () => {
    await expect((await start()).check(body(101), JOB)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('is bounded in what waits', async () => {
    const started = await start({ workers: 1, queueBytesMax: 1000 });
    const taken = [started.check(body(5), JOB), started.check(body(5), JOB)];
    await expect(started.check(body(10), JOB)).rejects.toMatchObject({ code: 'overloaded' });
    await Promise.all(taken);
  });

  it('ends only after what it has taken, then takes nothing', async () => {
    const started = await start({ workers: 1 });
    const taken = Promise.all([started.check(body(50), JOB), started.check(body(50), JOB)]);
    await started.stop();
    expect((await taken).map(({ block }) => block.rows)).toEqual([50, 50]);
    await expect(started.check(body(1), JOB)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});

describe('a thread that breaks down', () => {
  it('fails its own body only, and is replaced', async () => {
    const started = await start({ workers: 1, script: script('crashing', CRASHING) });
    const bodies = ['fine', 'crash', 'fine'].map((text) => started.check(Buffer.from(text), JOB));
    const answers = await Promise.allSettled(bodies);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({
      reason: { code: 'upstream_unavailable', cause: { message: 'broken' } },
    });
    expect(started.stats()).toMatchObject({ threads: 1, crashes: 1, queuedBytes: 0 });
  });

  it('at every start is not started for ever', async () => {
    const broken = createCheckPool({ ...OPTIONS, script: script('broken', `throw new Error('no luck');`) });
    await expect(broken.start()).rejects.toMatchObject({
      code: 'upstream_unavailable',
      cause: { message: 'no luck' },
    });
    await expect(broken.check(body(1), JOB)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await broken.stop();
  });
});
