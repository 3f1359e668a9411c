import type { AlertRule } from '../core/alert-rule.ts';
import type { Finding, StreamKey } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { compareSeverity, type Severity } from '../core/severity.ts';
import type { Observation } from './episode.ts';
import { isSameQuestion, leadingAlarm } from './incident-of.ts';
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
 * What the findings of one window say about one aspect. An alarm counts that a rule is about, with as many inferences and as
 * much evidence as that rule asks for; the worst of them, and of equals the clearest, decides which rule governs. What no rule wants says nothing, and
 * keeps nothing from being heard.
 *
 * @param findings of one stream, aspect and window; not empty
 * @param incident that is open there, if any
 */
export function observe(
  findings: readonly Finding[],
  incident: Incident | null,
  { rules, severityOf }: ObserveOptions,
): Observed {
  const counted = findings.flatMap((finding) => {
    if (finding.outcome !== 'alarm') return [];
    const rule = rules.ruleFor({ ...finding, severity: severityOf(finding) });
    return rule?.isOn && isEnough(finding, rule) ? [{ finding, rule }] : [];
  });
  const leading = leadingAlarm(counted.map(({ finding }) => finding));
  const first = counted.find(({ finding }) => finding === leading);
  const rule = first?.rule ?? (incident && governing(incident, rules));
  if (incident?.signals.every((signal) => hasBecomeBaseline(findings, signal)))
    return { observation: { kind: 'accepted' }, rule };
  if (first) {
    const alarms = counted.filter((one) => one.rule === first.rule).map(({ finding }) => finding);
    const severity = first.rule.severity ?? alarms.map(severityOf).reduce(moreUrgent);
    return { observation: { kind: 'alarm', alarms, severity }, rule };
  }
  const off = incident === null ? switchedOff(findings, { rules, severityOf }) : null;
  if (off) return off;
  const isQuiet = rule !== null && findings.some((finding) => isWithout(finding, incident, rule));
  if (isQuiet) return { observation: { kind: 'quiet' }, rule };
  return {
    observation: { kind: findings.some(isMeasured(incident, rule)) ? 'hold' : 'not_enough_data' },
    rule,
  };
}

/** An alarm that would open an incident, if its rule were not off: the step says so. */
function switchedOff(findings: readonly Finding[], { rules, severityOf }: ObserveOptions): Observed | null {
  const alarm = findings.find(({ outcome }) => outcome === 'alarm');
  const severity = alarm && severityOf(alarm);
  const rule = alarm && severity && rules.ruleFor({ ...alarm, severity });
  if (!rule || rule.isOn) return null;
  return { observation: { kind: 'alarm', alarms: [alarm], severity }, rule };
}

const isEnough = ({ samples, evidence }: Finding, rule: AlertRule): boolean =>
  samples.current >= rule.samplesMin && evidence >= rule.evidenceMin;

/** A signal of the incident was looked at, on enough inferences, whatever was asked of it. */
const isMeasured =
  (incident: Incident | null, rule: AlertRule | null) =>
  ({ signal, outcome, samples }: Finding): boolean =>
    outcome !== 'not_enough_data' &&
    samples.current >= (rule?.samplesMin ?? 0) &&
    (incident === null || incident.signals.includes(signal));

/** Looked at, on enough inferences, and without the change of the incident. */
function isWithout(finding: Finding, incident: Incident | null, rule: AlertRule): boolean {
  const { outcome, samples, evidence, signal, detector } = finding;
  if (outcome !== 'quiet' || samples.current < rule.samplesMin || evidence >= rule.recoverEvidence)
    return false;
  return incident === null || (incident.signals.includes(signal) && isSameQuestion(incident, detector));
}

/** The rule of an incident: the one it opened by, or the first that matches it now. */
export const governing = (incident: Incident, rules: Rules): AlertRule | null =>
  rules.named(incident.rule) ?? rules.ruleFor(incident);

const hasBecomeBaseline = (findings: readonly Finding[], signal: string): boolean =>
  findings.some((finding) => finding.signal === signal && finding.becameBaseline);

const moreUrgent = (a: Severity, b: Severity): Severity => (compareSeverity(a, b) >= 0 ? a : b);
