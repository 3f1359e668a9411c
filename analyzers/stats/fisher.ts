/** Successes among trials. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
}

/** Tables this close to the observed one's probability count as equally likely, as in scipy and R. */
const TIE_TOLERANCE = 1e-7;

/**
 * log p of Fisher's exact test, two-sided: the probability, with the margins fixed, of all tables at most as
 * likely as the one seen. 0 when either side is empty. O(min(successes, trials)).
 *
 * @see oracle scipy.stats.fisher_exact
 */
export function fisherLogP(baseline: Proportion, current: Proportion): number {
  const { low, weights } = tables(baseline, current);
  const limit = (weights[current.successes - low] ?? 0) + TIE_TOLERANCE;
  return Math.min(0, logSumUpTo(weights, limit) - logSumUpTo(weights));
}

/**
 * log of the one-sided mid-p-value towards what was seen: the chance of a current rate further to its side, and
 * half the chance of the one seen. Exact tests of small counts are conservative; the half gives that back on average.
 *
 * @see Lancaster (1961); oracle scipy.stats.hypergeom
 */
export function fisherMidTail(
  baseline: Proportion,
  current: Proportion,
): { readonly logP: number; readonly sign: -1 | 1 } {
  const { low, weights } = tables(baseline, current);
  const isUp = current.successes * baseline.trials >= baseline.successes * current.trials;
  const at = current.successes - low;
  const seen = (weights[at] as number) - Math.LN2;
  const tail = isUp ? [seen, ...weights.slice(at + 1)] : [...weights.slice(0, at), seen];
  return { logP: Math.min(0, logSumUpTo(tail) - logSumUpTo(weights)), sign: isUp ? 1 : -1 };
}

/** Every table with the margins seen: `weights[i]` is the log weight of `low + i` current successes. */
function tables(baseline: Proportion, current: Proportion): { low: number; weights: number[] } {
  const total = baseline.trials + current.trials;
  const successes = baseline.successes + current.successes;
  const low = Math.max(0, successes - baseline.trials);
  const high = Math.min(successes, current.trials);
  return { low, weights: logWeights({ total, successes, drawn: current.trials, low, high }) };
}

/** log of the hypergeometric probabilities of low…high, up to a constant: sums of ratios, so nothing cancels. */
function logWeights(table: {
  total: number;
  successes: number;
  drawn: number;
  low: number;
  high: number;
}): number[] {
  const { total, successes, drawn, low, high } = table;
  const weights = [0];
  for (let k = low; k < high; k++) {
    const ratio = ((successes - k) * (drawn - k)) / ((k + 1) * (total - successes - drawn + k + 1));
    weights.push((weights[k - low] as number) + Math.log(ratio));
  }
  return weights;
}

/** log Σ exp(w) over the weights w ≤ limit. */
function logSumUpTo(weights: readonly number[], limit = Number.POSITIVE_INFINITY): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const weight of weights) if (weight <= limit && weight > largest) largest = weight;
  let sum = 0;
  for (const weight of weights) if (weight <= limit) sum += Math.exp(weight - largest);
  return largest + Math.log(sum);
}
