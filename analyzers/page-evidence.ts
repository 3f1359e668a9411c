import type { StreamKey } from '../core/finding.ts';
import type { Together } from '../core/stream-store.ts';

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

/**
 * log of what all leaves of a window say together, over what an alarm needs: the weighted average of the e-detectors of all leaves: it is an e-detector itself, whatever the dependence between
 * streams, since E[Σ w M_t] ≤ t Σ w. It alarms at most once in 1 / level windows on average, no more than the leaves by
 * themselves do, each at 1 / (level · weight), by the union bound: no leaf reaches that before the average is there. What
 * many streams show a little of, it sees sooner.
 *
 * @param level false alarms per window that all e-detectors may give together
 * @returns 0 and above is an alarm; −∞ of nothing
 * @see Vovk & Wang, "E-values: calibration, combination and applications" (2021)
 */
export function pageEvidence(leaves: readonly LeafEvidence[], level: number): number {
  const shares = leaves.map(({ weight, logDetector }) => Math.log(weight) + logDetector);
  const largest = shares.reduce((max, share) => Math.max(max, share), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  const sum = shares.reduce((total, share) => total + Math.exp(share - largest), 0);
  return largest + Math.log(sum) + Math.log(level);
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

const WRONG_SHARE = 0.1;
/** Signals that are named: more would be a list that nobody reads, and the strongest are called first. */
const NAMED_MAX = 50;
/** Keeps the ratio finite. */
const LOG_MAX = 700;

/**
 * What the leaves of a window say together, and which of them to look at: when the ratio reaches 1, those named are called with
 * their next window, if their change is large enough to matter (monitor-signal.ts). So many signals that each show a little open
 * incidents sooner than any would by itself, for false alarms of which the union bound has paid already (`pageEvidence`).
 *
 * @param level false alarms per window that all e-detectors may give together
 */
export function together(leaves: readonly Leaf[], level: number): Together {
  return {
    ratio: Math.exp(Math.min(LOG_MAX, pageEvidence(leaves, level))),
    changed: changedLeaves(leaves, WRONG_SHARE)
      .slice(0, NAMED_MAX)
      .flatMap((index) => {
        const leaf = leaves[index];
        return leaf ? [{ key: leaf.key, signal: leaf.signal }] : [];
      }),
  };
}
