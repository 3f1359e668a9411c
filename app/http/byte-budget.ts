import { AppError } from '../../core/errors.ts';

/** Bytes of bodies that are held in memory, over all requests. */
export interface ByteBudget {
  /** @param client whose share is counted: a key, or an address */
  lease(client: string): ByteLease;
  readonly usedBytes: number;
}

export interface ByteLease {
  /** @throws AppError `overloaded`: of all, or with `isOverShare` of this client while others wait */
  take(bytes: number): void;
  release(): void;
}

const RETRY_AFTER_MS = 1000;

/** When nothing is left, a client that holds more than its equal share is told that it is its own doing. */
export function createByteBudget(bytesMax: number): ByteBudget {
  const heldBy = new Map<string, number>();
  let usedBytes = 0;

  function refuse(client: string, bytes: number): never {
    const share = bytesMax / Math.max(1, heldBy.size);
    const isOverShare = heldBy.size > 1 && (heldBy.get(client) ?? 0) + bytes > share;
    const whose = isOverShare ? 'this client sends' : 'all clients together send';
    throw new AppError('overloaded', `${whose} more than can be taken in at once`, {
      retryAfterMs: RETRY_AFTER_MS,
      isOverShare,
    });
  }
  return {
    get usedBytes() {
      return usedBytes;
    },
    lease(client) {
      let held = 0;
      return {
        take(bytes) {
          if (usedBytes + bytes > bytesMax) refuse(client, bytes);
          held += bytes;
          usedBytes += bytes;
          heldBy.set(client, (heldBy.get(client) ?? 0) + bytes);
        },
        release() {
          const left = (heldBy.get(client) ?? 0) - held;
          if (left > 0) heldBy.set(client, left);
          else heldBy.delete(client);
          usedBytes -= held;
          held = 0;
        },
      };
    },
  };
}
