import type { StreamKey } from './finding.ts';

/** A stream that is judged. */
export interface JudgedStream {
  readonly key: StreamKey;
  /** End of its last window. */
  readonly until: Date;
  /** Signals that are judged. */
  readonly signals: readonly string[];
  /** Inferences of about the last week. */
  readonly rows: number;
}

/** A stream's state in parts: the one that moves, and those that it names. */
export interface StoredState extends JudgedStream {
  /** JSON. */
  readonly moving: string;
  /** JSON by name: parts to be written. */
  readonly added: ReadonlyMap<string, string>;
  /** Parts that nothing names any more. */
  readonly gone: readonly string[];
}

/** What everything that is watched says together of a window of time, without what was called already. */
export interface Together {
  /** Evidence that something has changed, as a multiple of what an alarm needs. */
  readonly ratio: number;
  /** Where, the strongest first and no more than could be told; of those named a tenth is wrong on average, at most. */
  readonly changed: readonly { readonly key: StreamKey; readonly signal: string }[];
}

/** How much came too late to be judged, ever. */
export interface TooLate {
  /** Inferences. */
  readonly lateRows: number;
  /** Scores, and signals of embeddings. */
  readonly lateScores: number;
  /** People's scores that came behind the judgement of quality that they belong to. */
  readonly lateLabels: number;
}

/** How far windows of time are judged. */
export interface JudgedPlace {
  /** Windows that end by it are judged, in ms. */
  readonly until: number;
  /** End of the window that is being judged: minutes before it may be judged already. At least `until`. */
  readonly judging: number;
  /** What came late is judged up to this revision. */
  readonly late: number;
  /** What nobody judged: of the last window for want of room, and what came too late. */
  readonly leftOut: TooLate & { readonly streams: number; readonly signals: number };
  /** Of the last window; what it names is called with the next. Null before the first, and of an earlier version's place. */
  readonly together: Together | null;
}
