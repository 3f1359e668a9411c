import type { StreamKey } from '../core/finding.ts';

/** One signal of one stream, as a leaf of everything that is watched. */
export interface Leaf extends LeafEvidence {
  readonly key: StreamKey;
  readonly signal: string;
}

export interface LeafEvidence {
  /** Its part of the budget (`Budget.weightOf`); all leaves together have at most 1. */
  readonly weight: number;
  /** log of its e-detector M (`StreamStep.evidence`). */
  readonly logDetector: number;
  /** log of its e-value. */
  readonly logEValue: number;
}

/** What all leaves of a window say together. */
export interface PageEvidence {
  /** log of the evidence over what an alarm needs: 0 and above is one. */
  readonly logRatio: number;
  /** Leaves that it rests on, as indices: the fewest that hold half of it. */
  readonly leaves: readonly number[];
}

/**
 * The weighted average of the e-detectors of all leaves: it is an e-detector itself, whatever the dependence between
 * streams, since E[Σ w M_t] ≤ t Σ w. It alarms at most once in 1 / level windows on average, no more than the leaves by
 * themselves do, each at 1 / (level · weight), by the union bound: no leaf reaches that before the average is there. What
 * many streams show a little of, it sees sooner.
 *
 * @param level false alarms per window that all e-detectors may give together
 * @see Vovk & Wang, "E-values: calibration, combination and applications" (2021)
 */
export function pageEvidence(leaves: readonly LeafEvidence[], level: number): PageEvidence {
  const shares = leaves.map(({ weight, logDetector }) => Math.log(weight) + logDetector);
  const largest = shares.reduce((max, share) => Math.max(max, share), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return { logRatio: largest, leaves: [] };
  const scaled = shares.map((share) => Math.exp(share - largest));
  const sum = scaled.reduce((total, share) => total + share, 0);
  const order = scaled.map((_, index) => index).sort((a, b) => (scaled[b] ?? 0) - (scaled[a] ?? 0));
  let held = 0;
  const fewest = order.filter((index) => {
    if (held >= sum / 2) return false;
    held += scaled[index] ?? 0;
    return true;
  });
  return { logRatio: largest + Math.log(sum) + Math.log(level), leaves: fewest };
}

/**
 * Leaves in which something has changed, by weighted e-BH: of those that are named, at most a share `alpha` is wrong on
 * average, whatever the dependence. O(K log K).
 *
 * @param alpha in (0, 1)
 * @returns indices, the strongest first
 * @see Wang & Ramdas, "False discovery rate control with e-values" (JRSS-B 2022)
 */
export function changedLeaves(leaves: readonly LeafEvidence[], alpha: number): number[] {
  const total = leaves.reduce((sum, { weight }) => sum + weight, 0);
  // With weights that average to 1, w E is an e-value budget like E itself.
  const logs = leaves.map(({ weight, logEValue }) => Math.log((weight / total) * leaves.length) + logEValue);
  const order = logs.map((_, index) => index).sort((a, b) => (logs[b] ?? 0) - (logs[a] ?? 0));
  let named = 0;
  for (const [rank, index] of order.entries()) {
    const needed = Math.log(leaves.length) - Math.log(alpha * (rank + 1));
    if ((logs[index] ?? 0) >= needed) named = rank + 1;
  }
  return order.slice(0, named);
}

/** What everything that is watched says together of the last window of time, without what was called already. */
export interface Together {
  /** Evidence that something has changed, as a multiple of what an alarm needs. */
  readonly ratio: number;
  /** Where, the strongest first; of those named a tenth is wrong on average, at most. */
  readonly changed: readonly Pick<Leaf, 'key' | 'signal'>[];
}

const WRONG_SHARE = 0.1;
/** Keeps the ratio finite. */
const LOG_MAX = 700;

/** @param level false alarms per window that all e-detectors may give together */
export function together(leaves: readonly Leaf[], level: number): Together {
  const { logRatio } = pageEvidence(leaves, level);
  return {
    ratio: Math.exp(Math.min(LOG_MAX, logRatio)),
    changed: changedLeaves(leaves, WRONG_SHARE).flatMap((index) => leaves[index] ?? []),
  };
}
