import express from 'express';
import { describe, expect, it } from 'vitest';
import type { WriterStats } from '../../ingest/writer.ts';
import type { LoopHealth } from '../loop.ts';
import { createReadiness, type HealthDeps, healthRoutes, loopCheck, writerCheck } from './health.ts';

const START = new Date('2026-11-22T10:00:00Z');
const later = (seconds: number): Date => new Date(START.getTime() + seconds * 1000);
const loop = (fields: Partial<LoopHealth> = {}): LoopHealth => ({
  name: 'rollup',
  periodMs: 2000,
  lastSuccessAt: START,
  lastDurationMs: 10,
  lastError: null,
  ...fields,
});
const stats = (fields: Partial<WriterStats> = {}): WriterStats => ({
  queuedRows: 0,
  queuedBytes: 0,
  insertsInFlight: 0,
  insertedRows: 0,
  inserts: 0,
  failedInserts: 0,
  lastInsertMs: 0,
  lastProgressAt: START,
  ...fields,
});

describe('a loop', () => {
  const check = (fields: Partial<LoopHealth>, now: Date) =>
    loopCheck(loop(fields), { now, startedAt: START });

  it.each<[string, Partial<LoopHealth>, number, boolean]>([
    ['that has just succeeded', {}, 1, true],
    ['that is a little late', {}, 15, true],
    ['that does not go on', {}, 16, false],
    ['that has not begun yet', { lastSuccessAt: null }, 15, true],
    ['that never succeeds', { lastSuccessAt: null, lastError: 'no' }, 16, false],
    ['with long turns', { lastDurationMs: 60_000 }, 300, true],
    ['with a long period', { periodMs: 3_600_000 }, 4 * 3600, true],
    ['that failed once', { lastError: 'no' }, 5, true],
  ])('%s', (_, fields, seconds, isOk) => {
    expect(check(fields, later(seconds)).ok).toBe(isOk);
  });

  it('says whether it fails or hangs', () => {
    expect(check({ lastError: 'secret' }, later(60))).toEqual({
      ok: false,
      reason: 'no progress for 60 s: its turns fail; see the log',
    });
    expect(check({}, later(60))).toMatchObject({ reason: 'no progress for 60 s: its turn does not end' });
  });
});

it('a writer is stalled when rows wait and none is stored', () => {
  expect(writerCheck(stats(), later(1000)).ok).toBe(true);
  expect(writerCheck(stats({ queuedRows: 5 }), later(30)).ok).toBe(true);
  expect(writerCheck(stats({ queuedRows: 5 }), later(31))).toEqual({
    ok: false,
    reason: '5 rows wait, none stored for 31 s',
  });
});

describe('/readyz', () => {
  async function ask(deps: Partial<HealthDeps>): Promise<{ status: number; json: unknown }> {
    const app = express().use(
      healthRoutes(
        createReadiness({
          clock: { now: () => later(1) },
          startedAt: START,
          ping: async () => {},
          loops: () => [loop()],
          checks: () => ({ 'writer inference': writerCheck(stats(), later(1)) }),
          warnings: () => [],
          ...deps,
        }),
      ),
    );
    const listening = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    const { port } = listening.address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    const json = await answer.json();
    listening.closeAllConnections();
    listening.close();
    return { status: answer.status, json };
  }

  it('is 200 when all is well', async () => {
    const ok = { ok: true };
    expect(await ask({ warnings: () => ['careful'] })).toEqual({
      status: 200,
      json: {
        ready: true,
        checks: { store: ok, 'loop rollup': ok, 'writer inference': ok },
        warnings: ['careful'],
      },
    });
  });

  it('names what is wrong', async () => {
    const ping = async () => {
      throw new Error('secret address');
    };
    const { status, json } = await ask({ ping, loops: () => [loop({ lastSuccessAt: later(-100) })] });
    expect(status).toBe(503);
    expect(json).toMatchObject({
      ready: false,
      checks: { store: { ok: false, reason: 'it cannot be reached' }, 'loop rollup': { ok: false } },
    });
  });

  it('does not wait for ever for a store that hangs', async () => {
    const { status, json } = await ask({ ping: () => new Promise(() => {}) });
    expect([status, json]).toEqual([503, expect.objectContaining({ ready: false })]);
  });
});
