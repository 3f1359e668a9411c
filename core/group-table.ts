import type { Histogram } from './summary.ts';

/** Values of a group attribute beyond the bound, taken together: compared with, never judged. */
export const OTHER_VALUE = '(other)';

/**
 * One signal of one group within one stratum: what is needed to compare like with like, and to tell a thousand
 * inferences from one talkative session. Additive over disjoint rows whose units are disjoint too.
 */
export interface GroupTally {
  /** `gender` and `f` of `groups: {gender: f}`; never empty. */
  readonly attribute: string;
  readonly value: string;
  /** What is held equal: prompt name, topic, chosen attributes, stretch of time. */
  readonly stratum: string;
  readonly signal: string;
  /** Inferences with a value. */
  readonly count: number;
  /** By bin of the value grid, ascending; adds up to `count`. */
  readonly bins: Histogram;
  /** Σx and Σx² of the rows; x is the value where it is bounded, its bin where it has a long tail. */
  readonly sum: number;
  readonly sumSquares: number;
  /** Units of independence (sessions; without one users; without both inferences) with n_j rows and s_j = Σx: how many, … */
  readonly units: number;
  /** … Σ n_j², Σ n_j s_j, Σ s_j². */
  readonly unitRowSquares: number;
  readonly unitCross: number;
  readonly unitSumSquares: number;
}

/** Counterfactual pairs: the same prompt for a group and for another one; by whether the event came. */
export interface GroupPairs {
  readonly attribute: string;
  readonly value: string;
  readonly signal: string;
  readonly both: number;
  readonly groupOnly: number;
  readonly restOnly: number;
  readonly neither: number;
}

/** All group attributes of one stream over one span. */
export interface GroupTable {
  readonly tallies: readonly GroupTally[];
  /** Rows in pairs are not in `tallies`. */
  readonly pairs: readonly GroupPairs[];
}
