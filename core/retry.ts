import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from './errors.ts';

export interface RetryOptions {
  /** Calls in all, the first included; at least 1. */
  readonly attempts: number;
  /** Upper bound of the first wait; doubled for each further one. */
  readonly firstWaitMs: number;
  /** Upper bound of every wait; none if not given. */
  readonly waitMsMax?: number;
  /** No wait starts after this much time. */
  readonly totalMs: number;
  /** In [0, 1): spreads the waits so that clients do not come back together. */
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/** Calls `operation` until it succeeds, fails for good, or the bounds are spent; then its last error is thrown. */
export async function retry<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  const startMs = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation();
    } catch (error) {
      const isSpent = attempt >= options.attempts || performance.now() - startMs >= options.totalMs;
      if (isSpent || !(error instanceof AppError) || !error.retriable) throw error;
      const { firstWaitMs, waitMsMax = Number.POSITIVE_INFINITY } = options;
      const waitMs = Math.min(waitMsMax, firstWaitMs * 2 ** (attempt - 1)) * (0.5 + options.random() / 2);
      await sleep(waitMs, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}
