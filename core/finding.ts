import type { Histogram } from './summary.ts';

/** What went wrong, seen by the one who owns the model. Chooses the default share of the false-alarm budget. */
export type Family = 'drift' | 'degradation' | 'bias' | 'cost';

/** `shape`: the distribution changed while its middle stayed; `mix`: the shares of categories changed. */
export type Direction = 'up' | 'down' | 'shape' | 'mix';

export type Verdict = 'regression' | 'improvement' | 'change';

/** Size of a change in a unit people know, with a confidence interval: low ≤ value ≤ high. */
export interface Effect {
  /**
   * `relative_change`: −1 is all of it gone. `rate_ratio`: a group's rate over that of the rest; 1 is no difference.
   * `mean_shift`: in spreads of the reference.
   */
  readonly name:
    | 'rate_difference'
    | 'cliffs_delta'
    | 'ks_distance'
    | 'relative_change'
    | 'rate_ratio'
    | 'cramers_v'
    | 'mean_shift';
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Shares of inferences, in [0, 1], that are in a category. */
export interface CategoryShare {
  readonly category: string;
  readonly before: number;
  readonly after: number;
}

/** What is compared: one stream of inferences. Empty version: not declared. Empty segment: all inferences. */
export interface StreamKey {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  /** `attribute=value`, or empty. */
  readonly segment: string;
}

/** A stream as one text: its parts as a JSON array, so that no separator can be forged. */
export function streamName({ project, model, version, segment }: StreamKey): string {
  return JSON.stringify([project, model, version, segment]);
}

/**
 * What a detector said for one signal of one stream and one window; stored whether or not anything is wrong.
 * `not_enough_data` is an outcome of its own, never a silent 0.
 */
export interface Finding extends StreamKey {
  readonly signal: string;
  readonly family: Family;
  /**
   * `rate`, `continuous`, `category` and `embedding` are sequential (D1 to D4);
   * `version_comparison` is the fixed-n test at a declared change;
   * `disparity` (D5): `after` is a group, `before` everybody else, in the same windows and strata;
   * `judged` is a mean of people's scores by a judge's (analyzers/quality), sequential too;
   * `presence` is no test: inferences, or what judges them, have stopped; `budget` is a forecast of spend.
   */
  readonly detector:
    | 'rate'
    | 'continuous'
    | 'category'
    | 'embedding'
    | 'version_comparison'
    | 'presence'
    | 'budget'
    | 'judged'
    | 'disparity';
  /** Half-open window [since, until). */
  readonly since: Date;
  readonly until: Date;
  readonly outcome: 'alarm' | 'quiet' | 'not_enough_data';
  /** The next three are null unless the detector had enough data. */
  readonly direction: Direction | null;
  readonly verdict: Verdict | null;
  readonly effect: Effect | null;
  /** Mean for a rate, median otherwise, in the signal's unit; of a mix, the share of the first of `shares`. */
  readonly before: number | null;
  readonly after: number | null;
  /**
   * How strong the evidence is, as a multiple of what an alarm needs: 1 or above is an alarm if the effect is
   * large enough to matter too.
   */
  readonly evidence: number;
  readonly samples: { readonly baseline: number; readonly current: number };
  /** Distributions on both sides, of the rows that `before` and `after` describe; stored only with an alarm. */
  readonly histograms: { readonly before: Histogram; readonly after: Histogram };
  /** Of a mix: the categories that explain its change, the first the most. */
  readonly shares?: readonly CategoryShare[];
  /** Start of the change as far as is known; the window's own start while nothing is wrong. */
  readonly changedSince: Date;
  /** With a declared version change: the version it is compared with; empty otherwise. */
  readonly baselineVersion: string;
  /** The changed level has just been taken as the new baseline: it stood for so long that it is normal now. */
  readonly becameBaseline: boolean;
  /** With `not_enough_data`: about how many more rows are needed. */
  readonly rowsNeeded: number | null;
}
