import type { CallWatch } from './call-watch.ts';
import { field, safely } from './values.ts';

/** What Vercel's SDK waits before its first retry; each later one twice as long (ai/src/util/retry-with-exponential-backoff). */
const FIRST_DELAY_MS = 2000;
const RETRY_AFTER_MS_MAX = 60_000;
/** How long after the SDK's own delay another attempt may still come. */
const GRACE_MS = 1000;

interface Attempts {
  readonly watch: CallWatch;
  count: number;
  timer: NodeJS.Timeout | undefined;
}

const OPEN = new WeakMap<object, Attempts>();

/**
 * A watch for a call that Vercel's SDK may attempt again: a middleware sees the attempts, and what they have in common is the
 * object `asked`. A failure that the SDK would try again is held back for as long as the SDK waits, and a little more; if no
 * attempt has come by then, it was the last.
 */
export function retries(asked: unknown, begin: () => CallWatch | undefined): CallWatch | undefined {
  if (typeof asked !== 'object' || asked === null) return begin();
  const before = OPEN.get(asked);
  if (before?.timer !== undefined) {
    clearTimeout(before.timer);
    before.timer = undefined;
    before.count++;
    return before.watch;
  }
  const watch = begin();
  if (watch === undefined) return undefined;
  const attempts: Attempts = { watch, count: 0, timer: undefined };
  watch.holdsBack = (error) => holdBack(asked, attempts, error);
  return watch;
}

/** False where the SDK does not try again. */
function holdBack(asked: object, attempts: Attempts, error: unknown): boolean {
  const delayMs = safely(() => retryDelayMs(error, attempts.count));
  if (delayMs === undefined) return false;
  const failedAfter = attempts.watch.failure(error);
  OPEN.set(asked, attempts);
  attempts.timer = setTimeout(() => {
    attempts.timer = undefined;
    OPEN.delete(asked);
    safely(failedAfter);
  }, delayMs + GRACE_MS);
  attempts.timer.unref?.();
  return true;
}

/** Undefined where the SDK does not try again. */
function retryDelayMs(error: unknown, attempt: number): number | undefined {
  if (field(error, 'isRetryable') !== true) return undefined;
  const exponentialMs = FIRST_DELAY_MS * 2 ** attempt;
  const headers = field(error, 'responseHeaders');
  const exactMs = Number.parseFloat(String(field(headers, 'retry-after-ms')));
  const afterMs = 1000 * Number.parseFloat(String(field(headers, 'retry-after')));
  const toldMs = Number.isNaN(exactMs) ? afterMs : exactMs;
  const isReasonable = toldMs >= 0 && (toldMs < RETRY_AFTER_MS_MAX || toldMs < exponentialMs);
  return isReasonable ? toldMs : exponentialMs;
}
