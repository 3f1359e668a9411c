import { z } from 'zod';
import type { Store } from './client.ts';

const Answer = z.tuple([z.object({ now: z.coerce.number() })]);

let known: { readonly storeMs: number; readonly atMs: number } | null = null;

/**
 * Learns what time it is by the store's clock. What replaces an earlier row says so by a later time, and the processes
 * that take work over from each other need not agree on theirs.
 */
export async function readStoreClock(store: Store): Promise<void> {
  const rows = await store.rows('SELECT toUnixTimestamp64Milli(now64(3)) AS now');
  // The moment of the answer, not of the question: it may be too early by the answer's way, and is never ahead.
  const atMs = performance.now();
  known = { storeMs: Answer.parse(rows)[0].now, atMs };
}

/** Milliseconds since 1970 by the store's clock, or by our own until the store's was read. */
export function storeNowMs(): number {
  return known === null ? Date.now() : Math.floor(known.storeMs + performance.now() - known.atMs);
}
