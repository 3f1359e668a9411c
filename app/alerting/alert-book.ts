import {
  afterDelivery,
  type Delivered,
  NOTHING_DELIVERED,
  type QueuedNotification,
  type Told,
} from '../../alerts/plan.ts';
import { type AlertState, isStanding, NOTHING_WRONG } from '../../alerts/step.ts';
import type { StreamKey } from '../../core/finding.ts';
import type { Incident } from '../../core/incident.ts';
import type { ReceiverHandle } from '../../core/notification.ts';
import type { Store } from '../../sql/client.ts';
import { type Delivery, deliveriesOf } from '../../sql/queries/deliveries.ts';
import { type StoredIncident, standingIncidents } from '../../sql/queries/incidents.ts';
import { storeNowMs } from '../../sql/store-clock.ts';

/** What is to be sent, is not known to be settled, and comes next for its incident and receiver. */
export interface DueNotification {
  readonly incident: Incident;
  readonly queued: QueuedNotification;
  /** A later one of the same waits behind it. */
  readonly isOvertaken: boolean;
  readonly delivered: Delivered;
  /** What became of it so far; null if it was not tried. */
  readonly tried: Delivery | null;
  readonly handle: ReceiverHandle | null;
}

/** What the alerter remembers: every standing incident, what its receivers were told, and what came of it. */
export interface AlertBook {
  state(key: string): AlertState;
  standing(): readonly (readonly [key: string, incident: Incident])[];
  keep(key: string, state: AlertState): void;
  /** By receiver. */
  delivered(incidentId: string): Readonly<Record<string, Delivered>>;
  settle(delivery: Delivery): void;
  /** For one receiver, the most urgent and then the oldest first. */
  due(receiver: string, now: Date): readonly DueNotification[];
  /** What these receivers wait to be told. */
  waiting(receivers: readonly string[]): number;
  /** What failed so far is tried again now: the receiver is another one. */
  hurry(receiver: string): void;
}

/** What could not be delivered for so long is given up; so long are closed incidents remembered. */
export const DELIVERY_MS_MAX = 7 * 24 * 3_600_000;

/** Name of one aspect of one stream. */
export function keyOf({ project, model, version, segment }: StreamKey, aspect: string): string {
  return JSON.stringify([project, model, version, segment, aspect]);
}

/** Reads what an earlier process stored, and goes on from there. */
export async function openAlertBook(store: Store): Promise<AlertBook> {
  const stored = await standingIncidents(store, new Date(storeNowMs() - DELIVERY_MS_MAX));
  const book = new Book();
  const closings = closingsOf(stored);
  for (const { incident, told } of stored) {
    const key = keyOf(incident, incident.aspect);
    book.keep(key, { incident, closings: closings.get(key) ?? [], told: parseTold(told) });
  }
  const ids = stored.map(({ incident }) => incident.id);
  for (let at = 0; at < ids.length; at += IDS_PER_QUERY)
    for (const delivery of await deliveriesOf(store, ids.slice(at, at + IDS_PER_QUERY)))
      book.settle(delivery);
  return book;
}

const IDS_PER_QUERY = 500;

type Kept = AlertState & { readonly incident: Incident };

class Book implements AlertBook {
  readonly #states = new Map<string, AlertState>();
  /** Closed, another opened in their place, and something of them is still to be said; by incident. */
  readonly #left = new Map<string, Kept>();
  readonly #delivered = new Map<string, Record<string, Delivered>>();
  readonly #handles = new Map<string, ReceiverHandle>();
  readonly #tried = new Map<string, Delivery>();

  state(key: string): AlertState {
    return this.#states.get(key) ?? NOTHING_WRONG;
  }

  standing(): (readonly [key: string, incident: Incident])[] {
    return [...this.#states].flatMap(([key, { incident }]) =>
      incident && isStanding(incident) ? [[key, incident] as const] : [],
    );
  }

  keep(key: string, state: AlertState): void {
    const before = this.#states.get(key);
    if (before?.incident && before.incident.id !== state.incident?.id)
      this.#left.set(before.incident.id, { ...before, incident: before.incident });
    this.#states.set(key, state);
    this.#forgetSettled();
  }

  delivered(incidentId: string): Readonly<Record<string, Delivered>> {
    return this.#delivered.get(incidentId) ?? {};
  }

