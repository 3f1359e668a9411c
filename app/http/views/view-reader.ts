import type { Request } from 'express';
import type { Clock } from '../../../core/clock.ts';
import type { Finding, StreamKey } from '../../../core/finding.ts';
import type { Incident } from '../../../core/incident.ts';
import type { SignalSummary } from '../../../core/summary.ts';
import type { ExampleQuery, ExampleRow } from '../../../sql/queries/examples.ts';
import type { IncidentListQuery } from '../../../sql/queries/incident-list.ts';
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
  exampleInferences(query: ExampleQuery): Promise<ExampleRow[]>;
  /** By signal, what the detectors compare a stream with; empty while it is being learned. */
  baselines(stream: StreamKey): Promise<ReadonlyMap<string, SignalSummary>>;
}

export interface ViewOptions {
  readonly reader: ViewReader;
  readonly clock: Clock;
  /** The one project that this request may read; empty for all. */
  readonly projectOf: (request: Request) => string;
}
