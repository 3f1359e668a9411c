/** Failures in a row after which only a small batch is tried, seldom, until one gets through. */
export const FAILURES_TO_OPEN = 5;

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** A collector that says to come back tomorrow is asked again in five minutes: it may be wrong. */
const RETRY_AFTER_MS_MAX = 300_000;

/**
 * Milliseconds to wait before the next try: exponential with full jitter (Brooker, "Exponential Backoff And Jitter",
 * 2015), at least what the collector asked for, and at least half of the longest once the circuit is open.
 *
 * @param failures in a row, ≥ 1
 * @param random in [0, 1)
 */
export function retryDelayMs(failures: number, random: number, retryAfterMs: number | null): number {
  const cap = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  const jittered = failures >= FAILURES_TO_OPEN ? LONGEST_MS / 2 + (random * LONGEST_MS) / 2 : random * cap;
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MS_MAX));
}

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; null if it says nothing that can be read. */
export function retryAfterMsOf(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
