/** log(1 + exp(x)), without overflow. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** log of Σ weight · exp(log); −∞ of nothing. */
export function logSum(parts: readonly { readonly log: number; readonly weight: number }[]): number {
  const largest = parts.reduce((max, { log }) => Math.max(max, log), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return (
    largest + Math.log(parts.reduce((sum, { log, weight }) => sum + weight * Math.exp(log - largest), 0))
  );
}

/** log of the mean of exp(log); −∞ of nothing. */
export function logMean(logs: readonly number[]): number {
  return logSum(logs.map((log) => ({ log, weight: 1 / logs.length })));
}
