import type { Logger } from '../../core/log.ts';
import { DeliveryError, type Notification, type Receiver } from '../../core/notification.ts';
import type { Delivery } from '../../sql/queries/deliveries.ts';
import { type AlertBook, DELIVERY_MS_MAX, type DueNotification, notificationId } from './alert-book.ts';

export interface DelivererOptions {
  readonly book: AlertBook;
  /** As they are now: rules may be read again at any time. */
  readonly receivers: () => readonly Receiver[];
  /** Puts together what is said, when it is said. */
  readonly notificationOf: (due: DueNotification) => Promise<Notification>;
  readonly write: (deliveries: readonly Delivery[]) => Promise<void>;
  readonly now: () => Date;
  readonly random: () => number;
  readonly log: Logger;
}

export interface Deliverer {
  /** Begins what is due, one notification a receiver at a time, and does not wait for it. */
  turn(): void;
  /** Nothing is under way. */
  isIdle(): boolean;
  /** By receiver, what is wrong with it now. */
  warnings(): string[];
  /** Ends what is under way. */
  stop(): Promise<void>;
}

interface ReceiverState {
  working: Promise<void> | null;
  notBefore: Date;
  /** Null while it takes what it is given. */
  fault: { readonly message: string; readonly isPermanent: boolean; readonly since: Date } | null;
}

/** A receiver that has not answered by then gets it again. */
const DELIVERY_TIMEOUT_MS = 30_000;
const FIRST_WAIT_MS = 1_000;
/** A receiver that is mended is noticed within this. */
const WAIT_MS_MAX = 5 * 60_000;

/**
 * Brings notifications to their receivers, at least once each, in order per incident: what fails for now is tried again
 * with growing waits, what fails for good is told to the owner. That a notification was taken is stored after it was: a
 * kill between the two sends it again, with the same id.
 */
export function createDeliverer(options: DelivererOptions): Deliverer {
  return new Sender(options);
}

class Sender implements Deliverer {
  readonly #options: DelivererOptions;
  readonly #states = new Map<string, ReceiverState>();
  readonly #stopping = new AbortController();
  /** The store did not take them: they are known here, and written with the next. */
  #unwritten: Delivery[] = [];

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  turn(): void {
    for (const receiver of this.#options.receivers()) {
      const state = this.#stateOf(receiver);
      const isResting = this.#options.now() < state.notBefore;
      if (state.working || isResting || this.#stopping.signal.aborted) continue;
      state.working = this.#work(receiver, state).finally(() => {
        state.working = null;
      });
    }
  }

  isIdle(): boolean {
    return [...this.#states.values()].every(({ working }) => working === null);
  }

  warnings(): string[] {
    const known = new Set(this.#options.receivers().map(({ name }) => name));
    return [...this.#states].flatMap(([name, { fault }]) => {
      if (!fault || !known.has(name)) return [];
      const what = fault.isPermanent ? 'refuses what it is sent' : 'has taken nothing';
      return [`the receiver ${name} ${what} since ${fault.since.toISOString()}: ${fault.message}`];
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#states.values()].map(({ working }) => working));
  }

  #stateOf({ name }: Receiver): ReceiverState {
    const known = this.#states.get(name);
    if (known) return known;
    const fresh: ReceiverState = { working: null, notBefore: new Date(0), fault: null };
    this.#states.set(name, fresh);
    return fresh;
  }

  async #work(receiver: Receiver, state: ReceiverState): Promise<void> {
    const { book, now } = this.#options;
    const [due] = book.due(receiver.name, now());
    if (due && isNeedless(due)) book.settle(this.#note(outcome(due, now(), { state: 'skipped' })));
    else if (due) {
      const { delivery, retryAfterMs } = await this.#attempt(receiver, due);
      if (this.#stopping.signal.aborted && delivery.state !== 'sent') return;
      state.notBefore = new Date(now().getTime() + Math.max(receiver.paceMs, retryAfterMs));
      this.#noteFault(receiver, state, delivery);
      book.settle(this.#note(delivery));
    }
    await this.#write();
  }

  #note(delivery: Delivery): Delivery {
    this.#unwritten.push(delivery);
    return delivery;
  }

  async #write(): Promise<void> {
    if (this.#unwritten.length === 0) return;
    const writing = this.#unwritten;
    this.#unwritten = [];
    try {
      await this.#options.write(writing);
    } catch (error) {
      this.#unwritten = [...writing, ...this.#unwritten];
      this.#options.log.warn({ err: error }, 'what was delivered could not be written down yet');
    }
  }

  async #attempt(
    receiver: Receiver,
    due: DueNotification,
  ): Promise<{ delivery: Delivery; retryAfterMs: number }> {
    const { notificationOf, now, log } = this.#options;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]);
    try {
      const handle = await receiver.deliver(await notificationOf(due), due.handle, signal);
      return { delivery: outcome(due, now(), { state: 'sent', handle }), retryAfterMs: 0 };
    } catch (error) {
      if (!(error instanceof DeliveryError))
        log.error({ err: error, receiver: receiver.name }, 'a notification could not be made');
      return failed(due, error, this.#options);
    }
  }

  #noteFault({ name }: Receiver, state: ReceiverState, { error, state: become }: Delivery): void {
    const { log, now } = this.#options;
    if (become === 'sent') {
      if (state.fault) log.info({ receiver: name }, 'a receiver takes notifications again');
      state.fault = null;
      return;
    }
    if (state.fault?.message !== error) log.warn({ receiver: name, fault: error }, 'a receiver refuses');
    const since = state.fault?.since ?? now();
    state.fault = { message: error, isPermanent: become === 'failed', since };
  }
}

function failed(
  due: DueNotification,
  error: unknown,
  { now, random }: DelivererOptions,
): { delivery: Delivery; retryAfterMs: number } {
  const known = error instanceof DeliveryError ? error : null;
  const retryAfterMs = known?.retryAfterMs ?? 0;
  const isOld = now().getTime() - due.queued.at.getTime() > DELIVERY_MS_MAX;
  const attempts = (due.tried?.attempts ?? 0) + 1;
  const backoffMs = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** Math.min(attempts, 20));
  const delivery = outcome(due, now(), {
    state: known?.isPermanent || isOld ? 'failed' : 'waiting',
    error: known?.message ?? 'it could not be made: see the log',
    waitMs: Math.max(retryAfterMs, backoffMs * (0.5 + random() / 2)),
  });
  return { delivery, retryAfterMs };
}

/** What a later one says too, and the end of what was never announced. */
function isNeedless({ queued, isOvertaken, delivered }: DueNotification): boolean {
  if (queued.kind === 'changed') return isOvertaken || !delivered.isAnnounced;
  return queued.kind !== 'firing' && !delivered.isAnnounced && queued.kind !== 'escalated';
}

function outcome(
  { incident, queued, tried }: DueNotification,
  now: Date,
  what: Pick<Delivery, 'state'> & { handle?: Delivery['handle']; error?: string; waitMs?: number },
): Delivery {
  return {
    project: incident.project,
    id: notificationId(incident, queued),
    incidentId: incident.id,
    receiver: queued.receiver,
    sequence: queued.sequence,
    kind: queued.kind,
    severity: incident.severity,
    state: what.state,
    attempts: (tried?.attempts ?? 0) + (what.state === 'skipped' ? 0 : 1),
    error: what.error ?? '',
    handle: what.handle ?? null,
    decidedAt: queued.at,
    nextAt: new Date(now.getTime() + (what.waitMs ?? 0)),
    sentAt: what.state === 'sent' ? now : null,
  };
}
