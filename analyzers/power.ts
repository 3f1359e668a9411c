import { GRID_GAMMA, GRID_ONE } from '../core/grid.ts';
import type { Histogram, SignalSummary } from '../core/summary.ts';
import { kindOf, type Sample } from './drift/sample.ts';
import { normalIsf } from './stats/normal.ts';
import { stepStream } from './stream.ts';
import { DEFAULT_STREAM_OPTIONS } from './stream-options.ts';
import { baselineState } from './stream-state.ts';

export interface PowerQuestion {
  readonly signal: string;
  readonly baseline: Sample;
  /** Of a rate: the difference, as a share; of a number: the relative change of every value. */
  readonly change: number;
  readonly rowsPerWindow: number;
  /** False alarms that the signal may give per window (budget.ts). */
  readonly level: number;
}

export interface PowerAnswer {
  /** Windows with the change until it is called, in the middling case. */
  readonly windows: number;
  readonly rows: number;
  /** Rows that one comparison of this level would need, by the formula; null for a number. */
  readonly rowsOfOneLook: number | null;
}

/** A change that is not seen within so many windows is not seen. */
const WINDOWS_MAX = 1_000;
/** Spreads the places of a window's rows evenly, and every window's otherwise. */
const GOLDEN = 0.618_033_988_749_895;

/**
 * How long the real detector takes for a change, run over windows that hold just what is expected: the median within a
 * factor of two, and late rather than early, since chance helps a change that is nearly seen (the test holds it against draws). Null if the change would not be called, because it is too small to matter or hides in
 * the uncertainty of the baseline.
 */
export function windowsToSee(question: PowerQuestion): PowerAnswer | null {
  const { signal, baseline, change, rowsPerWindow, level } = question;
  const isRate = kindOf(baseline) === 'rate';
  const windowOf = isRate ? rateWindows(baseline, change) : numberWindows(baseline, change);
  const { count, sum, bins } = baseline;
  const start = new Map<string, SignalSummary>([
    [signal, { count, sum, sumSquares: 0, bins: new Map(bins) }],
  ]);
  const options = { ...DEFAULT_STREAM_OPTIONS, windowsPerFalseAlarm: 1 / level, acceptAfterWindows: 0 };
  let state = baselineState(start, 'baseline');
  for (let windows = 1; windows <= WINDOWS_MAX; windows++) {
    const at = { since: new Date(windows - 1), until: new Date(windows), rows: rowsPerWindow };
    const summaries = new Map([[signal, windowOf(windows - 1, rowsPerWindow)]]);
    const step = stepStream(state, summaries, at, options);
    if (step.findings.some(({ outcome }) => outcome === 'alarm')) {
      const rowsOfOneLook = isRate ? rowsOfComparison(sum / count, change, level) : null;
      return { windows, rows: windows * rowsPerWindow, rowsOfOneLook };
    }
    state = step.state;
  }
  return null;
}

/**
 * Rows on each side with which a two-sided comparison of shares sees a difference four times in five (methods §4.4).
 *
 * @see Fleiss, Levin & Paik, "Statistical Methods for Rates and Proportions" (2003), formula 4.14
 */
export function rowsOfComparison(share: number, difference: number, level: number): number {
  const after = Math.min(1, Math.max(0, share + difference));
  const middle = (share + after) / 2;
  const alpha = normalIsf(level / 2);
  const power = normalIsf(0.2);
  const root =
    alpha * Math.sqrt(2 * middle * (1 - middle)) +
    power * Math.sqrt(share * (1 - share) + after * (1 - after));
  return Math.ceil((root / (after - share)) ** 2);
}

type WindowOf = (window: number, rows: number) => SignalSummary;

function rateWindows({ count, sum }: Sample, change: number): WindowOf {
  const share = Math.min(1, Math.max(0, sum / count + change));
  return (window, rows) => {
    // Rounded over all windows, so that no share is lost.
    const ones = Math.round((window + 1) * rows * share) - Math.round(window * rows * share);
    return {
      count: rows,
      sum: ones,
      sumSquares: ones,
      bins: binsOf([
        [0, rows - ones],
        [GRID_ONE, ones],
      ]),
    };
  };
}

function numberWindows({ bins, count, sum }: Sample, change: number): WindowOf {
  return (window, rows) => {
    const drawn = Array.from({ length: rows }, (_, row) => {
      const place = (row + ((window * GOLDEN) % 1)) / rows;
      return shiftBin(binAt(bins, place * count), change);
    });
    const counts = drawn.map((bin): [number, number] => [bin, 1]);
    const mean = (sum / count) * (1 + change);
    return { count: rows, sum: rows * mean, sumSquares: 0, bins: binsOf(counts) };
  };
}

/** Bin of a value of the bin, made larger by a share of itself: the grid is one of logarithms. */
export function shiftBin(bin: number, change: number): number {
  if (bin === 0) return 0;
  return bin + Math.sign(bin) * Math.round(Math.log1p(change) / Math.log(GRID_GAMMA));
}

function binAt(bins: Histogram, rank: number): number {
  let seen = 0;
  for (const [bin, rows] of bins) {
    seen += rows;
    if (seen > rank) return bin;
  }
  return bins.at(-1)?.[0] ?? 0;
}

function binsOf(counts: readonly (readonly [number, number])[]): Map<number, number> {
  const bins = new Map<number, number>();
  for (const [bin, rows] of counts) if (rows > 0) bins.set(bin, (bins.get(bin) ?? 0) + rows);
  return bins;
}
