import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { openStore } from './client.ts';
import { revisionNow } from './queries/states.ts';
import { readStoreClock, storeNowMs } from './store-clock.ts';

const HOUR_MS = 3_600_000;
const NEAR_MS = 60_000;

afterEach(() => vi.useRealTimers());

it('is the time of the store, however wrong our own clock is, before and after', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-clock-'));
  const store = await openStore({ kind: 'embedded', path: folder });
  const trueMs = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: trueMs + HOUR_MS });
  try {
    expect(storeNowMs()).toBe(trueMs + HOUR_MS);
    await readStoreClock(store);
    expect(Math.abs(storeNowMs() - trueMs)).toBeLessThan(NEAR_MS);
    // Stepped back by whoever mends it: what we write later must still be later.
    const before = Number(revisionNow());
    vi.setSystemTime(trueMs - HOUR_MS);
    expect(Number(revisionNow())).toBeGreaterThan(before);
    expect(Math.abs(storeNowMs() - trueMs)).toBeLessThan(NEAR_MS);
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
