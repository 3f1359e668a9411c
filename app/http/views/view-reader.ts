import type { Request } from 'express';
import type { MapInput, TopicMap } from '../../../analyzers/topics/topic-map.ts';
import type { AlertRule } from '../../../core/alert-rule.ts';
import type { Cause } from '../../../core/cause.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Finding, StreamKey } from '../../../core/finding.ts';
import type { Incident } from '../../../core/incident.ts';
import type { SignalSummary } from '../../../core/summary.ts';
import type { ProcessLine } from '../../../dashboards/page/api-views.ts';
import type { ChangeMarks } from '../../../sql/queries/change-marks.ts';
import type { DeliveryRecord, ReceiverTotals } from '../../../sql/queries/delivery-list.ts';
import type { EmbeddedPrompt, EmbeddingSampleQuery } from '../../../sql/queries/embedding-sample.ts';
import type { ExampleQuery, ExampleRow } from '../../../sql/queries/examples.ts';
import type { IncidentListQuery } from '../../../sql/queries/incident-list.ts';
import type { PanelRowValues } from '../../../sql/queries/panel-rows.ts';
import type { PipelineLatest } from '../../../sql/queries/pipeline.ts';
import type { SegmentSummariesQuery, SegmentSummary } from '../../../sql/queries/segment-summaries.ts';
import type { SeriesQuery, SignalBucket } from '../../../sql/queries/signal-series.ts';
import type { StreamTotals } from '../../../sql/queries/stream-totals.ts';

export type StreamChoice = {
  /** Empty: all projects. */
  project: string;
  /** Null: all streams. */
  stream: { model: string; version: string } | null;
  segment: string;
};

/** What the views read; each is a function of sql/queries with the store filled in. */
export interface ViewReader {
  streamTotals(choice: StreamChoice & { now: Date; limit: number }): Promise<StreamTotals[]>;
  signalSeries(query: SeriesQuery): Promise<SignalBucket[]>;
  latestFindings(choice: StreamChoice & { since: Date }): Promise<Finding[]>;
  incidentList(query: IncidentListQuery): Promise<Incident[]>;
  incidentById(query: { project: string; id: string }): Promise<Incident | null>;
  /** What explains these incidents, as far as it is known. */
  causesOf(query: { project: string; incidentIds: readonly string[] }): Promise<Cause[]>;
  exampleInferences(query: ExampleQuery): Promise<ExampleRow[]>;
  segmentSummaries(query: SegmentSummariesQuery): Promise<SegmentSummary[]>;
  embedderIdentity(span: { project: string; since: Date; until: Date }): Promise<string | null>;
  embeddingSample(query: EmbeddingSampleQuery): Promise<EmbeddedPrompt[]>;
  topicMap(inputs: readonly MapInput[]): Promise<TopicMap>;
  /** Rows of a query of dashboards/panels, expanded. */
  panelRows(query: { sql: string; project: string }): Promise<PanelRowValues[]>;
  arrivalsByMinute(span: { project: string; since: Date; until: Date }): Promise<number[]>;
  pipelineLatest(query: { project: string; now: Date }): Promise<PipelineLatest>;
  deliveryList(query: {
    project: string;
    incidentId: string;
    isTroubled: boolean;
    limit: number;
  }): Promise<DeliveryRecord[]>;
  receiverTotals(query: { project: string; since: Date }): Promise<ReceiverTotals[]>;
  changeMarks(now: Date): Promise<ChangeMarks>;
  /** What this process knows of itself. */
  process(): Promise<ProcessLine>;
  /** The rules and receivers in force. */
  alertSettings(): AlertSettings;
  /** By signal, what the detectors compare a stream with; empty while it is being learned. */
  baselines(stream: StreamKey): Promise<ReadonlyMap<string, SignalSummary>>;
}

/** What governs incidents, and who is told. */
export interface AlertSettings {
  /** The file they were read from. */
  readonly source: string;
  readonly rules: readonly AlertRule[];
  readonly receivers: readonly { readonly name: string; readonly type: string }[];
}

export interface ViewOptions {
  readonly reader: ViewReader;
  readonly clock: Clock;
  /** The one project that this request may read; empty for all. */
  readonly projectOf: (request: Request) => string;
}
