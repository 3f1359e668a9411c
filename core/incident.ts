import type { CategoryShare, Direction, Effect, Family, Finding, StreamKey, Verdict } from './finding.ts';
import type { Severity } from './severity.ts';
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
  readonly detector: Finding['detector'];
  /** With a declared version change: the version it is compared with; empty otherwise. */
  readonly baselineVersion: string;
  /**
   * `pending`: not yet for as long as its rule asks, and shown to nobody; it becomes `open` or is `dropped`. `recovering`:
   * seen without the change, not yet often enough to close.
   */
  readonly state: 'pending' | 'open' | 'recovering' | 'closed' | 'dropped';
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
  /** Of a mix: the categories that explain its change, the first the most. */
  readonly shares?: readonly CategoryShare[];
  /** Windows in a row without the change; the incident closes after a set number of them. */
  readonly quietWindows: number;
  /** End of the last window with the change. */
  readonly seenAt: Date;
  /** Name of the rule that governs it (core/alert-rule.ts). */
  readonly rule: string;
  readonly severity: Severity;
  /** Of the rule, and of nothing else. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the last window could say anything, and since when that is so. Only `measured` moves an incident on. */
  readonly condition: 'measured' | 'not_enough_data' | 'no_data' | 'error';
  readonly conditionSince: Date;
  /** Episodes of the same stream and aspect that closed in the day before this one opened. */
  readonly reopenings: number;
  /** Who has taken it on; null: nobody yet. */
  readonly acknowledged: { readonly by: string; readonly at: Date; readonly comment: string } | null;
  /** Id of the incident that speaks for this one, because one cause explains both; empty if none does. */
  readonly mutedBy: string;
  /** What it speaks for: what else changed with it, the worst first. At most 50. */
  readonly speaksFor: readonly SpokenFor[];
  /** Length of the window that opened it: how exactly its start is known. */
  readonly windowMs: number;
  /** What probably did it, in words; empty until that is known. */
  readonly cause: string;
}

/** An incident that another one speaks for. */
export interface SpokenFor {
  readonly id: string;
  readonly aspect: string;
  readonly signal: string;
  readonly segment: string;
  readonly verdict: Verdict;
  /** What changed, without model and numbers: `responses are 99 % shorter`. */
  readonly change: string;
}
