/** Sums of evidence and weight, by value. */
export interface Sums {
  readonly signed: Float64Array;
  readonly weights: Float64Array;
}

export interface Prefix {
  /** Per value, 1 if it is in. */
  readonly mask: Uint8Array;
  readonly score: number;
}

/**
 * How much more a subset changed than all else: C² / (σ² · B · (1 − B / B_total)), as a χ² with one degree of freedom where nothing differs; 0 for
 * one that changed less, or that is everything.
 */
export function subsetScore(
  signed: number,
  weight: number,
  { weightTotal, variance }: { weightTotal: number; variance: number },
): number {
  const rest = 1 - weight / weightTotal;
  if (signed <= 0 || weight <= 0 || rest <= 1e-9 || variance <= 0) return 0;
  return (signed * signed) / (variance * weight * rest);
}

/**
 * The values of one attribute that together score highest: sorted by evidence per weight, only their prefixes can, since the score is convex in
 * both sums (linear-time subset scanning, Neill 2012; Fisher 1958). O(values · log values).
 *
 * @param weightMin subsets of less weight are not looked at
 */
export function bestPrefix(
  sums: Sums,
  { weightTotal, variance, weightMin }: { weightTotal: number; variance: number; weightMin: number },
): Prefix {
  const ratio = (code: number): number => (sums.signed[code] ?? 0) / (sums.weights[code] ?? 1);
  const order = Array.from(sums.weights.keys())
    .filter((code) => (sums.weights[code] ?? 0) > 0)
    .sort((a, b) => ratio(b) - ratio(a) || a - b);
  let [signed, weight, best, length] = [0, 0, 0, 0];
  order.forEach((code, place) => {
    signed += sums.signed[code] ?? 0;
    weight += sums.weights[code] ?? 0;
    const score = weight >= weightMin ? subsetScore(signed, weight, { weightTotal, variance }) : 0;
    if (score > best) [best, length] = [score, place + 1];
  });
  const mask = new Uint8Array(sums.weights.length);
  for (const code of order.slice(0, length)) mask[code] = 1;
  return { mask, score: best };
}
