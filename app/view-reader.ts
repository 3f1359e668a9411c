import { nameOf } from '../analyzers/schedule.ts';
import { baselinesOf, type StreamState } from '../analyzers/stream-state.ts';
import type { StreamKey } from '../core/finding.ts';
import type { SignalSummary } from '../core/summary.ts';
import type { Store } from '../sql/client.ts';
import { exampleInferences } from '../sql/queries/examples.ts';
import { incidentById, incidentList } from '../sql/queries/incident-list.ts';
import { latestFindings } from '../sql/queries/latest-findings.ts';
import { signalSeries } from '../sql/queries/signal-series.ts';
import { readState } from '../sql/queries/states.ts';
import { streamTotals } from '../sql/queries/stream-totals.ts';
import type { ViewReader } from './http/views/view-reader.ts';

/** The page's questions, asked of the store. */
export function viewReader(store: Store): ViewReader {
  return {
    streamTotals: (query) => streamTotals(store, query),
    signalSeries: (query) => signalSeries(store, query),
    latestFindings: (query) => latestFindings(store, query),
    incidentList: (query) => incidentList(store, query),
    incidentById: (query) => incidentById(store, query),
    exampleInferences: (query) => exampleInferences(store, query),
    baselines: (stream) => baselines(store, stream),
  };
}

async function baselines(store: Store, stream: StreamKey): Promise<ReadonlyMap<string, SignalSummary>> {
  const entry = (await readState(store, 'streams', nameOf(stream))) as { state: StreamState } | null;
  const samples = entry && baselinesOf(entry.state);
  if (!samples) return new Map();
  return new Map(
    [...samples].map(([signal, { count, sum, bins }]) => [
      signal,
      { count, sum, sumSquares: 0, bins: new Map(bins) },
    ]),
  );
}
