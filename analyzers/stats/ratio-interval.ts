import type { Interval } from './proportion-interval.ts';

/** An estimate with its interval: low ≤ value ≤ high. */
export interface Estimate extends Interval {
  readonly value: number;
}

/**
 * Interval of the ratio of two independent rates from the interval of each (MOVER-R); has sense when either is 0: the
 * ratio may then be 0 or infinite, and NaN where both are.
 *
 * @param over rate in [0, 1] above the line
 * @param under rate in [0, 1] below it
 * @see Donner & Zou, Stat. Methods Med. Res. 21 (2012); with Wilson's limits: Fagerland & Newcombe, Stat. Med. 32 (2013)
 */
export function ratioInterval(over: Estimate, under: Estimate): Estimate {
  const product = over.value * under.value;
  const reach = (x: number, y: number) => product + Math.sqrt(Math.max(0, product * product - x * y));
  // L (2p − L) and its like, which appear in both limits.
  const near = ({ value }: Estimate, limit: number) => limit * (2 * value - limit);
  const [overLow, underHigh] = [near(over, over.low), near(under, under.high)];
  const [overHigh, underLow] = [near(over, over.high), near(under, under.low)];
  return {
    value: over.value / under.value,
    low: overLow <= 0 ? 0 : overLow / reach(overLow, underHigh),
    high: underLow <= 0 ? Number.POSITIVE_INFINITY : reach(overHigh, underLow) / underLow,
  };
}
