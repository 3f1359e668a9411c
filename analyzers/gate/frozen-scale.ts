/** Where a value stands among what was usual before, in [0, 1]. */
export type FrozenScale =
  | { readonly kind: 'rate' }
  /** Quantiles, ascending: the first is the lowest value, the last the highest. */
  | { readonly kind: 'quantiles'; readonly knots: readonly number[] };

const KNOTS = 201;

/** A scale that values of any size and tail are bounded on; zeros and ones stay what they are. */
export function freezeScale(values: readonly number[]): FrozenScale {
  if (values.every((value) => value === 0 || value === 1)) return { kind: 'rate' };
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { kind: 'quantiles', knots: Array.from({ length: KNOTS }, (_, index) => at(index / (KNOTS - 1))) };
}

/** Mid-rank of a value among the knots, so that ties stay ties. O(log knots). */
export function placeOf(scale: FrozenScale, value: number): number {
  if (scale.kind === 'rate') return Math.min(1, Math.max(0, value));
  const { knots } = scale;
  return (lower(knots, value, false) + lower(knots, value, true)) / 2 / knots.length;
}

/** Knots below the value; and those equal to it, if counted. */
function lower(knots: readonly number[], value: number, isEqualCounted: boolean): number {
  let [low, high] = [0, knots.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const knot = knots[middle] ?? 0;
    if (knot < value || (isEqualCounted && knot === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
