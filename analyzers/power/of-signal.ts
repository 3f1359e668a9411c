import { signalSpec } from '../../core/signals.ts';
import { monitorSignal, type Reading, type Watch, watchFrom } from '../drift/monitor-signal.ts';
import { normalIsf } from '../stats/normal.ts';
import { DEFAULT_STREAM_OPTIONS } from '../stream-options.ts';
import { drawnSamples } from './draws.ts';
import { middlingCase, type Outlook, type PowerAnswer } from './outlook.ts';

export interface PowerQuestion {
  readonly signal: string;
  /** As it is stored: its baseline, and what it knows of hours, sessions and windows, are in force. */
  readonly watch: Watch;
  /** Of a rate: the difference, as a share; of a number: the relative change of every value. */
  readonly change: number;
  readonly outlook: Outlook;
  /** False alarms that the signal may give per window (budget.ts). */
  readonly level: number;
  /** Whether what the detector says is told: a monitor may want a larger effect. */
  readonly isTold?: (reading: Reading) => boolean;
}

/**
 * How long the real detector takes for a change: the stored watch is stepped over windows drawn as it has come to know them,
 * first without the change, then with it. The median of real windows lies within a factor of two of it (of-signal.test.ts). What had been
 * added up of late, and a change that stands, are left out: what is asked is how long a change takes that comes by itself. The
 * baseline stays what it is.
 */
export function windowsToSee(question: PowerQuestion): PowerAnswer | null {
  const { signal, watch: stored, change, outlook, level, isTold = () => true } = question;
  const { isTimed, sessionRows } = outlook;
  const { detector: options } = DEFAULT_STREAM_OPTIONS;
  const settings = { spec: signalSpec(signal), level, isTimed, options };
  const before: Watch = { ...watchFrom(stored.baseline, stored.variation), kind: stored.kind };
  return middlingCase(outlook, (random) => {
    let watch = stored.kind === 'rate' ? before : withoutHours(before);
    const sampleOf = drawnSamples(watch, { change, sessionRows, random });
    return (window) => {
      const { since, until, rows } = window;
      const sessions = { ...NO_VALUES, rows, squares: rows * Math.min(rows, sessionRows) };
      const step = monitorSignal(watch, { since, until, sample: sampleOf(window), sessions }, settings);
      watch = step.state;
      return step.reading.outcome === 'alarm' && isTold(step.reading);
    };
  });
}

/** Only the sizes of sessions are looked at: how their rows hang together is known. */
const NO_VALUES = { binSquares: 0, rowsTimesBins: 0 };

/**
 * The hours of a number move all its ranks at once, and what its values are in each is not known: they are taken off both
 * what is expected and what comes.
 */
function withoutHours(watch: Watch): Watch {
  const { variation } = watch;
  if (!variation) return watch;
  const scores = variation.scores.map((score) => ({ ...score, hours: null }));
  return { ...watch, variation: { ...variation, scores } };
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
