import type { AlertRule, BlindPolicy } from '../../core/alert-rule.ts';
import type { Finding, StreamKey } from '../../core/finding.ts';
import type { Severity } from '../../core/severity.ts';
import { isLike } from '../../core/silence.ts';
import type { ReceiverSettings } from '../receivers/settings.ts';

/** What a file of rules says; in the order in which rules are asked. */
export interface RuleSet {
  readonly rules: readonly AlertRule[];
  readonly receivers: readonly ReceiverSettings[];
}

/** What a rule looks at: a finding, or an incident, with the severity of the change itself (alerts/severity.ts). */
export type Matchable = StreamKey &
  Pick<Finding, 'signal' | 'family' | 'verdict'> & { readonly severity: Severity };

/** The first rule that is about it, which governs its incident; null: no incident is opened. */
export function ruleFor(rules: readonly AlertRule[], found: Matchable): AlertRule | null {
  return rules.find((rule) => isAbout(rule, found)) ?? null;
}

function isAbout({ match }: AlertRule, found: Matchable): boolean {
  return (
    isAboutStream(match, found) &&
    isAmong(match.families, found.family) &&
    isAmong(match.verdicts, found.verdict) &&
    isAmong(match.severities, found.severity) &&
    isAnyOf(match.signals, found.signal)
  );
}

function isAboutStream(match: AlertRule['match'], key: StreamKey): boolean {
  return (
    isAnyOf(match.projects, key.project) &&
    isAnyOf(match.models, key.model) &&
    isAnyOf(match.versions, key.version) &&
    isAnyOf(match.segments, key.segment)
  );
}

/**
 * The rule of a stream that can no longer be judged and has no incident: the first that is about the stream and whose
 * policy is `alert`; null: nothing is opened.
 */
export function blindRuleFor(
  rules: readonly AlertRule[],
  key: StreamKey,
  condition: 'noData' | 'error',
): (AlertRule & Readonly<Record<typeof condition, BlindPolicy>>) | null {
  return (
    rules.find((rule) => rule.isOn && rule[condition].policy === 'alert' && isAboutStream(rule.match, key)) ??
    null
  );
}

const isAmong = <T>(values: readonly T[], value: T | null): boolean =>
  values.length === 0 || (value !== null && values.includes(value));

const isAnyOf = (patterns: readonly string[], text: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => isLike(text, pattern));
