import type { ApiKey } from '../../core/api-key.ts';
import type { KeyLookup } from '../http/access.ts';

/** The keys in memory, as they were when they were last read. */
export interface KeyRing extends KeyLookup {
  /** Reads them anew. On failure the last known ones stay. @throws what reading throws */
  refresh(): Promise<void>;
  /** Null until they have been read once. */
  readonly readAt: Date | null;
}

/** Holds keys; nothing is known until the first `refresh`. */
export function createKeyRing(read: () => Promise<readonly ApiKey[]>): KeyRing {
  let keys: ReadonlyMap<string, ApiKey> = new Map();
  let readAt: Date | null = null;
  return {
    get state() {
      if (readAt === null) return 'unread';
      return keys.size === 0 ? 'none' : 'some';
    },
    get readAt() {
      return readAt;
    },
    find: (id) => keys.get(id),
    async refresh() {
      const startedAt = new Date();
      const found = await read();
      keys = new Map(found.map((key) => [key.id, key]));
      readAt = startedAt;
    },
  };
}
