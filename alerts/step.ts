import type { AlertRule } from '../core/alert-rule.ts';
import type { Incident, SpokenFor } from '../core/incident.ts';
import type { Silence } from '../core/silence.ts';
import { type EpisodeReason, type Observation, stepEpisode } from './episode.ts';
import {
  type Delivered,
  NOTHING_DELIVERED,
  NOTHING_TOLD,
  type PlannedReceiver,
  type PlanReason,
  planFor,
  type QueuedNotification,
  queued,
  type Told,
} from './plan.ts';

/** Everything that is remembered of one aspect of one stream. JSON keeps it. */
export interface AlertState {
  /** Null before the first. One that closed or was dropped stays until the next opens. */
  readonly incident: Incident | null;
  /** When earlier episodes of the last day closed, oldest first. */
  readonly closings: readonly Date[];
  /** Of this incident, by receiver. */
  readonly told: Readonly<Record<string, Told>>;
}

export const NOTHING_WRONG: AlertState = { incident: null, closings: [], told: {} };

export interface StepContext {
  /** By the clock: silences and reminders go by it. */
  readonly now: Date;
  /** What governs the incident; null if nothing does (any more). */
  readonly rule: AlertRule | null;
  readonly receivers: readonly PlannedReceiver[];
  readonly silences: readonly Silence[];
  /** What deliveries of the state's incident came to, by receiver. */
  readonly delivered: Readonly<Record<string, Delivered>>;
  /** Of the state's incident. */
  readonly acknowledged: Incident['acknowledged'];
  /** Id of the incident that speaks for this one; empty if none does. */
  readonly speakerFor: (incident: Incident) => string;
  /** What it speaks for. */
  readonly spokenForBy: (incident: Incident) => readonly SpokenFor[];
  /** What probably did it, by incident; absent until that is known. */
  readonly causes: ReadonlyMap<string, string>;
}

export interface AlertStep {
  readonly state: AlertState;
  /** To be sent, and stored together with the state. */
  readonly effects: readonly QueuedNotification[];
  /** `tick` without an observation. */
  readonly reason: EpisodeReason | 'tick';
  /** By receiver, why it is told something or is not. */
  readonly plans: Readonly<Record<string, PlanReason>>;
}

/**
 * One step of one aspect of one stream: what a window says (or nothing: only time has passed), then what each receiver
 * is to be told. Pure.
 *
 * @param observation with the end of its window, in event time; null if only time has passed
 */
export function step(
  state: AlertState,
  observation: (Observation & { readonly until: Date }) | null,
  context: StepContext,
): AlertStep {
  const [observed, reason] = observe(state, observation, context);
  // Nobody has said or heard anything of one that opens in this step.
  const isNew = observed.incident?.id !== state.incident?.id;
  const { delivered, acknowledged }: Pick<StepContext, 'delivered' | 'acknowledged'> = isNew
    ? { delivered: {}, acknowledged: null }
    : context;
  if (observed.incident === null) return { state: observed, effects: [], reason, plans: {} };
  const incident = withContext(observed.incident, {
    acknowledged,
    mutedBy: context.speakerFor(observed.incident),
    speaksFor: context.spokenForBy(observed.incident),
    cause: context.causes.get(observed.incident.id) ?? observed.incident.cause,
  });
  const effects: QueuedNotification[] = [];
  const plans: Record<string, PlanReason> = {};
  const told: Record<string, Told> = { ...observed.told };
  for (const receiver of context.receivers) {
    const before = told[receiver.name] ?? NOTHING_TOLD;
    const heard: Delivered = delivered[receiver.name] ?? NOTHING_DELIVERED;
    const { kind, reason: why } = planFor(incident, before, heard, { ...context, receiver });
    plans[receiver.name] = why;
    if (kind === null || !receiver.kinds.has(kind)) continue;
    const { settled } = heard;
    const after = queued(before, incident, { kind, receiver: receiver.name, now: context.now, settled });
    told[receiver.name] = after;
    effects.push(...after.queue.slice(-1));
  }
  return { state: { ...observed, incident, told }, effects, reason, plans };
}

/** True if the incident is neither closed nor dropped. */
export const isStanding = ({ state }: Incident): boolean => state !== 'closed' && state !== 'dropped';

function observe(
  state: AlertState,
  observation: (Observation & { readonly until: Date }) | null,
  { rule }: StepContext,
): [AlertState, AlertStep['reason']] {
  if (observation === null) return [state, 'tick'];
  const standing = state.incident && isStanding(state.incident) ? state.incident : null;
  const { episode, reason } = stepEpisode({ incident: standing, closings: state.closings }, observation, {
    now: observation.until,
    rule,
  });
  // What was over stays as it was until the next one opens.
  const incident = episode.incident ?? state.incident;
  const isSame = incident?.id === state.incident?.id;
  return [{ incident, closings: episode.closings, told: isSame ? state.told : {} }, reason];
}

function withContext(
  incident: Incident,
  known: Pick<Incident, 'acknowledged' | 'mutedBy' | 'speaksFor' | 'cause'>,
): Incident {
  const isSame =
    incident.mutedBy === known.mutedBy &&
    incident.cause === known.cause &&
    incident.acknowledged?.at.getTime() === known.acknowledged?.at.getTime() &&
    idsOf(incident.speaksFor) === idsOf(known.speaksFor);
  if (isSame || !isStanding(incident)) return incident;
  return { ...incident, ...known };
}

const idsOf = (incidents: readonly SpokenFor[]): string => incidents.map(({ id }) => id).join(' ');
