import { logChoose } from './log-choose.ts';

/** Pairs of which one had the event and the other had not. */
export interface Discordant {
  readonly first: number;
  readonly second: number;
}

/**
 * log p of McNemar's test, two-sided: exact, and mid-p, which holds its level nearly as well and wastes less of it.
 * Pairs that agree say nothing. 0 when no pair disagrees. O(min(first, second)).
 *
 * @see McNemar (1947); mid-p: Fagerland, Lydersen & Laake, BMC Med. Res. Methodol. 13 (2013); oracle scipy.stats.binom
 */
export function mcnemar({ first, second }: Discordant): {
  readonly logExact: number;
  readonly logMid: number;
} {
  const trials = first + second;
  if (trials === 0) return { logExact: 0, logMid: 0 };
  const fewer = Math.min(first, second);
  const logAt = (k: number) => logChoose(trials, k) - trials * Math.LN2;
  const seen = logAt(fewer);
  // Sums relative to the largest term, the one seen.
  let tail = 0;
  for (let k = 0; k <= fewer; k++) tail += Math.exp(logAt(k) - seen);
  const twice = Math.LN2 + seen;
  return {
    logExact: Math.min(0, twice + Math.log(tail)),
    // With as many on both sides the exact p is 1, and half of what was seen is taken off.
    logMid: first === second ? Math.log1p(-Math.exp(seen) / 2) : Math.min(0, twice + Math.log(tail - 0.5)),
  };
}
