import type { Family, Verdict } from './finding.ts';
import type { Severity } from './severity.ts';

/** Which findings a rule is about. An empty list means any; patterns may hold `*` for any characters. */
export interface RuleMatch {
  readonly families: readonly Family[];
  readonly verdicts: readonly Verdict[];
  /** Of the change itself (alerts/severity.ts), before the rule says otherwise. */
  readonly severities: readonly Severity[];
  readonly projects: readonly string[];
  readonly models: readonly string[];
  readonly versions: readonly string[];
  /** `region=eu`, `tier=*`; an empty pattern is a stream's whole. */
  readonly segments: readonly string[];
  readonly signals: readonly string[];
}

/**
 * What is done when a stream that a rule is about can no longer be judged. None of them ends an incident. `hold`: it
 * stays as it is, and says so; `tell`: and who was told of it is told that too; `alert`: and an incident of its own
 * opens if there was none.
 */
export interface BlindPolicy {
  readonly policy: 'hold' | 'tell' | 'alert';
  /** How long it must last, in event time. */
  readonly afterMs: number;
}

/** One rule; the first one that matches a finding governs its incident. Durations are in event time. */
export interface AlertRule {
  readonly name: string;
  readonly match: RuleMatch;
  /** Null: the severity of the change itself. */
  readonly severity: Severity | null;
  /** False: what it matches opens no incident at all. */
  readonly isOn: boolean;
  /** How long a change must stand before its incident opens; 0: at once. */
  readonly forMs: number;
  /** Multiple of what an alarm needs from which a window counts; at least 1. */
  readonly evidenceMin: number;
  /** A quiet window counts towards closing only below this evidence (hysteresis); Infinity: every quiet one does. */
  readonly recoverEvidence: number;
  /** Windows in a row without the change before an incident closes; at least 1. */
  readonly recoverWindows: number;
  /** Time since the last window with the change before an incident may close. */
  readonly keepOpenMs: number;
  /** Inferences of a window below which it says nothing. */
  readonly samplesMin: number;
  /** No inferences arrive. */
  readonly noData: BlindPolicy;
  /** Inferences arrive, and nothing judges them. */
  readonly error: BlindPolicy;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of receivers; null: all. */
  readonly receivers: readonly string[] | null;
  /** Time between reminders while it is open; null: none. */
  readonly repeatMs: number | null;
  /** Page that says what to do: an address, or the name of one of docs/runbooks. */
  readonly runbook: string;
}
