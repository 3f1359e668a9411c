/** log of what a coin's worth has become at each of the stakes. */
export type Capital = readonly number[];

/** Shares of the capital that are staked: large ones for what is clear, small ones for what is not; with gains above −1.9 none is ever lost. */
const STAKES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5] as const;

export const newCapital = (): Capital => STAKES.map(() => 0);

/**
 * Capital after a bet that the mean of a bounded number is above 0: fair or worse while it is not, given all that went before.
 *
 * @param gain in [−1.9, 1.9]
 */
export function betAgainst(capital: Capital, gain: number): Capital {
  return STAKES.map((stake, index) => (capital[index] ?? 0) + Math.log1p(stake * gain));
}

/** The mean over the stakes: an e-value at any time. */
export function evidenceOf(capital: Capital): number {
  return capital.reduce((sum, log) => sum + Math.exp(Math.min(700, log)), 0) / capital.length;
}
