import { logMean, softplus } from '../log-space.ts';

/** Changes of the mean bet on, as parts of the largest stake that cannot lose all. */
const STAKES = [0.05, 0.1, 0.2, 0.4, 0.8] as const;

/** Evidence that a mean has left its limits: log M per stake, upwards then downwards; [] at the start. JSON. */
export type MeanEvidence = readonly (readonly number[])[];

/** Largest and smallest mean that count as no change, both inside (0, 1). */
export interface MeanLimits {
  readonly low: number;
  readonly high: number;
}

/**
 * One window of the e-detector on a bounded mean: M ← (1 + M) Π (1 + s (u − m)) for each stake s, up against the upper limit
 * and down against the lower one. Each factor has expectation at most 1 while the mean is within the limits, so that the mean
 * of all M reaches A on average at most once in A windows.
 *
 * @param values independent observations in [0, 1] of one window; none of them changes nothing
 * @see Shin, Ramdas & Rinaldo, "E-detectors" (NEJSDS 2024)
 */
export function addMeanEvidence(
  evidence: MeanEvidence,
  values: readonly number[],
  { low, high }: MeanLimits,
): MeanEvidence {
  if (values.length === 0) return evidence;
  return [
    STAKES.map((share, index) => stepped(evidence[0]?.[index], values, { limit: high, share, isUp: true })),
    STAKES.map((share, index) => stepped(evidence[1]?.[index], values, { limit: low, share, isUp: false })),
  ];
}

/** log of the evidence averaged over stakes and both directions; -∞ at the start. */
export function logMeanEvidence(evidence: MeanEvidence): number {
  return logMean(evidence.flat());
}

function stepped(
  before: number | undefined,
  values: readonly number[],
  { limit, share, isUp }: { limit: number; share: number; isUp: boolean },
): number {
  // Of a downward bet everything is mirrored at ½.
  const m = isUp ? limit : 1 - limit;
  const stake = share / m;
  let log = before === undefined ? 0 : softplus(before);
  for (const value of values) log += Math.log1p(stake * ((isUp ? value : 1 - value) - m));
  return log;
}