  settle(delivery: Delivery): void {
    const { incidentId, receiver, id, state, handle } = delivery;
    if (state === 'waiting') {
      this.#tried.set(id, delivery);
      return;
    }
    this.#tried.delete(id);
    if (handle) this.#handles.set(handleKey(incidentId, receiver), handle);
    this.#delivered.set(incidentId, {
      ...this.#delivered.get(incidentId),
      [receiver]: afterDelivery(this.#deliveredTo(incidentId, receiver), {
        ...delivery,
        state,
        at: delivery.sentAt ?? delivery.decidedAt,
      }),
    });
    this.#forgetSettled();
  }

  due(receiver: string, now: Date): DueNotification[] {
    return [...this.#all()]
      .flatMap((kept) => this.#dueOf(kept, receiver, now))
      .sort((a, b) => rank(b) - rank(a) || a.queued.at.getTime() - b.queued.at.getTime());
  }

  waiting(receivers: readonly string[]): number {
    let count = 0;
    for (const kept of this.#all())
      for (const receiver of receivers) count += this.#waitingOf(kept, receiver).length;
    return count;
  }

  hurry(receiver: string): void {
    for (const [id, delivery] of this.#tried)
      if (delivery.receiver === receiver) this.#tried.set(id, { ...delivery, nextAt: new Date(0) });
  }

  #dueOf(kept: Kept, receiver: string, now: Date): DueNotification[] {
    const [queued, next] = this.#waitingOf(kept, receiver);
    if (!queued) return [];
    const { incident } = kept;
    const tried = this.#tried.get(notificationId(incident, queued)) ?? null;
    if (tried && tried.nextAt > now) return [];
    return [
      {
        incident,
        queued,
        isOvertaken: next !== undefined,
        delivered: this.#deliveredTo(incident.id, receiver),
        tried,
        handle: this.#handles.get(handleKey(incident.id, receiver)) ?? null,
      },
    ];
  }

  #deliveredTo(incidentId: string, receiver: string): Delivered {
    return this.#delivered.get(incidentId)?.[receiver] ?? NOTHING_DELIVERED;
  }

  #waitingOf({ incident, told }: Kept, receiver: string): QueuedNotification[] {
    const { settled } = this.#deliveredTo(incident.id, receiver);
    return (told[receiver]?.queue ?? []).filter(({ sequence }) => sequence > settled);
  }

  *#all(): Generator<Kept> {
    yield* this.#left.values();
    for (const state of this.#states.values())
      if (state.incident) yield { ...state, incident: state.incident };
  }

  #forgetSettled(): void {
    for (const [id, kept] of this.#left) {
      const receivers = Object.keys(kept.told);
      const isOld = storeNowMs() - kept.incident.updatedAt.getTime() > 2 * DELIVERY_MS_MAX;
      // A receiver that was taken out of the rules takes nothing any more.
      if (!isOld && receivers.some((receiver) => this.#waitingOf(kept, receiver).length > 0)) continue;
      this.#left.delete(id);
      this.#delivered.delete(id);
      for (const receiver of receivers) this.#handles.delete(handleKey(id, receiver));
    }
  }
}

/** The same however often it is sent. */
export const notificationId = ({ id }: Incident, { receiver, sequence }: QueuedNotification): string =>
  `${id}-${receiver}-${sequence}`;

const handleKey = (incidentId: string, receiver: string): string => `${incidentId} ${receiver}`;

const RANKS = { info: 0, warning: 1, critical: 2 } as const;
/** What is only shown again gives way to what calls somebody. */
const rank = ({ incident, queued }: DueNotification): number =>
  queued.kind === 'changed' ? -1 : RANKS[incident.severity];

/** By key; which of them count is for the next window to say, by its own time. */
function closingsOf(stored: readonly StoredIncident[]): Map<string, Date[]> {
  const closings = new Map<string, Date[]>();
  for (const { incident } of stored) {
    const { closedAt, quietWindows } = incident;
    // One that was accepted as the new baseline has no quiet windows, and did not come and go.
    if (!closedAt || quietWindows === 0) continue;
    const key = keyOf(incident, incident.aspect);
    closings.set(key, [...(closings.get(key) ?? []), closedAt]);
  }
  for (const some of closings.values()) some.sort((a, b) => a.getTime() - b.getTime());
  return closings;
}

function parseTold(told: unknown): Record<string, Told> {
  type Stored = Omit<Told, 'queue' | 'shownAt'> & {
    shownAt: string;
    queue: (Omit<QueuedNotification, 'at'> & { at: string })[];
  };
  return Object.fromEntries(
    Object.entries(told as Record<string, Stored>).map(([receiver, { shownAt, queue, ...rest }]) => [
      receiver,
      {
        ...rest,
        shownAt: new Date(shownAt),
        queue: queue.map(({ at, ...one }) => ({ ...one, at: new Date(at) })),
      },
    ]),
  );
}
