import type { Incident } from './incident.ts';
import type { Severity } from './severity.ts';

/**
 * `firing`: it opened; `escalated`: more urgent than what was delivered last; `changed`: its numbers or what is known of
 * it, for receivers that keep one message up to date; `reminder`: still open; `acknowledged`: somebody has taken it on;
 * `resolved`: it closed.
 */
export const NOTIFICATION_KINDS = [
  'firing',
  'escalated',
  'changed',
  'reminder',
  'acknowledged',
  'resolved',
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** Where a reader goes from a message; null where the installation has no such place. */
export interface NotificationLinks {
  /** The incident on the built-in page. */
  readonly incident: string | null;
  /** The Grafana dashboard, with model, version and time filled in. */
  readonly dashboard: string | null;
  /** Inferences that show it. */
  readonly examples: string | null;
  readonly runbook: string | null;
}

/** What one receiver is told of one incident, at one moment. */
export interface Notification {
  /** The same however often it is sent: incident, receiver and sequence. */
  readonly id: string;
  readonly receiver: string;
  readonly kind: NotificationKind;
  /** Counts what an incident has to say to one receiver, from 1. */
  readonly sequence: number;
  /** When it was decided. */
  readonly at: Date;
  /** As it is now: a message that is late says what is true. */
  readonly incident: Incident;
  readonly severity: Severity;
  readonly labels: Readonly<Record<string, string>>;
  readonly links: NotificationLinks;
  /** The signal over the hours before, oldest first, in its unit; null where there was no row; may be empty. */
  readonly trend: { readonly values: readonly (number | null)[]; readonly since: Date; readonly until: Date };
  /** For whom: what else of the same model and aspect is open, in words; empty if nothing is known. */
  readonly scope: string;
  /** What probably did it, in words; empty if nothing is known. */
  readonly cause: string;
  /** Of earlier episodes in the last day: how often the same thing has opened before. */
  readonly reopenings: number;
  /** Milliseconds until the next reminder; null if there is none. */
  readonly repeatMs: number | null;
}

/** What a receiver keeps of an incident, to change or end its message later: Slack's `ts`, an annotation's id. */
export type ReceiverHandle = Readonly<Record<string, string>>;

/** Tells one person, channel or system. Made from settings by its file in alerts/receivers. */
export interface Receiver {
  readonly name: string;
  readonly type: string;
  /** Milliseconds between two deliveries at least. */
  readonly paceMs: number;
  /** Kinds that it has a use for; the others are not sent to it. */
  readonly kinds: ReadonlySet<NotificationKind>;
  /**
   * Milliseconds after which it forgets an incident that it is not told of again: while the incident is open it wants
   * `changed` at least that often, whether or not anything changed. Absent: it remembers.
   */
  readonly refreshMs?: number;
  /**
   * Delivers once; retrying is the caller's. Gives what it keeps of the incident from now on.
   *
   * @param handle what the last delivery of the same incident gave; null before the first
   * @throws DeliveryError
   */
  deliver(
    notification: Notification,
    handle: ReceiverHandle | null,
    signal: AbortSignal,
  ): Promise<ReceiverHandle>;
}

/** Why a delivery failed. `permanent`: trying again as it is cannot help, and the owner must mend something. */
export class DeliveryError extends Error {
  readonly isPermanent: boolean;
  /** What the receiver asked for; null if it did not. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    {
      isPermanent,
      retryAfterMs = null,
      cause,
    }: { isPermanent: boolean; retryAfterMs?: number | null; cause?: unknown },
  ) {
    super(message, { cause });
    this.name = 'DeliveryError';
    this.isPermanent = isPermanent;
    this.retryAfterMs = retryAfterMs;
  }
}
