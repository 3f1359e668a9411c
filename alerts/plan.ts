import type { AlertRule } from '../core/alert-rule.ts';
import type { Incident } from '../core/incident.ts';
import type { NotificationKind } from '../core/notification.ts';
import { compareSeverity, type Severity } from '../core/severity.ts';
import { isSilencedBy, type Silence } from '../core/silence.ts';

/** Something that is to be said to one receiver. */
export interface QueuedNotification {
  readonly receiver: string;
  /** Counts what an incident has to say to one receiver, from 1. */
  readonly sequence: number;
  readonly kind: NotificationKind;
  readonly at: Date;
}

/** What one receiver was told of one incident, and is to be told. Stored with the incident. */
export interface Told {
  /** Of the last notification that was queued; 0 before the first. */
  readonly sequence: number;
  /** Not known to be settled, in order. */
  readonly queue: readonly QueuedNotification[];
  /** What the incident looked like when something was queued last (`shownAs`). */
  readonly shown: string;
  readonly shownAt: Date;
  readonly isResolved: boolean;
}

/** What deliveries to one receiver came to, for one incident. */
export interface Delivered {
  /** Of the last one that was settled, one way or the other. */
  readonly settled: number;
  /** The firing arrived, or something that stands for it. */
  readonly isAnnounced: boolean;
  /** As it was told last; null before anything arrived. */
  readonly severity: Severity | null;
  /** When somebody was last called, not only shown something. */
  readonly calledAt: Date | null;
  readonly isAcknowledged: boolean;
  /** A call at this severity was given up, after days of trying. */
  readonly failedAt: Severity | null;
}

export const NOTHING_TOLD: Told = {
  sequence: 0,
  queue: [],
  shown: '',
  shownAt: new Date(0),
  isResolved: false,
};
export const NOTHING_DELIVERED: Delivered = {
  settled: 0,
  isAnnounced: false,
  severity: null,
  calledAt: null,
  isAcknowledged: false,
  failedAt: null,
};

/** What calls somebody, and does not only show something. */
export const isCall = (kind: NotificationKind): boolean =>
  kind === 'firing' || kind === 'escalated' || kind === 'reminder';

/** One notification that is settled: it was told, as this severe; or given up; or had nothing to say any more. */
export interface Settled {
  readonly sequence: number;
  readonly kind: NotificationKind;
  readonly severity: Severity;
  readonly state: 'sent' | 'failed' | 'skipped';
  readonly at: Date;
}

/** What is known of a receiver and an incident after that. */
export function afterDelivery(
  before: Delivered,
  { sequence, kind, severity, state, at }: Settled,
): Delivered {
  const settled = Math.max(before.settled, sequence);
  const isGivenUp = state === 'failed' && (isCall(kind) || kind === 'acknowledged');
  if (state !== 'sent') return { ...before, settled, failedAt: isGivenUp ? severity : before.failedAt };
  return {
    settled,
    isAnnounced: true,
    severity: isCall(kind) ? severity : before.severity,
    calledAt: isCall(kind) ? at : before.calledAt,
    isAcknowledged: before.isAcknowledged || kind === 'acknowledged',
    failedAt: isCall(kind) ? null : before.failedAt,
  };
}

/** Why a receiver is told something, or is not. */
export type PlanReason =
  | 'opened'
  | 'escalated'
  | 'acknowledged'
  | 'repeated'
  | 'blind'
  | 'changed'
  | 'resolved'
  | 'up_to_date'
  | 'on_its_way'
  | 'pending'
  | 'silenced'
  | 'muted'
  | 'not_routed'
  | 'never_announced'
  | 'past'
  | 'refused';

export interface PlannedReceiver {
  readonly name: string;
  /** Kinds that it has a use for. */
  readonly kinds: ReadonlySet<NotificationKind>;
  /** What it was told lapses unless it is told again within this; null: it does not. */
  readonly refreshMs?: number | null;
}

export interface PlanContext {
  readonly now: Date;
  /** Null if its rule is gone. */
  readonly rule: AlertRule | null;
  readonly silences: readonly Silence[];
  readonly receiver: PlannedReceiver;
}

/** History that is imported calls nobody: what was last judged so long ago is over, or will be judged again. */
const PAST_MS = 6 * 3_600_000;
/** An incident that is only shown again is not shown more often than this. */
const SHOW_MS_MIN = 60_000;

/**
 * What one receiver is to be told of an incident now. Pure, and by the state alone: planned again after a crash, it says
 * the same.
 *
 * 1. Nothing before the incident is open, and a close only where the opening was announced or is on its way.
 * 2. Whoever is silenced or muted is not called; what was announced is closed all the same.
 * 3. It escalates against what was delivered last: what waits to be sent will say what is true when it is.
 * 4. Reminders stop when somebody has taken it on. An escalation comes all the same.
 *
 * @returns a kind to queue, or null; and why
 */
export function planFor(
  incident: Incident,
  told: Told,
  delivered: Delivered,
  context: PlanContext,
): { readonly kind: NotificationKind | null; readonly reason: PlanReason } {
  const { rule, receiver } = context;
  const waiting = told.queue.filter(({ sequence }) => sequence > delivered.settled);
  const isCalled = delivered.isAnnounced || waiting.some(({ kind }) => kind !== 'changed');
  if (incident.state === 'closed') return planEnd(told, { isCalled, isWaiting: waiting.length > 0 });
  if (incident.state === 'pending' || incident.state === 'dropped') return { kind: null, reason: 'pending' };
  if (rule?.receivers && !rule.receivers.includes(receiver.name) && !isCalled)
    return { kind: null, reason: 'not_routed' };
  const hush = hushReason(incident, context);
  if (!isCalled) return announce(incident, delivered, { hush, now: context.now });
  if (hush === null) {
    const call = callAgain(incident, { delivered, isWaiting: waiting.length > 0, context });
    // One that it has no use for keeps nothing from being shown.
    if (call?.kind && receiver.kinds.has(call.kind)) return call;
  }
  return show(incident, told, { receiver, now: context.now, isWaiting: waiting.length > 0, hush });
}

