import type { AlertRule } from '../core/alert-rule.ts';
import type { Finding, StreamKey } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { compareSeverity, type Severity } from '../core/severity.ts';
import type { Observation } from './episode.ts';
import { clearest, isSameQuestion } from './incident-of.ts';
import { blindRuleFor, type Matchable, ruleFor } from './rules/rule-set.ts';

/** Rules in force. */
export interface Rules {
  /** The first that matches; null if none does. */
  ruleFor(subject: Matchable): AlertRule | null;
  /** Null if there is none of that name any more. */
  named(name: string): AlertRule | null;
  /** The one that wants an incident when a stream can no longer be judged; null if none does. */
  blindRuleFor(stream: StreamKey, condition: 'noData' | 'error'): AlertRule | null;
}

/** A list of rules, to be asked. */
export function rulesOf(rules: readonly AlertRule[]): Rules {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  return {
    ruleFor: (subject) => ruleFor(rules, subject),
    named: (name) => byName.get(name) ?? null,
    blindRuleFor: (stream, condition) => blindRuleFor(rules, stream, condition),
  };
}

export interface ObserveOptions {
  readonly rules: Rules;
  /** Of a change itself, from its verdict and size. */
  readonly severityOf: (finding: Finding) => Severity;
}

export interface Observed {
  readonly observation: Observation;
  readonly rule: AlertRule | null;
}

/**
 * What the findings of one window say about one aspect. The rule is that of the clearest alarm, else the one that
 * governs the incident.
 *
 * @param findings of one stream, aspect and window; not empty
 * @param incident that is open there, if any
 */
export function observe(
  findings: readonly Finding[],
  incident: Incident | null,
  { rules, severityOf }: ObserveOptions,
): Observed {
  const all = findings.filter(({ outcome }) => outcome === 'alarm');
  const first = clearest(all);
  const rule = first
    ? rules.ruleFor({ ...first, severity: severityOf(first) })
    : incident && governing(incident, rules);
  if (incident?.signals.every((signal) => hasBecomeBaseline(findings, signal)))
    return { observation: { kind: 'accepted' }, rule };
  if (!rule) return { observation: { kind: all.length > 0 ? 'quiet' : 'not_enough_data' }, rule };
  const isLarge = ({ samples }: Finding): boolean => samples.current >= rule.samplesMin;
  const alarms = all.filter((finding) => isLarge(finding) && finding.evidence >= rule.evidenceMin);
  if (alarms.length > 0) {
    const severity = rule.severity ?? alarms.map(severityOf).reduce(moreUrgent);
    return { observation: { kind: 'alarm', alarms, severity }, rule };
  }
  const isQuiet = findings.some(
    (finding) =>
      finding.outcome === 'quiet' &&
      isLarge(finding) &&
      finding.evidence < rule.recoverEvidence &&
      (incident === null ||
        (incident.signals.includes(finding.signal) && isSameQuestion(incident, finding.detector))),
  );
  return { observation: { kind: isQuiet ? 'quiet' : 'not_enough_data' }, rule };
}

/** The rule of an incident: the one it opened by, or the first that matches it now. */
export const governing = (incident: Incident, rules: Rules): AlertRule | null =>
  rules.named(incident.rule) ?? rules.ruleFor(incident);

const hasBecomeBaseline = (findings: readonly Finding[], signal: string): boolean =>
  findings.some((finding) => finding.signal === signal && finding.becameBaseline);

const moreUrgent = (a: Severity, b: Severity): Severity => (compareSeverity(a, b) >= 0 ? a : b);
