import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';

const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 3_000;

/**
 * Tries again for as long as it takes: what a log holds can wait, and must not be skipped.
 *
 * @returns the result, or null if `signal` was aborted first
 * @throws what the operation failed with for good
 */
export async function patiently<T>(
  operation: () => Promise<T>,
  { signal, random = Math.random }: { signal: AbortSignal; random?: () => number },
): Promise<T | null> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof AppError) || !error.retriable) throw error;
      const waitMs = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + random() / 2);
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}
