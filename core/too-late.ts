import type { JudgedPlace } from './stream-store.ts';

/** How much came too late to be judged. */
export interface TooLate {
  readonly lateRows: number;
  /** Scores, and signals of embeddings. */
  readonly lateScores: number;
  /** People's scores that came behind the judgement of quality that they belong to. */
  readonly lateLabels: number;
}

/** How far windows of time are judged, with all that came too late, ever. */
export type WatchPlace = JudgedPlace & { readonly leftOut: TooLate };
