import type { Rules } from '../../alerts/observe.ts';
import type { AlertRule, BlindPolicy } from '../../core/alert-rule.ts';
import type { Finding } from '../../core/finding.ts';
import type { Incident } from '../../core/incident.ts';
import { PRESENCE_SIGNALS, signalSpec } from '../../core/signals.ts';
import type { Arrival } from '../../sql/queries/arrivals.ts';
import { keyOf } from './alert-book.ts';
import type { ClockObservation } from './turn.ts';

export interface PresenceOptions {
  readonly now: Date;
  readonly rules: Rules;
  /** Those that stand, with their keys. */
  readonly standing: readonly (readonly [key: string, incident: Incident])[];
  /** Time from the end of a window until it is judged, at most, while all is well; null: windows are not of time. */
  readonly judgedWithinMs: number | null;
}

/** Silent for twice its longest silence so far: a stream that sleeps at night is not missed each night. */
const GAPS = 2;
type PresenceSignal = (typeof PRESENCE_SIGNALS)[number];

/**
 * What the clock says of streams: that no inferences arrive, or that they arrive and nothing judges them. It is observed
 * of the stream's standing incidents, which it holds as they are; and, where a rule wants that, of incidents of its own.
 * A stream of which nothing has been seen for weeks is normal.
 */
export function presence(arrivals: readonly Arrival[], options: PresenceOptions): ClockObservation[] {
  const streams = new Map(arrivals.map((arrival) => [streamOf(arrival), arrival]));
  const ofStreams = arrivals.flatMap((arrival) =>
    PRESENCE_SIGNALS.flatMap((signal) => ofStream(arrival, signal, options)),
  );
  const ofIncidents = options.standing.flatMap(([key, incident]) =>
    ofIncident(key, incident, streams.get(streamOf(incident)), options),
  );
  return [...ofStreams, ...ofIncidents];
}

/** Opens an incident where there is none, and lets one that stands recover. */
function ofStream(arrival: Arrival, signal: PresenceSignal, options: PresenceOptions): ClockObservation[] {
  const { now, rules, standing } = options;
  const stream = { ...arrival, segment: '' };
  const key = keyOf(stream, signalSpec(signal).aspect);
  const open = standing.find(([name]) => name === key)?.[1];
  const condition = signal === 'inferences' ? 'noData' : 'error';
  const rule = (open && rules.named(open.rule)) ?? rules.blindRuleFor(stream, condition);
  if (!rule) return open ? [{ key, rule, observation: { kind: 'accepted', until: now } }] : [];
  if (!isAbsent(arrival, signal, { policy: rule[condition], options }))
    return open ? [{ key, rule, observation: { kind: 'quiet', until: now } }] : [];
  if (open && open.state !== 'pending') return [];
  const alarms = [findingOf(arrival, signal, now)];
  return [
    { key, rule, observation: { kind: 'alarm', alarms, severity: rule.severity ?? 'warning', until: now } },
  ];
}

function ofIncident(
  key: string,
  incident: Incident,
  arrival: Arrival | undefined,
  options: PresenceOptions,
): ClockObservation[] {
  const { now, rules } = options;
  const isOwn = incident.detector === 'presence';
  const rule = rules.named(incident.rule) ?? rules.ruleFor(incident);
  if (isOwn) return arrival ? [] : [{ key, rule, observation: { kind: 'accepted', until: now } }];
  if (!rule) return [];
  const blind = blindness(arrival, rule, options);
  // That it can be judged again is said by the next window.
  return blind ? [{ key, rule, observation: { kind: blind, until: now } }] : [];
}

function blindness(
  arrival: Arrival | undefined,
  rule: AlertRule,
  options: PresenceOptions,
): 'no_data' | 'error' | null {
  if (!arrival || isAbsent(arrival, 'inferences', { policy: rule.noData, options })) return 'no_data';
  return isAbsent(arrival, 'judgements', { policy: rule.error, options }) ? 'error' : null;
}

function isAbsent(
  { lastSeen, longestGapMs, judgedUntil }: Arrival,
  signal: PresenceSignal,
  { policy, options }: { policy: BlindPolicy; options: PresenceOptions },
): boolean {
  const { now, judgedWithinMs } = options;
  if (signal === 'inferences')
    return now.getTime() - lastSeen.getTime() > Math.max(policy.afterMs, GAPS * longestGapMs);
  if (judgedWithinMs === null || judgedUntil === null) return false;
  return lastSeen.getTime() - judgedUntil.getTime() > policy.afterMs + judgedWithinMs;
}

const streamOf = ({ project, model, version }: Pick<Incident, 'project' | 'model' | 'version'>): string =>
  JSON.stringify([project, model, version]);

/** Said by no detector: there is nothing to test, it is a count of none. */
function findingOf(arrival: Arrival, signal: PresenceSignal, now: Date): Finding {
  const { project, model, version, lastSeen, judgedUntil, perHour } = arrival;
  const since = signal === 'inferences' ? lastSeen : (judgedUntil ?? lastSeen);
  return {
    project,
    model,
    version,
    segment: '',
    signal,
    family: signalSpec(signal).family,
    detector: 'presence',
    since,
    until: now,
    outcome: 'alarm',
    direction: 'down',
    verdict: 'regression',
    effect: { name: 'relative_change', value: -1, low: -1, high: -1 },
    before: perHour,
    after: 0,
    evidence: 1,
    samples: { baseline: 0, current: 0 },
    histograms: { before: [], after: [] },
    changedSince: since,
    baselineVersion: '',
    becameBaseline: false,
    rowsNeeded: null,
  };
}
