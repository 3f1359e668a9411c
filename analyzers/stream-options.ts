import { ROW_WINDOWS_PER_FALSE_ALARM } from './budget.ts';
import { DEFAULT_DETECTOR_OPTIONS, type DetectorOptions } from './drift/options.ts';

export interface StreamOptions {
  /** Rows that make a baseline. */
  readonly baselineRowsMin: number;
  /** With this many rows a sparse signal (a score that few calls get) is frozen with the others. */
  readonly signalRowsMin: number;
  /**
   * Windows of time: hours of the week differ, and so do windows beyond their rows; the baseline matures for four
   * weeks. Windows of rows differ by their rows alone.
   */
  readonly isTimed: boolean;
  /** Windows between two false incidents of this stream, where no `levelOf` says otherwise. */
  readonly windowsPerFalseAlarm: number;
  /** False alarms per window that a signal of this stream may give, on average (budget.ts). */
  readonly levelOf?: (signal: string) => number;
  /**
   * What all signals together said of the window before, as a multiple of what an alarm needs, where that is 1 or more and names
   * this signal (page-evidence.ts); else 0. Without it each signal speaks for itself alone.
   */
  readonly togetherOf?: (signal: string) => number;
  /** Chance of calling any difference between a declared version and its predecessor when there is none: this stream's part of it. */
  readonly familyWise: number;
  /** Rows of a declared version at which it is compared; ascending, each with an equal part of `familyWise`. */
  readonly looks: readonly number[];
  /** Windows without an alarm after which the baseline is taken anew from them; 0 for a fixed baseline. */
  readonly baselineRefreshWindows: number;
  /** Windows that a change stands before it is accepted as the new baseline; 0 for never. */
  readonly acceptAfterWindows: number;
  readonly detector: DetectorOptions;
}

export const DEFAULT_STREAM_OPTIONS: StreamOptions = {
  // The limits put on a baseline of 500 rows cost about as much as the tolerance; more rows gain little.
  baselineRowsMin: 500,
  signalRowsMin: 100,
  isTimed: false,
  windowsPerFalseAlarm: ROW_WINDOWS_PER_FALSE_ALARM,
  familyWise: 0.01,
  looks: [50, 100, 200, 400, 800],
  // A baseline that moves by itself swallows a slow drift, so it moves only when asked to.
  baselineRefreshWindows: 0,
  // Long enough that a person has seen the incident, short enough that the next change is not hidden behind it.
  acceptAfterWindows: 500,
  detector: DEFAULT_DETECTOR_OPTIONS,
};
