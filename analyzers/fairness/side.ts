import { logMean, softplus } from '../log-space.ts';
import { addMatched, type Matched } from './gap.ts';

/** Evidence that a group lies on one side of the rest, beyond the tolerance. JSON. */
export interface SideWatch {
  /** log M per size of bet; [] before the first window. */
  readonly evidence: readonly number[];
  /** Sum of what a middling bet won since it last had nothing: above 0 while the windows speak for this side. */
  readonly gain: number;
  /** The windows since then: where the disparity began. */
  readonly run: Matched;
  readonly since: string;
}

/** Index of the bet that the run is told by: 35 % more odds than the tolerance. */
const RUN_BET = 1;

/**
 * One step of the Shiryaev–Roberts e-detector, M ← (1 + M) L, in logs, and of the run beside it. The mean of M over time t is
 * at most t while the group is within the tolerance, so M ≥ A comes on average at most once in A windows.
 *
 * @param logBets log L per size of bet, already divided by the design effect
 * @see Shin, Ramdas & Rinaldo, "E-detectors" (NEJSDS 2024); Page's cumulative sum (1954) for the run
 */
export function stepSide(
  watch: SideWatch | null,
  logBets: readonly number[],
  window: { readonly matched: Matched; readonly since: Date },
): SideWatch {
  const evidence = logBets.map((logL, index) => {
    const before = watch?.evidence[index];
    return logL + (before === undefined ? 0 : softplus(before));
  });
  const goesOn = watch !== null && watch.gain > 0;
  const gain = (goesOn ? watch.gain : 0) + (logBets[RUN_BET] ?? 0);
  return {
    evidence,
    gain,
    run: goesOn ? addMatched(watch.run, window.matched) : window.matched,
    since: goesOn ? watch.since : window.since.toISOString(),
  };
}

/** log of the evidence, averaged over the sizes of bets. */
export function logEvidenceOf({ evidence }: SideWatch): number {
  return logMean(evidence);
}
