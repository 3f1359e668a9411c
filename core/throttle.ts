/** Says whether something that happens again and again is worth telling now. */
export type Throttle = (key: string) => { readonly skipped: number } | null;

/** Keys that are remembered; more are told each time, which is what nobody remembers. */
const KEYS_MAX = 100;

/**
 * Tells a key at most once in `periodMs`, with how often it was not told since; null when it is not told. An outage of a
 * minute is then a few lines of the log, not one for every request.
 */
export function createThrottle(periodMs: number, nowMs: () => number = () => performance.now()): Throttle {
  const told = new Map<string, { atMs: number; skipped: number }>();
  return (key) => {
    const last = told.get(key);
    if (last && nowMs() - last.atMs < periodMs) {
      last.skipped++;
      return null;
    }
    if (!last && told.size >= KEYS_MAX) told.clear();
    told.set(key, { atMs: nowMs(), skipped: 0 });
    return { skipped: last?.skipped ?? 0 };
  };
}
