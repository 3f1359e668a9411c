import type { Histogram } from '../../core/summary.ts';

export interface KsResult {
  /** Largest vertical gap between the two empirical CDFs, in [0, 1]. */
  readonly statistic: number;
  /** log of the p-value. */
  readonly logP: number;
}

/** Above this many lattice points the limit law is good to three digits, and the exact law takes too long. */
const EXACT_PRODUCT_MAX = 4_000_000;
/** A gap that equals the observed one up to rounding is as large. */
const GAP_SLACK = 1e-10;

/**
 * Two-sample Kolmogorov–Smirnov test on histograms, exact with ties: given the pooled values, every assignment
 * of them to the two samples is equally likely, and gaps are looked at only between distinct values.
 * Large samples use Kolmogorov's limit law, which ties make conservative. O(n m) exact, else O(bins).
 *
 * @param baseline ascending, not empty
 * @param current ascending, not empty
 * @see Schröer & Trenkler (1995); oracle scipy.stats.ks_2samp (no ties) and enumeration (ties)
 */
export function ksTest(baseline: Histogram, current: Histogram): KsResult {
  const { statistic, ends, m, n } = gaps(baseline, current);
  if (statistic === 0) return { statistic, logP: 0 };
  const logP =
    m * n <= EXACT_PRODUCT_MAX ? exactLogP({ statistic, ends, m, n }) : limitLogP({ statistic, m, n });
  return { statistic, logP: Math.min(0, logP) };
}

/** Largest vertical gap between two empirical CDFs, in [0, 1], without its p-value. O(bins). */
export function ksDistance(baseline: Histogram, current: Histogram): number {
  return gaps(baseline, current).statistic;
}

/** The largest gap, and at which pooled counts a distinct value ends. */
function gaps(baseline: Histogram, current: Histogram) {
  const m = baseline.reduce((sum, [, rows]) => sum + rows, 0);
  const n = current.reduce((sum, [, rows]) => sum + rows, 0);
  const ends = new Set<number>();
  let [i, j, below, under, statistic] = [0, 0, 0, 0, 0];
  while (i < baseline.length || j < current.length) {
    const bin = Math.min(baseline[i]?.[0] ?? Infinity, current[j]?.[0] ?? Infinity);
    if (baseline[i]?.[0] === bin) below += baseline[i++]![1];
    if (current[j]?.[0] === bin) under += current[j++]![1];
    ends.add(below + under);
    statistic = Math.max(statistic, Math.abs(below / m - under / n));
  }
  return { statistic, ends, m, n };
}

/**
 * Deals the pooled values out in order, as a walk from (0, 0) to (m, n); the p-value is the probability that is
 * stopped at a gap as large as the one seen. Only sums of positive terms, so small p-values are exact too.
 */
function exactLogP(test: { statistic: number; ends: ReadonlySet<number>; m: number; n: number }): number {
  const { ends, m, n } = test;
  const reached = new Float64Array(m + 1);
  reached[0] = 1;
  let stopped = 0;
  for (let dealt = 1; dealt <= m + n; dealt++) {
    deal(reached, { dealt, m, n });
    if (ends.has(dealt)) stopped += stopAtGaps(reached, { ...test, dealt });
  }
  return Math.log(stopped);
}

/** Moves the law of the number of baseline values among those dealt on by one value. */
function deal(reached: Float64Array, { dealt, m, n }: { dealt: number; m: number; n: number }): void {
  const first = Math.max(0, dealt - n);
  const left = m + n - dealt + 1;
  for (let i = Math.min(m, dealt); i >= first; i--) {
    const fromBaseline = i > 0 ? (reached[i - 1]! * (m - i + 1)) / left : 0;
    const fromCurrent = dealt > i ? (reached[i]! * (n - (dealt - i) + 1)) / left : 0;
    reached[i] = fromBaseline + fromCurrent;
  }
  if (first > 0) reached[first - 1] = 0;
}

/** Takes out, and returns, the probability of standing at a gap as large as the one seen. */
function stopAtGaps(
  reached: Float64Array,
  at: { statistic: number; dealt: number; m: number; n: number },
): number {
  const { statistic, dealt, m, n } = at;
  let stopped = 0;
  for (let i = Math.max(0, dealt - n); i <= Math.min(m, dealt); i++) {
    if (Math.abs(i / m - (dealt - i) / n) < statistic - GAP_SLACK) continue;
    stopped += reached[i]!;
    reached[i] = 0;
  }
  return stopped;
}

/** 2 Σ (−1)^(k−1) exp(−2 k² λ²) with λ² = D² m n / (m + n). */
function limitLogP({ statistic, m, n }: { statistic: number; m: number; n: number }): number {
  const square = (statistic * statistic * m * n) / (m + n);
  // The alternating series needs many terms only where p is 1 to all digits that matter.
  if (square < 0.04) return 0;
  let sum = 0;
  for (let k = 2; k <= 40; k++) sum += (k % 2 === 0 ? -1 : 1) * Math.exp(-2 * (k * k - 1) * square);
  return Math.LN2 - 2 * square + Math.log1p(sum);
}
