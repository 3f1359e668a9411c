import type { StreamKey } from './finding.ts';
import type { SignalSummary } from './summary.ts';

/** A window of time or of rows: `5m`, `1h`, `25rows`. */
export type WindowSpec =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'rows'; readonly rows: number };

/** What was seen of one stream in one window. */
export interface StreamWindow {
  readonly key: StreamKey;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Inferences in it. */
  readonly rows: number;
  /** By signal; a signal without a value is not there. */
  readonly summaries: ReadonlyMap<string, SignalSummary>;
  /** By category signal: inferences by value; a signal without a value is not there. */
  readonly categories: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Id of the last inference, in order of (timestamp, id); only of a window of rows. */
  readonly lastId?: string;
}

/** How much there is of a stream in a span. */
export interface StreamSize {
  readonly key: StreamKey;
  readonly rows: number;
  /** Signals that have a value. */
  readonly signals: number;
}

/** What minutes that were judged have gained since. */
export interface LatePart {
  readonly key: StreamKey;
  /** When it was taken into the rollups; rises. */
  readonly revision: number;
  /** Inferences that came late. */
  readonly rows: number;
  readonly summaries: ReadonlyMap<string, SignalSummary>;
  readonly categories: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Where a stream's windows of rows are: the last inference that was in one. */
export interface RowCursor {
  readonly at: Date;
  readonly id: string;
}
