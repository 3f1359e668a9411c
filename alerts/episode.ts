import type { AlertRule } from '../core/alert-rule.ts';
import type { Finding } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import type { Severity } from '../core/severity.ts';
import { incidentOf, withAlarms } from './incident-of.ts';

/** The change is there; at least one alarm that its rule counts. */
interface Alarm {
  readonly kind: 'alarm';
  readonly alarms: readonly Finding[];
  readonly severity: Severity;
}

/** What one window, or the lack of one, says about one aspect of one stream. */
export type Observation =
  | Alarm
  /** Looked at, and without the change. */
  | { readonly kind: 'quiet' }
  /** Looked at, and what was asked does not say whether the incident is over: it is held as it is. */
  | { readonly kind: 'hold' }
  /** The changed level has become the new baseline. */
  | { readonly kind: 'accepted' }
  /** Nothing can be said: too few inferences, none at all, or nobody judged them. */
  | { readonly kind: 'not_enough_data' | 'no_data' | 'error' };

export type EpisodeReason =
  | 'normal'
  | 'off'
  | 'pending'
  | 'dropped'
  | 'opened'
  | 'joined'
  | 'updated'
  | 'escalated'
  | 'relapsed'
  | 'recovering'
  | 'kept_open'
  | 'damped'
  | 'recovered'
  | 'accepted'
  | 'hold'
  | 'not_enough_data'
  | 'no_data'
  | 'error';

/** One aspect of one stream: the episode that runs, and when earlier ones closed. */
export interface Episode {
  /** Null while nothing is wrong. */
  readonly incident: Incident | null;
  /** Oldest first, of the last day. */
  readonly closings: readonly Date[];
}

/** An episode counts as the return of the last one for so long. */
const FLAPPING_MS = 24 * 3_600_000;
/** Each return doubles the quiet windows that it takes to close, up to this factor. */
const DAMPING_MAX = 8;

export interface EpisodeStep {
  readonly episode: Episode;
  readonly reason: EpisodeReason;
}

/**
 * One aspect of one stream after one observation. Pure.
 *
 * 1. Nothing wrong and an alarm: the incident opens, at once or after the change has stood for `forMs` (pending).
 * 2. Pending and quiet: dropped; nobody heard of it.
 * 3. Open and an alarm: updated; another signal joins it; its severity may rise.
 * 4. Open and quiet: it recovers, and closes after `recoverWindows` such windows in a row, not before `keepOpenMs` have
 *    passed since the change was last seen. What closed within the last day and is back takes longer each time.
 * 5. Open and nothing can be said: held as it is, and its condition says why. Nothing of the kind closes it.
 * 6. The change has become the baseline, or its rule is off: it closes.
 *
 * @param rule what governs it; null if none does
 * @param now in event time: the end of the window
 */
export function stepEpisode(
  episode: Episode,
  observation: Observation,
  { now, rule }: { now: Date; rule: AlertRule | null },
): EpisodeStep {
  const { incident } = episode;
  const closings = episode.closings.filter((at) => now.getTime() - at.getTime() < FLAPPING_MS);
  if (!rule?.isOn) {
    const isNormal = incident === null && observation.kind !== 'alarm';
    return {
      episode: { incident: incident && end(incident, now), closings },
      reason: isNormal ? 'normal' : 'off',
    };
  }
  const context = { now, rule, reopenings: closings.length };
  const stepped = stepGoverned(incident, observation, context);
  const isClosed = stepped.incident?.state === 'closed' && stepped.reason === 'recovered';
  return {
    episode: { incident: stepped.incident, closings: isClosed ? [...closings, now] : closings },
    reason: stepped.reason,
  };
}

function stepGoverned(
  incident: Incident | null,
  observation: Observation,
  context: Context & { reopenings: number },
): Stepped {
  if (incident === null)
    return observation.kind === 'alarm' ? begin(observation, context) : { incident, reason: 'normal' };
  return incident.state === 'pending'
    ? stepPending(incident, observation, context)
    : stepOpen(incident, observation, context);
}

