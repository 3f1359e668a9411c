import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../sql/client.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { storedUnits } from './store-rows.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const S = 1_000;
const at = (ms: number): Date => new Date(T0 + ms);
const SETTLE_MS = 60 * S;

let temp: TempStore;
beforeAll(async () => {
  temp = await openTempStore('canary-units');
});
afterAll(() => temp.close());

interface Call {
  readonly project: string;
  readonly session?: string;
  readonly ms: number;
  readonly latency?: number;
  readonly prompt?: string;
}

async function write(store: Store, calls: readonly Call[]): Promise<void> {
  const lines = calls.map(({ project, session = '', ms, latency = 1, prompt = 'q' }, index) =>
    JSON.stringify({
      ...{ project, session, prompt, model: 'm', latency_ms: latency },
      id: `${project}-${String(index)}`,
      timestamp: at(ms).toISOString().replace('Z', ''),
      received_at: new Date().toISOString().replace('Z', ''),
    }),
  );
  await store.insertLines('inferences', new TextEncoder().encode(lines.join('\n')));
}

const unitsOf = (project: string, span: { from: number; since: number; until: number }, limit?: number) =>
  storedUnits(
    temp.store,
    { project, baseline: [], candidate: [], pairBy: 'prompt' },
    { where: [], from: at(span.from), since: at(span.since), until: at(span.until), settleMs: SETTLE_MS },
    limit,
  );
const latencies = (units: Awaited<ReturnType<typeof unitsOf>>) =>
  units.map(({ numbers }) => numbers['latency_ms']);

describe("a canary's units", () => {
  it('have all that they did in their first minute, whenever one looks, and nothing later', async () => {
    const project = 'settle';
    await write(temp.store, [
      { project, session: 'a', ms: -S, latency: 100 },
      { project, session: 'a', ms: 30 * S, latency: 300 },
      { project, session: 'a', ms: 70 * S, latency: 9_000 },
      { project, session: 'b', ms: S, latency: 500 },
    ]);
    // `a` began a second before the end of the look, as much as a minute ago.
    expect(latencies(await unitsOf(project, { from: -3_600 * S, since: -60 * S, until: 0 }))).toEqual([200]);
    // Its later rows are no other unit.
    expect(latencies(await unitsOf(project, { from: -3_600 * S, since: 0, until: 60 * S }))).toEqual([500]);
    // A longer span, as the warm-up's, has the same units.
    const whole = await unitsOf(project, { from: -3_600 * S, since: -3_600 * S, until: 600 * S });
    expect(latencies(whole)).toEqual([200, 500]);
  });

  it('are chosen as wholes beyond the bound, and none of them counts twice', async () => {
    const project = 'many';
    const sessions = Array.from({ length: 60 }, (_, index) => `s${index}`);
    // Ten rows each with prompts of their own; a row with 1 to 10 tells how many are there by its mean.
    await write(
      temp.store,
      sessions.flatMap((session, index) =>
        Array.from({ length: 10 }, (_, row) => ({
          ...{ project, session, ms: (index < 30 ? 0 : 60 * S) + row * S },
          ...{ latency: 1_000 * (index + 1) + row, prompt: `${session} ${row}` },
        })),
      ),
    );
    const first = latencies(await unitsOf(project, { from: -3_600 * S, since: 0, until: 60 * S }, 100));
    const second = latencies(
      await unitsOf(project, { from: -3_540 * S, since: 60 * S, until: 120 * S }, 100),
    );
    const isWhole = (mean = 0) => Math.round((mean % 1_000) * 10) === 45;
    expect([...first, ...second].every(isWhole)).toBe(true);
    // Of 30 that began in each look nine or ten fit; rows of the hour before take no place.
    expect([first.length, second.length].every((count) => count >= 9 && count <= 10)).toBe(true);
    expect(new Set([...first, ...second]).size).toBe(first.length + second.length);
    expect(second.every((mean = 0) => mean > 31_000)).toBe(true);
  });

  it('that are single rows are chosen with their counterparts', async () => {
    for (const project of ['left', 'right'])
      await write(
        temp.store,
        Array.from({ length: 200 }, (_, index) => ({ project, ms: index, prompt: `q${index}` })),
      );
    const span = { from: -60 * S, since: 0, until: 60 * S };
    const pairs = async (project: string) =>
      (await unitsOf(project, span, 50)).map(({ pair }) => pair).sort();
    expect(await pairs('left')).toEqual(await pairs('right'));
    expect(await pairs('left')).toHaveLength(50);
  });
});
