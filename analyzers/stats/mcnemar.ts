import { logChoose } from './log-choose.ts';

/** What became of pairs of yes and no: `rises` went from no to yes, `falls` from yes to no. */
export interface Discordance {
  readonly rises: number;
  readonly falls: number;
}

/**
 * log of the exact one-sided p-value of McNemar's test towards a rise: the chance of so many rises or more among the pairs
 * that differ, when a rise is as likely as a fall. 0 without such a pair. O(falls).
 *
 * @see McNemar (1947); oracle: fractions in test/golden/paired.py
 */
export function mcnemarLogRise({ rises, falls }: Discordance): number {
  const differ = rises + falls;
  let largest = Number.NEGATIVE_INFINITY;
  const terms: number[] = [];
  for (let k = rises; k <= differ; k++) {
    const term = logChoose(differ, k);
    terms.push(term);
    largest = Math.max(largest, term);
  }
  const sum = terms.reduce((total, term) => total + Math.exp(term - largest), 0);
  return Math.min(0, largest + Math.log(sum) - differ * Math.LN2);
}
