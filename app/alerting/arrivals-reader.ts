import type { Store } from '../../sql/client.ts';
import { type Arrival, arrivalHistory, latestArrivals } from '../../sql/queries/arrivals.ts';
import { PRESENCE_SPAN_MS, withLatest } from './presence.ts';

/** What is usual of a stream changes slowly, and costs a look at two weeks. */
const HISTORY_MS = 3_600_000;
/** Longer than a history is kept: whatever is newer than it is seen. */
const LATEST_MS = 2 * HISTORY_MS;

/** How streams arrive, as of an instant; of their history, what was read within the hour. To be asked one at a time. */
export function createArrivalsReader(store: Store): (at: Date) => Promise<readonly Arrival[]> {
  let history: { readonly ofMs: number; readonly arrivals: readonly Arrival[] } | null = null;
  const before = (at: Date, ms: number) => ({ since: new Date(at.getTime() - ms), now: at });
  return async (at) => {
    const ageMs = history ? at.getTime() - history.ofMs : Number.NaN;
    // Also when the clock was set back.
    if (!history || ageMs < 0 || ageMs >= HISTORY_MS)
      history = { ofMs: at.getTime(), arrivals: await arrivalHistory(store, before(at, PRESENCE_SPAN_MS)) };
    const arrivals = withLatest(history.arrivals, await latestArrivals(store, before(at, LATEST_MS)));
    // What a look saw may be out of the sight of a later one.
    history = { ...history, arrivals };
    return arrivals;
  };
}
