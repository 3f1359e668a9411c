import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

/** What one process saw, in one minute, of one key from one place. */
export interface KeyUseRow {
  readonly minute: Date;
  /** Empty where nobody was recognised. */
  readonly keyId: string;
  readonly route: string;
  /** `2xx`, `4xx` … */
  readonly status: string;
  /** Why the caller was not let in; empty if it was. */
  readonly refusal: string;
  readonly address: string;
  readonly process: string;
  /** Of the whole minute so far: a later row of the same minute replaces this one. */
  readonly uses: number;
  readonly lastAt: Date;
}

/** Writes rows of the audit log; one that is there already is replaced. */
export async function writeKeyUses(store: Store, rows: readonly KeyUseRow[]): Promise<void> {
  const lines = rows.map((row) =>
    JSON.stringify({
      minute: toSqlInstant(row.minute).slice(0, 19),
      key_id: row.keyId,
      route: row.route,
      status: row.status,
      refusal: row.refusal,
      address: row.address,
      process: row.process,
      uses: row.uses,
      last_at: toSqlInstant(row.lastAt),
      revision: revisionNow(),
    }),
  );
  await store.insertLines('key_uses', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

const LastUse = z.object({ key_id: z.string(), last_at: Instant });

const LAST_USES = `
  SELECT key_id, max(last_at) AS last_at
    FROM key_uses
   WHERE refusal = '' AND key_id != '' AND startsWith(route, 'plumbline ') = 0
   GROUP BY key_id`;

/** When each key last let somebody in, by its id; a key that never did is not there. */
export async function lastKeyUses(store: Store): Promise<Map<string, Date>> {
  const rows = z.array(LastUse).parse(await store.rows(LAST_USES));
  return new Map(rows.map((row) => [row.key_id, row.last_at]));
}
