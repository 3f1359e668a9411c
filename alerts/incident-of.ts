import { createHash } from 'node:crypto';
import type { AlertRule } from '../core/alert-rule.ts';
import type { Finding, StreamKey } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { compareSeverity, type Severity } from '../core/severity.ts';
import { aspectOf, SIGNALS } from '../core/signals.ts';
import { compareVerdicts } from '../core/verdict.ts';

/** What governs an incident that opens, and what was before it. */
export interface Opening {
  readonly until: Date;
  readonly rule: AlertRule;
  readonly severity: Severity;
  readonly reopenings: number;
}

/** The incident that alarms of one aspect and window open; `pending` if its rule asks for more. */
export function incidentOf(
  alarms: readonly Finding[],
  { until, rule, severity, reopenings }: Opening,
): Incident {
  const [first] = alarms;
  if (!first) throw new Error('an incident opens on an alarm');
  const signals = ordered(alarms.map(({ signal }) => signal));
  const { project, model, version, segment } = first;
  const aspect = aspectOf(first.signal);
  return {
    id: incidentId({ project, model, version, segment }, aspect, until),
    project,
    model,
    version,
    segment,
    aspect,
    signals,
    ...shownBy(alarms, signals),
    since: new Date(Math.min(...alarms.map(({ changedSince }) => changedSince.getTime()))),
    state: rule.forMs > 0 ? 'pending' : 'open',
    openedAt: until,
    updatedAt: until,
    closedAt: null,
    quietWindows: 0,
    seenAt: until,
    rule: rule.name,
    severity,
    labels: rule.labels,
    condition: 'measured',
    conditionSince: until,
    reopenings,
    acknowledged: null,
    mutedBy: '',
    speaksFor: [],
    windowMs: Math.max(...alarms.map(({ since, until: end }) => end.getTime() - since.getTime())),
    cause: '',
  };
}

/** The incident after another window with the change; its severity only rises. */
export function withAlarms(
  incident: Incident,
  alarms: readonly Finding[],
  { until, rule, severity }: Omit<Opening, 'reopenings'>,
): Incident {
  const signals = ordered([...incident.signals, ...alarms.map(({ signal }) => signal)]);
  // What a version changed stays shown while it also drifts from itself.
  const same = alarms.filter(({ detector }) => isSameQuestion(incident, detector));
  const shown = same.length > 0 ? shownBy(same, signals) : incident;
  return {
    ...incident,
    ...shown,
    signals,
    evidence: Math.max(incident.evidence, shown.evidence),
    rule: rule.name,
    labels: rule.labels,
    severity: compareSeverity(severity, incident.severity) > 0 ? severity : incident.severity,
    updatedAt: until,
    seenAt: until,
    quietWindows: 0,
  };
}

/** A version that differs from its predecessor has not recovered because it resembles itself. */
export function isSameQuestion(incident: Incident, detector: Finding['detector']): boolean {
  return (incident.detector === 'version_comparison') === (detector === 'version_comparison');
}

/** What the incident says of the change: the worst of it, by its naming signal, if that alarms so, else by the clearest alarm. */
function shownBy(alarms: readonly Finding[], signals: readonly string[]) {
  const worst = leadingAlarm(alarms);
  const naming = alarms.find(({ signal, verdict }) => signal === signals[0] && verdict === worst?.verdict);
  const shown = naming ?? worst;
  if (!shown?.direction || !shown.verdict || !shown.effect) throw new Error('an alarm says what changed');
  return {
    signal: shown.signal,
    family: shown.family,
    direction: shown.direction,
    verdict: shown.verdict,
    detector: shown.detector,
    baselineVersion: shown.baselineVersion,
    before: shown.before ?? 0,
    after: shown.after ?? 0,
    effect: shown.effect,
    evidence: Math.max(...alarms.map(({ evidence }) => evidence)),
    samples: shown.samples,
    histograms: shown.histograms,
    ...(shown.shares ? { shares: shown.shares } : {}),
  };
}

/** The worst alarm, and of equals the one with the most evidence. */
export function leadingAlarm(alarms: readonly Finding[]): Finding | undefined {
  return alarms.toSorted(
    (a, b) => compareVerdicts(b.verdict ?? 'change', a.verdict ?? 'change') || b.evidence - a.evidence,
  )[0];
}

const ORDER: ReadonlyMap<string, number> = new Map(SIGNALS.map(({ name }, index) => [name, index]));

/** Without repeats, in the order of the registry; scores keep theirs. */
function ordered(signals: readonly string[]): string[] {
  const rank = (name: string) => ORDER.get(name) ?? SIGNALS.length;
  return [...new Set(signals)].sort((a, b) => rank(a) - rank(b));
}

/** 128 bits of a hash: the same incident after a replay or a restart has the same id. */
function incidentId(key: StreamKey, aspect: string, openedAt: Date): string {
  const parts = [key.project, key.model, key.version, key.segment, aspect, openedAt.toISOString()];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
