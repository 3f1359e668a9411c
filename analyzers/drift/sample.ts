import { GRID_ONE, valueOfBin } from '../../core/grid.ts';
import type { Histogram, SignalSummary } from '../../core/summary.ts';

/** Zeros and ones, or anything else. */
export type Kind = 'rate' | 'continuous';

/** The JSON form of a signal's summary, its bins ascending: what detectors compute on and what state keeps. */
export interface Sample {
  readonly count: number;
  readonly sum: number;
  readonly bins: Histogram;
}

export const EMPTY_SAMPLE: Sample = { count: 0, sum: 0, bins: [] };

/** Sample of a summary; the summary is not modified. */
export function sampleOf(summary: SignalSummary): Sample {
  return {
    count: summary.count,
    sum: summary.sum,
    bins: [...summary.bins].sort(([a], [b]) => a - b),
  };
}

/** Sample of the union of two disjoint samples. O(bins). */
export function mergeSamples(a: Sample, b: Sample): Sample {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  return { count: a.count + b.count, sum: a.sum + b.sum, bins: mergeBins(a.bins, b.bins) };
}

function mergeBins(a: Histogram, b: Histogram): Histogram {
  const bins: (readonly [bin: number, rows: number])[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [first, second] = [a[i], b[j]];
    if (!first) return bins.concat(b.slice(j));
    if (!second) return bins.concat(a.slice(i));
    const gap = first[0] - second[0];
    bins.push(gap === 0 ? [first[0], first[1] + second[1]] : gap < 0 ? first : second);
    if (gap <= 0) i++;
    if (gap >= 0) j++;
  }
}

/** What a person calls the level of a signal: the mean of a rate, the median otherwise; null of no rows. */
export function levelOf(sample: Sample, kind: Kind): number | null {
  if (sample.count === 0) return null;
  if (kind === 'rate') return sample.sum / sample.count;
  let seen = 0;
  for (const [bin, rows] of sample.bins) {
    seen += rows;
    if (2 * seen >= sample.count) return valueOfBin(bin);
  }
  return null;
}

/** A signal of zeros and ones is a rate, whatever it is called; so is one without rows, until it has some. */
export function kindOf(...samples: readonly Sample[]): Kind {
  const isBinary = samples.every(({ bins }) => bins.every(([bin]) => bin === 0 || bin === GRID_ONE));
  return isBinary ? 'rate' : 'continuous';
}
