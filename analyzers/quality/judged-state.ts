import type { MeanEvidence, MeanLimits } from './mean-watch.ts';
import { addMoments, type Moments, NO_MOMENTS } from './moments.ts';
import type { MeanInterval } from './prediction-powered.ts';

/** Sums of two halves by the parity of the bucket. */
export type Halves = readonly [Moments, Moments];

export const NO_HALVES: Halves = [NO_MOMENTS, NO_MOMENTS];

/** One window that is remembered. */
export interface JudgedWindow {
  /** ISO 8601. */
  readonly since: string;
  readonly halves: Halves;
}

/** What is watched of one mean: the quality, or the judge's bias. */
export interface Watched {
  readonly before: MeanInterval;
  /** On the scale of [0, 1] that is bet on. */
  readonly limits: MeanLimits;
  readonly evidence: MeanEvidence;
  /** A change that was called and has not gone: which way, since when, how clear. */
  readonly standing: {
    readonly direction: 'up' | 'down';
    readonly since: string;
    readonly evidence: number;
    readonly size: number;
  } | null;
}

/** What is remembered of one pair of scores of one stream; JSON. */
export type JudgedState =
  | { readonly phase: 'learning'; readonly halves: Halves }
  | {
      readonly phase: 'watching';
      readonly lambda: number;
      readonly labels: number;
      readonly quality: Watched;
      readonly bias: Watched;
      readonly recent: readonly JudgedWindow[];
    };

export function addHalves(a: Halves, b: Halves): Halves {
  return [addMoments(a[0], b[0]), addMoments(a[1], b[1])];
}

/** Sums of a window's buckets in two halves. */
export function halvesOf(buckets: readonly (Moments & { readonly bucket: number })[]): Halves {
  const halves: [Moments, Moments] = [NO_MOMENTS, NO_MOMENTS];
  for (const { bucket, ...moments } of buckets) {
    const half = bucket % 2 === 0 ? 0 : 1;
    halves[half] = addMoments(halves[half], moments);
  }
  return halves;
}
