/** How large a change must be to matter, and how careful the detectors are with a finite baseline. */
export interface DetectorOptions {
  /** Cliff's δ of a continuous signal: a current value beats a baseline one 57.5 % of the time. */
  readonly deltaMin: number;
  /** KS distance of a change of shape. */
  readonly ksDistanceMin: number;
  /** Rate, or one minus it, whichever moved more: the larger over the smaller. */
  readonly rateRatioMin: number;
  /** Difference of rates, as a share. */
  readonly rateDifferenceMin: number;
  /** Rise of the share in an outer 5 % tail: the tail must at least double, and by this share. */
  readonly tailRatioMin: number;
  readonly tailDifferenceMin: number;
  /** Drift of a mean rank that is still called the same; in units of u, where δ = 2ū − 1. */
  readonly rankTolerance: number;
  /** Drift of a rate that is still called the same, in log-odds: about a tenth of a small rate. */
  readonly logOddsTolerance: number;
  /** Standard normal quantile of the one-sided limit put on everything estimated from the baseline. */
  readonly baselineLimitZ: number;
  /** Rows below which no change is called, however clear: people do not believe a handful. */
  readonly currentRowsMin: number;
  /** Rows that the last windows must hold together to say that a change is over. */
  readonly recoveryRowsMin: number;
  /** Windows without the change before the detector starts again. */
  readonly recoveryWindows: number;
}

export const DEFAULT_DETECTOR_OPTIONS: DetectorOptions = {
  // Between "negligible" (.147) and "small" of Romano et al. (2006).
  deltaMin: 0.15,
  // A tenth of the rows moved: what a person sees in two histograms laid over each other.
  ksDistanceMin: 0.1,
  // One failure in four more than before, and at least one call in 200.
  rateRatioMin: 1.25,
  rateDifferenceMin: 0.005,
  // A tail is small, and noise moves it: a doubling is what an operator would call a new tail.
  tailRatioMin: 2,
  tailDifferenceMin: 0.02,
  // A fifth and more of what matters, so ordinary wandering never adds up to evidence.
  rankTolerance: 0.03,
  logOddsTolerance: 0.1,
  // One-sided 1 %; the tolerance takes what lies beyond.
  baselineLimitZ: 2.326,
  currentRowsMin: 10,
  // Half the width of an interval of δ at 50 rows is about .16: enough to tell "back" from "still there".
  recoveryRowsMin: 50,
  recoveryWindows: 3,
};
