import type { Direction, Effect, Family, StreamKey, Verdict } from './finding.ts';
import type { Histogram } from './summary.ts';

export type { Histogram };

/**
 * An episode in which one aspect of one stream differs from its baseline. Signals that measure the same aspect
 * share the incident; the first of them in the registry names it.
 */
export interface Incident extends StreamKey {
  /** Made from the stream, the aspect and the opening window: the same after a replay or a restart. */
  readonly id: string;
  readonly aspect: string;
  /** The signal that names the incident. */
  readonly signal: string;
  /** Every signal of the aspect that has alarmed, the naming one first. */
  readonly signals: readonly string[];
  readonly family: Family;
  readonly direction: Direction;
  readonly verdict: Verdict;
  readonly detector: 'rate' | 'continuous' | 'version_comparison';
  /** With a declared version change: the version it is compared with; empty otherwise. */
  readonly baselineVersion: string;
  readonly state: 'open' | 'recovering' | 'closed';
  /** Start of the change as far as is known: start of the first window whose evidence counts. */
  readonly since: Date;
  /** End of the window that opened it. */
  readonly openedAt: Date;
  readonly updatedAt: Date;
  readonly closedAt: Date | null;
  /** Mean for a rate, median otherwise, in the signal's unit. */
  readonly before: number;
  readonly after: number;
  readonly effect: Effect;
  /** Multiple of what an alarm needs, at its largest. */
  readonly evidence: number;
  readonly samples: { readonly baseline: number; readonly current: number };
  readonly histograms: { readonly before: Histogram; readonly after: Histogram };
  /** Windows in a row without the change; the incident closes after a set number of them. */
  readonly quietWindows: number;
}
