import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

/** A minute whose inferences one process changed. */
export interface TouchedMinute {
  /** Start of the minute, in ms. */
  readonly minute: number;
  /** By the store's clock. */
  readonly touchedAt: Date;
  /** Name of the change. */
  readonly token: string;
}

const Row = z
  .object({ minute: Instant, touched: Instant, token: z.string() })
  .transform(
    ({ minute, touched, token }): TouchedMinute => ({ minute: minute.getTime(), touchedAt: touched, token }),
  );

/** Says that the inferences of these minutes (ms) changed; only after the change is stored. */
export async function writeTouched(store: Store, minutes: Iterable<number>): Promise<void> {
  const token = randomUUID();
  const lines = [...minutes].map((ms) => JSON.stringify({ minute: ms / 1_000, token }));
  if (lines.length > 0)
    await store.insertLines('touched_minutes', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

/** Minutes touched at or after an instant, oldest touch first. */
export async function touchedSince(store: Store, since: Date): Promise<TouchedMinute[]> {
  const rows = await store.rows(
    `SELECT minute, touched_at AS touched, token FROM touched_minutes
      WHERE touched_at >= {since: DateTime64(3, 'UTC')} ORDER BY touched_at`,
    { since: toSqlInstant(since) },
  );
  return z.array(Row).parse(rows);
}
