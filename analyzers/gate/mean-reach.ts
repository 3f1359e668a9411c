import { normalIsf } from '../stats/normal.ts';
import { studentIsf } from '../stats/student.ts';
import { clusterSums, type Values } from './clusters.ts';

/** Where values can lie. */
export interface Ends {
  readonly low: number;
  readonly high: number;
}

/** A mean, and how far the truth may lie below and above it: each missed with chance `alpha`. */
export interface MeanReach {
  readonly mean: number;
  readonly below: number;
  readonly above: number;
  /** Of the mean, as its clusters say it. */
  readonly variance: number;
}

/**
 * How far the mean may truly lie from what was seen. Student's limits, never narrower, with what they lack where values are rare
 * or skewed:
 *
 *     above = t √(Σu² + e²) / C + (1 + 2z²) / 6 · (Σu³ + e³) / (Σu² + e²) / C
 *
 * u are the C clusters' parts in the mean, and e is one part more, at that end of the range: what was not seen is no proof that there is
 * none. The second term is the skewness, taken outwards only. Of C values all alike both come to z² e / C, which is Wilson's
 * limit of a rate of 0; of ordinary scores, to a few hundredths of Student's from some hundred on.
 *
 * @param ends the range that values can have; a mean beyond it counts as at it
 * @see Johnson, JASA 73 (1978); Hall, JRSS B 54 (1992), for the skewness
 */
export function meanReach(side: Values, ends: Ends, alpha: number): MeanReach {
  const { mean, sums } = clusterSums(side);
  const count = sums.length;
  if (count < 2) return { mean, below: Infinity, above: Infinity, variance: Infinity };
  const parts = sums.map((sum) => (sum * count) / side.values.length);
  const squares = parts.reduce((total, part) => total + part ** 2, 0);
  const cubes = parts.reduce((total, part) => total + part ** 3, 0);
  const [t, z] = [studentIsf(alpha, count - 1), normalIsf(alpha)];
  const reach = (end: number, sign: 1 | -1): number => {
    const [allSquares, allCubes] = [squares + end ** 2, sign * cubes + end ** 3];
    if (allSquares === 0) return 0;
    const skewness = ((1 + 2 * z * z) / 6) * Math.max(0, allCubes / allSquares);
    return t * Math.sqrt(allSquares / (count * (count - 1))) + skewness / count;
  };
  return {
    mean,
    below: reach(Math.max(0, mean - ends.low), -1),
    above: reach(Math.max(0, ends.high - mean), 1),
    variance: squares / (count * (count - 1)),
  };
}

/** The range of what was seen; where each side has values that are all alike, from nothing to twice as much. */
export function seenEnds(before: readonly number[], after: readonly number[]): Ends {
  const [old, now] = [rangeOf(before), rangeOf(after)];
  const [low, high] = [Math.min(old.low, now.low), Math.max(old.high, now.high)];
  const isKnown = old.low < old.high || now.low < now.high;
  return isKnown ? { low, high } : { low: low - Math.abs(low), high: high + Math.abs(high) };
}

function rangeOf(values: readonly number[]): Ends {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return { low, high };
}
