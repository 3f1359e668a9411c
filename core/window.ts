import type { StreamKey } from './finding.ts';
import type { SignalSummary } from './summary.ts';

/** A window of time or of rows: `5m`, `1h`, `25rows`. */
export type WindowSpec =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'rows'; readonly rows: number };

/**
 * A session or user with more rows than both of these is an account that all calls go through, not a conversation: it says nothing of
 * how rows hang together, and is left out of `SessionSums`.
 */
export const ACCOUNT = { rows: 50, share: 0.25 } as const;

/**
 * How the rows of one signal fall into sessions, in sums that one pass over the window gives. Session j has n_j rows
 * with a value of the signal, and B_j is the sum of the grid bins of those values (core/grid.ts, `sessionBin`). With the histogram they give the correlation of rows within a session; no affine map of the bin changes
 * it, so for 0/1 signals it is that of the value, and for others that of the logarithm, which stands for the rank.
 *
 * Of a category signal B_j is the vector of the session's rows by category: `binSquares` is Σ_j Σ_k n_jk², the pairs of rows of a
 * session that are of one category, and `rowsTimesBins` is 0.
 *
 * A session is `session`, else `user`, else the row itself; it ends with the window.
 */
export interface SessionSums {
  /** Σ n_j: all rows of the window, or those of the whole sessions that were drawn of it. */
  readonly rows: number;
  /** Σ n_j²; over Σ n_j it is the size of the session that an average row is in. */
  readonly squares: number;
  /** Σ B_j². */
  readonly binSquares: number;
  /** Σ n_j B_j. */
  readonly rowsTimesBins: number;
}

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
  /** By signal of `summaries`; a signal that is not there is taken to have one row in each session. */
  readonly sessions?: ReadonlyMap<string, SessionSums>;
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