function planEnd(
  { isResolved }: Told,
  { isCalled, isWaiting }: { isCalled: boolean; isWaiting: boolean },
): ReturnType<typeof planFor> {
  if (isResolved) return { kind: null, reason: isWaiting ? 'on_its_way' : 'up_to_date' };
  return isCalled ? { kind: 'resolved', reason: 'resolved' } : { kind: null, reason: 'never_announced' };
}

function announce(
  incident: Incident,
  { failedAt }: Delivered,
  { hush, now }: { hush: 'silenced' | 'muted' | null; now: Date },
): ReturnType<typeof planFor> {
  if (now.getTime() - incident.updatedAt.getTime() > PAST_MS) return { kind: null, reason: 'past' };
  if (hush) return { kind: null, reason: hush };
  if (failedAt !== null && compareSeverity(incident.severity, failedAt) <= 0)
    return { kind: null, reason: 'refused' };
  return { kind: 'firing', reason: 'opened' };
}

function callAgain(
  incident: Incident,
  {
    delivered,
    isWaiting,
    context: { now, rule, receiver },
  }: { delivered: Delivered; isWaiting: boolean; context: PlanContext },
): ReturnType<typeof planFor> | null {
  // Whatever waits will say how it is when it is sent.
  if (isWaiting || delivered.severity === null) return null;
  // Given up at this severity: the same again would be given up again.
  if (delivered.failedAt !== null && compareSeverity(incident.severity, delivered.failedAt) <= 0) return null;
  if (compareSeverity(incident.severity, delivered.severity) > 0)
    return { kind: 'escalated', reason: 'escalated' };
  if (incident.acknowledged && !delivered.isAcknowledged && receiver.kinds.has('acknowledged'))
    return { kind: 'acknowledged', reason: 'acknowledged' };
  const isDue =
    rule?.repeatMs != null &&
    incident.acknowledged === null &&
    incident.state === 'open' &&
    incident.condition === 'measured' &&
    delivered.calledAt !== null &&
    now.getTime() - delivered.calledAt.getTime() >= rule.repeatMs;
  if (isNewlyBlind(incident, delivered, rule)) return { kind: 'reminder', reason: 'blind' };
  return isDue ? { kind: 'reminder', reason: 'repeated' } : null;
}

/** It can no longer be judged, its rule wants that told, and it has not been. */
function isNewlyBlind(incident: Incident, { calledAt }: Delivered, rule: AlertRule | null): boolean {
  const { condition, conditionSince } = incident;
  if (rule === null || (condition !== 'no_data' && condition !== 'error')) return false;
  const { policy } = condition === 'no_data' ? rule.noData : rule.error;
  return policy !== 'hold' && calledAt !== null && conditionSince > calledAt;
}

function show(
  incident: Incident,
  told: Told,
  {
    receiver,
    now,
    isWaiting,
    hush,
  }: { receiver: PlannedReceiver; now: Date; isWaiting: boolean; hush: 'silenced' | 'muted' | null },
): ReturnType<typeof planFor> {
  if (isWaiting) return { kind: null, reason: 'on_its_way' };
  const sinceMs = now.getTime() - told.shownAt.getTime();
  const hasLapsed = receiver.refreshMs != null && sinceMs >= receiver.refreshMs;
  const isOther = hasLapsed || shownAs(incident) !== told.shown;
  if (!isOther || !receiver.kinds.has('changed')) return { kind: null, reason: hush ?? 'up_to_date' };
  return sinceMs < SHOW_MS_MIN && !hasLapsed
    ? { kind: null, reason: 'up_to_date' }
    : { kind: 'changed', reason: 'changed' };
}

function hushReason(incident: Incident, { now, silences }: PlanContext): 'silenced' | 'muted' | null {
  if (silences.some((silence) => isSilencedBy(silence, incident, now))) return 'silenced';
  return incident.mutedBy === '' ? null : 'muted';
}

/** What a message shows of an incident: another text means that it is out of date. */
export function shownAs(incident: Incident): string {
  const { state, updatedAt, condition, acknowledged, severity, signals, speaksFor, cause } = incident;
  const others = speaksFor.map(({ id }) => id);
  return JSON.stringify([
    ...[state, updatedAt, condition, acknowledged?.at ?? null, severity],
    ...[signals.length, others.length, others.at(-1) ?? '', cause],
  ]);
}

/** The same with something more to say, and without what has been settled. */
export function queued(
  told: Told,
  incident: Incident,
  more: { kind: NotificationKind; receiver: string; now: Date; settled: number },
): Told {
  const { kind, receiver, now, settled } = more;
  const sequence = told.sequence + 1;
  const waiting = told.queue.filter((one) => one.sequence > settled);
  return {
    sequence,
    queue: [...waiting, { receiver, sequence, kind, at: now }],
    shown: shownAs(incident),
    shownAt: now,
    isResolved: told.isResolved || kind === 'resolved',
  };
}
