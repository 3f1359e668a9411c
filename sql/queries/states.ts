import { z } from 'zod';
import type { Store } from '../client.ts';
import { storeNowMs } from '../store-clock.ts';

const Row = z.object({ name: z.string(), body: z.string() });

/** All states of a kind, by name, as parsed JSON. */
export async function readStates(store: Store, kind: string): Promise<Map<string, unknown>> {
  const rows = z
    .array(Row)
    .parse(await store.rows('SELECT name, body FROM states FINAL WHERE kind = {kind: String}', { kind }));
  return new Map(rows.map(({ name, body }) => [name, JSON.parse(body)]));
}

/** One state, as parsed JSON; null if there is none. */
export async function readState(store: Store, kind: string, name: string): Promise<unknown> {
  const [row] = z.array(Row).parse(
    await store.rows(
      'SELECT name, body FROM states FINAL WHERE kind = {kind: String} AND name = {name: String}',
      {
        kind,
        name,
      },
    ),
  );
  return row ? JSON.parse(row.body) : null;
}

/** Replaces states of a kind, all in one insert. */
export async function writeStates(
  store: Store,
  kind: string,
  states: ReadonlyMap<string, unknown>,
): Promise<void> {
  const lines = [...states].map(([name, state]) =>
    JSON.stringify({ kind, name, body: JSON.stringify(state), revision: revisionNow() }),
  );
  await store.insertLines('states', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

let last = 0n;

/** Seconds with six decimals for a DateTime64(6) column: now by the store's clock, and always above the one before in this process. */
export function revisionNow(): string {
  const now = BigInt(storeNowMs()) * 1_000n;
  last = now > last ? now : last + 1n;
  return `${last / 1_000_000n}.${String(last % 1_000_000n).padStart(6, '0')}`;
}
