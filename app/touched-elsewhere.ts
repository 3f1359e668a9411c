import type { TouchedMinute } from '../sql/queries/touched.ts';

export interface TouchedElsewhereOptions {
  readonly since: (at: Date) => Promise<readonly TouchedMinute[]>;
  /** From where on nothing was taken up yet. */
  readonly from: Date;
  /**
   * A minute is taken up once more this long after its touch: where tables are replicated one by one, the touch can
   * be seen before the rows. 0: once is enough.
   */
  readonly againAfterMs: number;
}

/** A touch can become visible this long after a later one: inserts run side by side. */
const OVERLAP_MS = 60_000;

/** What other processes changed. */
export interface TouchedElsewhere {
  /** Minutes (ms) touched since it was last asked: each change once (or once more, later). */
  take(): Promise<readonly number[]>;
  /** By the store's clock: every change seen up to here was given out. */
  cursor(): Date;
}

export function createTouchedElsewhere(options: TouchedElsewhereOptions): TouchedElsewhere {
  let newest = options.from;
  let seen = new Map<string, Date>();
  let again: { readonly minute: number; readonly dueMs: number }[] = [];

  async function take(): Promise<readonly number[]> {
    const nowMs = performance.now();
    const floor = new Date(newest.getTime() - OVERLAP_MS);
    const fresh = (await options.since(floor)).filter(({ token }) => !seen.has(token));
    const due = again.filter(({ dueMs }) => dueMs <= nowMs);
    again = again.filter(({ dueMs }) => dueMs > nowMs);
    // All minutes of a change come in one insert, so its token is known only after this look.
    for (const { minute, touchedAt, token } of fresh) {
      seen.set(token, touchedAt);
      if (touchedAt > newest) newest = touchedAt;
      if (options.againAfterMs > 0) again.push({ minute, dueMs: nowMs + options.againAfterMs });
    }
    const horizon = new Date(newest.getTime() - 2 * OVERLAP_MS);
    seen = new Map([...seen].filter(([, at]) => at > horizon));
    return [...new Set([...fresh, ...due].map(({ minute }) => minute))];
  }

  // What is to be taken up again is forgotten with the process, so the next one begins that much earlier.
  return { take, cursor: () => new Date(newest.getTime() - options.againAfterMs) };
}
