import type { MeanInterval } from './prediction-powered.ts';

/** State of a confidence sequence; JSON. */
export interface MeanSequence {
  readonly count: number;
  readonly sum: number;
  /** Of squares around the mean before each observation. */
  readonly squares: number;
  readonly stakes: number;
  readonly stakedSum: number;
  readonly cost: number;
}

export const NO_OBSERVATIONS: MeanSequence = {
  count: 0,
  sum: 0,
  squares: 0,
  stakes: 0,
  stakedSum: 0,
  cost: 0,
};

/** Larger stakes gain little and cost much when an outlier comes. */
const STAKE_MAX = 0.5;

/**
 * Takes observations of one mean, in [0, 1], into its confidence sequence: an interval that holds at all times at once, so
 * that one may look whenever one likes and stop. Predictable plug-in empirical Bernstein.
 *
 * @param alpha the same at every step
 * @see Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting" (JRSS-B 2024), theorem 2
 */
export function observe(sequence: MeanSequence, values: readonly number[], alpha: number): MeanSequence {
  let { count, sum, squares, stakes, stakedSum, cost } = sequence;
  for (const value of values) {
    // Both are known before the value is: a prior of one observation at ½ with variance ¼.
    const mean = (0.5 + sum) / (count + 1);
    const variance = (0.25 + squares) / (count + 1);
    const time = count + 1;
    const wanted = Math.sqrt((2 * Math.log(2 / alpha)) / (variance * time * Math.log1p(time)));
    const stake = Math.min(STAKE_MAX, wanted);
    stakes += stake;
    stakedSum += stake * value;
    cost += (value - mean) ** 2 * (-Math.log1p(-stake) - stake);
    count++;
    sum += value;
    squares += (value - (0.5 + sum) / (count + 1)) ** 2;
  }
  return { count, sum, squares, stakes, stakedSum, cost };
}

/** The interval after what was observed, within [0, 1]; all of it at the start. */
export function sequenceInterval(sequence: MeanSequence, alpha: number): MeanInterval {
  const { stakes, stakedSum, cost } = sequence;
  if (stakes === 0) return { value: 0.5, low: 0, high: 1 };
  const value = stakedSum / stakes;
  const margin = (Math.log(2 / alpha) + cost) / stakes;
  return { value, low: Math.max(0, value - margin), high: Math.min(1, value + margin) };
}
