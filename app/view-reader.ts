import { joinState } from '../analyzers/state-parts.ts';
import type { StreamEntry } from '../analyzers/stream-book.ts';
import { baselinesOf, type StreamState } from '../analyzers/stream-state.ts';
import { topicMapInThread } from '../analyzers/topics/topic-map-thread.ts';
import type { StreamKey } from '../core/finding.ts';
import type { SignalSummary } from '../core/summary.ts';
import type { ProcessLine } from '../dashboards/page/api-views.ts';
import type { Store } from '../sql/client.ts';
import { changeMarks } from '../sql/queries/change-marks.ts';
import { deliveryList, receiverTotals } from '../sql/queries/delivery-list.ts';
import { embedderIdentity, embeddingSample } from '../sql/queries/embedding-sample.ts';
import { exampleInferences } from '../sql/queries/examples.ts';
import { incidentById, incidentList } from '../sql/queries/incident-list.ts';
import { latestFindings } from '../sql/queries/latest-findings.ts';
import { panelRows } from '../sql/queries/panel-rows.ts';
import { arrivalsByMinute, pipelineLatest } from '../sql/queries/pipeline.ts';
import { segmentSummaries } from '../sql/queries/segment-summaries.ts';
import { signalSeries } from '../sql/queries/signal-series.ts';
import { readStreamStates } from '../sql/queries/stream-states.ts';
import { streamTotals } from '../sql/queries/stream-totals.ts';
import { STREAM_PART } from './analysis.ts';
import type { AlertSettings, ViewReader } from './http/views/view-reader.ts';

/** What the page shows that is not in the store. */
export interface ViewSources {
  readonly process: () => Promise<ProcessLine>;
  readonly alertSettings: () => AlertSettings;
}

/** The page's questions, asked of the store. */
export function viewReader(store: Store, sources: ViewSources): ViewReader {
  return {
    ...sources,
    streamTotals: (query) => streamTotals(store, query),
    signalSeries: (query) => signalSeries(store, query),
    latestFindings: (query) => latestFindings(store, query),
    incidentList: (query) => incidentList(store, query),
    incidentById: (query) => incidentById(store, query),
    exampleInferences: (query) => exampleInferences(store, query),
    segmentSummaries: (query) => segmentSummaries(store, query),
    embedderIdentity: (span) => embedderIdentity(store, span),
    embeddingSample: (query) => embeddingSample(store, query),
    topicMap: topicMapInThread,
    panelRows: (query) => panelRows(store, query),
    arrivalsByMinute: (span) => arrivalsByMinute(store, span),
    pipelineLatest: (query) => pipelineLatest(store, query),
    deliveryList: (query) => deliveryList(store, query),
    receiverTotals: (query) => receiverTotals(store, query),
    changeMarks: (now) => changeMarks(store, now),
    baselines: (stream) => baselines(store, stream),
  };
}

async function baselines(store: Store, stream: StreamKey): Promise<ReadonlyMap<string, SignalSummary>> {
  const [parts = new Map<string, string>()] = await readStreamStates(store, [stream]);
  const entry = joinState(parts) as StreamEntry | null;
  const states = Object.entries(entry?.state ?? {}).filter(
    ([part]) => part === STREAM_PART || part.startsWith(`${STREAM_PART}:`),
  );
  const samples = states.flatMap(([, state]) => [...(baselinesOf(state as StreamState) ?? [])]);
  return new Map(
    samples.map(([signal, { count, sum, bins }]) => [
      signal,
      { count, sum, sumSquares: 0, bins: new Map(bins) },
    ]),
  );
}
