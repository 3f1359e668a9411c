import { createHash } from 'node:crypto';
import type { Finding, StreamKey } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { SIGNALS, signalSpec } from '../core/signals.ts';

export interface IncidentOptions {
  /** Windows in a row without the change before an incident closes. */
  readonly quietWindowsToClose: number;
}

export const DEFAULT_INCIDENT_OPTIONS: IncidentOptions = {
  // As many as the detector needs to start again: closing sooner would open the next incident on the same change.
  quietWindowsToClose: 3,
};

export type IncidentReason =
  | 'opened'
  | 'joined'
  | 'updated'
  | 'recovering'
  | 'relapsed'
  | 'recovered'
  | 'accepted'
  | 'hold';

/** An incident that this window touched, and why. */
export interface IncidentChange {
  readonly incident: Incident;
  readonly reason: IncidentReason;
}

/** What one window of one stream brings. */
export interface IncidentWindow {
  readonly until: Date;
  readonly observations: readonly Finding[];
  /** Signals whose changed level has become the new baseline in this window. */
  readonly accepted?: readonly string[];
}

/**
 * One incident per aspect and stream, after one window. Pure; closed incidents are not looked at.
 *
 * 1. No incident and an alarm: it opens.
 * 2. An incident and an alarm of its aspect: it is updated; another signal joins it.
 * 3. An incident, no alarm, and one of its signals seen without the change: it recovers, and closes after
 *    `quietWindowsToClose` such windows in a row.
 * 4. An incident and nothing seen of its signals (no rows, not enough data): it is held as it is.
 * 5. The change was accepted as the new baseline for all its signals: it closes, and says so.
 *
 * @param open the stream's incidents that are not closed
 */
export function stepIncidents(
  open: readonly Incident[],
  window: IncidentWindow,
  options: IncidentOptions = DEFAULT_INCIDENT_OPTIONS,
): IncidentChange[] {
  const byAspect = new Map<string, Finding[]>();
  for (const observation of window.observations) {
    const { aspect } = signalSpec(observation.signal);
    byAspect.set(aspect, [...(byAspect.get(aspect) ?? []), observation]);
  }
  const standing = new Map(open.filter(({ state }) => state !== 'closed').map((one) => [one.aspect, one]));
  const aspects = new Set([...standing.keys(), ...byAspect.keys()]);
  return [...aspects].flatMap((aspect) => {
    const incident = standing.get(aspect);
    const observations = byAspect.get(aspect) ?? [];
    const alarms = observations.filter(({ outcome }) => outcome === 'alarm');
    if (incident) return [stepOne(incident, { observations, alarms, window, options })];
    return alarms.length > 0
      ? [{ incident: openIncident(aspect, alarms, window), reason: 'opened' as const }]
      : [];
  });
}

interface Step {
  readonly observations: readonly Finding[];
  readonly alarms: readonly Finding[];
  readonly window: IncidentWindow;
  readonly options: IncidentOptions;
}

function stepOne(incident: Incident, { observations, alarms, window, options }: Step): IncidentChange {
  const until = window.until;
  if (incident.signals.every((signal) => window.accepted?.includes(signal))) {
    return {
      incident: { ...incident, state: 'closed', closedAt: until, updatedAt: until },
      reason: 'accepted',
    };
  }
  if (alarms.length > 0) {
    const signals = ordered([...incident.signals, ...alarms.map(({ signal }) => signal)]);
    // What a version changed stays shown while it also drifts from itself.
    const same = alarms.filter(({ detector }) => isSameQuestion(incident, detector));
    const shown = same.length > 0 ? shownBy(same, signals) : incident;
    const updated = { ...incident, ...shown, updatedAt: until, signals, quietWindows: 0 };
    const evidence = Math.max(incident.evidence, updated.evidence);
    const reason =
      incident.state === 'recovering'
        ? 'relapsed'
        : signals.length > incident.signals.length
          ? 'joined'
          : 'updated';
    return { incident: { ...updated, state: 'open', evidence, since: incident.since }, reason };
  }
  const isSeen = observations.some(
    ({ signal, outcome, detector }) =>
      outcome === 'quiet' && incident.signals.includes(signal) && isSameQuestion(incident, detector),
  );
  if (!isSeen) return { incident, reason: 'hold' };
  const quietWindows = incident.quietWindows + 1;
  if (quietWindows < options.quietWindowsToClose) {
    return {
      incident: { ...incident, state: 'recovering', updatedAt: until, quietWindows },
      reason: 'recovering',
    };
  }
  return {
    incident: { ...incident, state: 'closed', updatedAt: until, closedAt: until, quietWindows },
    reason: 'recovered',
  };
}

/** A version that differs from its predecessor has not recovered because it resembles itself. */
function isSameQuestion(incident: Incident, detector: Finding['detector']): boolean {
  return (incident.detector === 'version_comparison') === (detector === 'version_comparison');
}

function openIncident(aspect: string, alarms: readonly Finding[], { until }: IncidentWindow): Incident {
  const signals = ordered(alarms.map(({ signal }) => signal));
  const [first] = alarms;
  if (!first) throw new Error('an incident opens on an alarm');
  const { project, model, version, segment } = first;
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
    state: 'open',
    openedAt: until,
    updatedAt: until,
    closedAt: null,
    quietWindows: 0,
    seenAt: until,
    rule: '',
    severity: 'warning',
    labels: {},
    condition: 'measured',
    conditionSince: until,
    reopenings: 0,
    acknowledged: null,
    mutedBy: '',
  };
}

/** What the incident says of the change: by its naming signal, if that alarms, else by the clearest alarm. */
function shownBy(alarms: readonly Finding[], signals: readonly string[]) {
  const clearest = alarms.toSorted((a, b) => b.evidence - a.evidence);
  const shown = alarms.find(({ signal }) => signal === signals[0]) ?? clearest[0];
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
  };
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
