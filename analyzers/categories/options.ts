/** How large a change of mix must be to matter, and how careful its detector is with a finite reference. */
export interface CategoryOptions {
  /** Windows of time: the hours of a day differ, and the reference matures for four weeks. */
  readonly isTimed: boolean;
  /** Rows that make a reference. */
  readonly referenceRowsMin: number;
  /** Windows that make one: how much they vary by themselves is learned from them. */
  readonly referenceWindowsMin: number;
  /** Cramér's V of a change that matters. */
  readonly cramersVMin: number;
  /** Share of inferences that moved to another category, at least. */
  readonly movedShareMin: number;
  /** Rows below which no change is called, however clear. */
  readonly currentRowsMin: number;
  /** Rows that the last windows must hold together to say that a change is over. */
  readonly recoveryRowsMin: number;
  /** Windows without the change before the detector starts again. */
  readonly recoveryWindows: number;
  /** Windows that a change stands before it is the new reference; 0 for never. */
  readonly acceptAfterWindows: number;
  /** Standard normal quantile of the one-sided limit put on what is estimated from the reference. */
  readonly limitZ: number;
  /** Drift of a share that is still called the same, in log-odds. */
  readonly logOddsTolerance: number;
  /** The same in windows of time until a day has been seen, and until a week has: what hours and weekends move a share by. */
  readonly logOddsToleranceBeforeDay: number;
  readonly logOddsToleranceBeforeWeek: number;
}

export const DEFAULT_CATEGORY_OPTIONS: CategoryOptions = {
  isTimed: false,
  // As for the other signals (stream.ts): below it the limits cost more than the change is worth.
  referenceRowsMin: 500,
  // With fewer, the variance between windows is known to no better than a factor of two.
  referenceWindowsMin: 5,
  // Half of what Cohen (1988) calls small: one inference in ten that moved between two equal categories.
  cramersVMin: 0.05,
  // What a person reads as a difference between two columns of shares.
  movedShareMin: 0.02,
  currentRowsMin: 10,
  recoveryRowsMin: 50,
  recoveryWindows: 3,
  // As for the other signals: long enough to be seen, short enough that the next change is not hidden behind it.
  acceptAfterWindows: 500,
  // One-sided 5 %, for limits that are cross-fitted and so have no optimism to make up for.
  limitZ: 1.645,
  // A twentieth of the odds: ordinary wandering never adds up to evidence.
  logOddsTolerance: 0.05,
  // From the depth of a night to noon a share may well become four times as large.
  logOddsToleranceBeforeDay: 1.5,
  logOddsToleranceBeforeWeek: 0.5,
};