type Stepped = { readonly incident: Incident | null; readonly reason: EpisodeReason };
type Context = { readonly now: Date; readonly rule: AlertRule };

function begin(observation: Alarm, { now, rule, reopenings }: Context & { reopenings: number }): Stepped {
  const { alarms, severity } = observation;
  const incident = incidentOf(alarms, { until: now, rule, severity, reopenings });
  return { incident, reason: incident.state === 'pending' ? 'pending' : 'opened' };
}

function stepPending(incident: Incident, observation: Observation, { now, rule }: Context): Stepped {
  switch (observation.kind) {
    case 'alarm': {
      const { alarms, severity } = observation;
      const seen = measured(withAlarms(incident, alarms, { until: now, rule, severity }), now);
      const hasStood = now.getTime() - incident.openedAt.getTime() >= rule.forMs;
      return hasStood
        ? { incident: { ...seen, state: 'open', openedAt: now }, reason: 'opened' }
        : { incident: seen, reason: 'pending' };
    }
    case 'quiet':
    case 'accepted':
      return { incident: end(incident, now), reason: 'dropped' };
    case 'hold':
      return { incident: measured(incident, now), reason: 'hold' };
    default:
      return blind(incident, observation.kind, now);
  }
}

function stepOpen(incident: Incident, observation: Observation, { now, rule }: Context): Stepped {
  switch (observation.kind) {
    case 'alarm': {
      const { alarms, severity } = observation;
      const seen = measured(withAlarms(incident, alarms, { until: now, rule, severity }), now);
      return { incident: { ...seen, state: 'open' }, reason: reasonOf(incident, seen) };
    }
    case 'quiet':
      return recover(measured(incident, now), { now, rule });
    case 'accepted':
      return { incident: end(incident, now), reason: 'accepted' };
    case 'hold':
      return { incident: measured(incident, now), reason: 'hold' };
    default:
      return blind(incident, observation.kind, now);
  }
}

function reasonOf(before: Incident, after: Incident): EpisodeReason {
  if (before.state === 'recovering') return 'relapsed';
  if (after.severity !== before.severity) return 'escalated';
  return after.signals.length > before.signals.length ? 'joined' : 'updated';
}

function recover(incident: Incident, { now, rule }: Context): Stepped {
  const quietWindows = incident.quietWindows + 1;
  const quiet: Incident = { ...incident, state: 'recovering', updatedAt: now, quietWindows };
  if (quietWindows < rule.recoverWindows) return { incident: quiet, reason: 'recovering' };
  const damping = Math.min(DAMPING_MAX, 2 ** incident.reopenings);
  if (quietWindows < rule.recoverWindows * damping) return { incident: quiet, reason: 'damped' };
  if (now.getTime() - incident.seenAt.getTime() < rule.keepOpenMs)
    return { incident: quiet, reason: 'kept_open' };
  return { incident: end(quiet, now), reason: 'recovered' };
}

/** `updatedAt` stays: it says up to which window the incident has been judged. */
function blind(incident: Incident, kind: 'not_enough_data' | 'no_data' | 'error', now: Date): Stepped {
  if (incident.condition === kind) return { incident, reason: kind };
  // From one kind of blindness to another it has been blind all the time.
  const conditionSince = incident.condition === 'measured' ? now : incident.conditionSince;
  return { incident: { ...incident, condition: kind, conditionSince }, reason: kind };
}

function measured(incident: Incident, now: Date): Incident {
  return incident.condition === 'measured'
    ? incident
    : { ...incident, condition: 'measured', conditionSince: now };
}

function end(incident: Incident, now: Date): Incident {
  return incident.state === 'pending'
    ? { ...incident, state: 'dropped', updatedAt: now }
    : { ...incident, state: 'closed', updatedAt: now, closedAt: now };
}
