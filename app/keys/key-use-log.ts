import type { KeyUseRow } from '../../sql/queries/key-uses.ts';
import type { KeyUse } from '../http/access.ts';

/** Uses of keys on their way into the audit log. */
export interface KeyUseLog {
  record(use: KeyUse, at: Date): void;
  /** Writes what has changed since the last time. @throws what writing throws; it is then written the next time */
  flush(now: Date): Promise<void>;
  /** Uses that were not kept, since there was no room. */
  readonly dropped: number;
}

export interface KeyUseLogOptions {
  readonly write: (rows: readonly KeyUseRow[]) => Promise<void>;
  /** Name of this process: others write rows of the same minute. */
  readonly process: string;
}

/** Rows in memory: 3 MB. A minute has one for each key, route, status and address. */
const ROWS_MAX = 20_000;
/** From here on addresses are no longer told apart: an attacker has many, keys and routes are few. */
const ROWS_BY_ADDRESS_MAX = 10_000;
const OTHER_ADDRESS = '(other)';
const MINUTE_MS = 60_000;

interface Entry {
  row: KeyUseRow;
  isWritten: boolean;
}

/** Counts uses by minute, key, route, status and address. A row counts up, so that writing it twice changes nothing. */
export function createKeyUseLog({ write, process }: KeyUseLogOptions): KeyUseLog {
  const entries = new Map<string, Entry>();
  let dropped = 0;

  function add(row: KeyUseRow): boolean {
    const name = JSON.stringify([row.minute, row.keyId, row.route, row.status, row.refusal, row.address]);
    const known = entries.get(name);
    const max = row.address === OTHER_ADDRESS ? ROWS_MAX : ROWS_BY_ADDRESS_MAX;
    if (!known && entries.size >= max) return false;
    entries.set(name, { row: { ...row, uses: (known?.row.uses ?? 0) + 1 }, isWritten: false });
    return true;
  }

  return {
    get dropped() {
      return dropped;
    },
    record({ keyId, route, status, refusal, address }, at) {
      const row: KeyUseRow = {
        minute: minuteOf(at),
        keyId,
        route,
        status: `${Math.floor(status / 100)}xx`,
        refusal,
        address,
        process,
        uses: 0,
        lastAt: at,
      };
      if (!add(row) && !add({ ...row, address: OTHER_ADDRESS })) dropped++;
    },
    async flush(now) {
      const changed = [...entries].filter(([, entry]) => !entry.isWritten);
      if (changed.length > 0) await write(changed.map(([, entry]) => entry.row));
      // What was counted meanwhile is an entry of its own, still to be written.
      for (const [, entry] of changed) entry.isWritten = true;
      const minute = minuteOf(now);
      for (const [name, entry] of entries) {
        if (entry.isWritten && entry.row.minute < minute) entries.delete(name);
      }
    },
  };
}

const minuteOf = (at: Date): Date => new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS);
