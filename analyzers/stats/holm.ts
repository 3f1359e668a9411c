/**
 * Holm's step-down adjustment with weights: rejecting every test whose adjusted value is at most α holds the
 * chance of any false rejection at α, whatever the dependence.
 *
 * @param tests log p-values with positive weights, of any sum
 * @returns log of the adjusted p-values, in the order given
 * @see Holm (1979); with weights, Benjamini & Hochberg, Scand. J. Stat. 24 (1997), procedure 1
 */
export function weightedHolm(tests: readonly { readonly logP: number; readonly weight: number }[]): number[] {
  const order = tests
    .map(({ logP, weight }, index) => ({ index, weight, ratio: logP - Math.log(weight) }))
    .sort((a, b) => a.ratio - b.ratio);
  const adjusted = new Array<number>(tests.length).fill(0);
  let weightLeft = order.reduce((sum, { weight }) => sum + weight, 0);
  let largest = Number.NEGATIVE_INFINITY;
  for (const { index, weight, ratio } of order) {
    largest = Math.max(largest, ratio + Math.log(Math.max(weightLeft, weight)));
    adjusted[index] = Math.min(0, largest);
    weightLeft -= weight;
  }
  return adjusted;
}
