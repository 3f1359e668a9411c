import type { ObserveOptions } from '../../alerts/observe.ts';
import type { Incident } from '../../core/incident.ts';
import type { Logger } from '../../core/log.ts';
import type { Receiver } from '../../core/notification.ts';
import { isSilencedBy, type Silence } from '../../core/silence.ts';
import type { Store } from '../../sql/client.ts';
import { readSaid, type Said } from '../../sql/queries/acknowledgements.ts';
import { writeDeliveries } from '../../sql/queries/deliveries.ts';
import { signalSeries } from '../../sql/queries/signal-series.ts';
import { readSilences } from '../../sql/queries/silences.ts';
import { openAttributor } from '../cause/open-attributor.ts';
import { createArrivalsReader } from './arrivals-reader.ts';
import { createDeliverer } from './deliver.ts';
import { notificationOf } from './notification-of.ts';
import { openAlerting } from './open-alerting.ts';
import { presence } from './presence.ts';
import type { ClockObservation, IncidentChange } from './turn.ts';

export interface AlerterOptions {
  readonly now: () => Date;
  /** The rules and receivers in force, as they are now. */
  readonly alerts: () => ObserveOptions & { readonly receivers: readonly Receiver[] };
  readonly publicUrl: string | null;
  readonly grafanaUrl: string | null;
  /** Time from the end of a window until it is judged, at most; null where windows are not of time. */
  readonly judgedWithinMs: number | null;
  readonly log: Logger;
  readonly onChange: (change: IncidentChange) => void;
}

/** Makes incidents of findings, and tells of them. */
export interface Alerter {
  /** Judges what has been found; true if there is more. Calls wait for each other. */
  turn(): Promise<boolean>;
  /** Notifications that are not settled. */
  waiting(): number;
  warnings(): string[];
  /** Ends deliveries under way. */
  stop(): Promise<void>;
}

/** What people say is heard within this. */
const PEOPLE_MS = 3_000;
/** That nothing arrives is seen by the minute. */
const PRESENCE_MS = 60_000;

/** An alerter on a store that nobody else alerts on. */
export async function openAlerter(store: Store, options: AlerterOptions): Promise<Alerter> {
  const { now, alerts, log } = options;
  let silences: readonly Silence[] = [];
  let said: Said = { acknowledgements: new Map(), closings: new Set() };
  const attributor = openAttributor(store, { now, log });
  const alerting = await openAlerting(store, {
    now,
    circumstances: () => ({ ...alerts(), silences, ...said, causes: attributor.causes() }),
    log,
    onChange: options.onChange,
  });
  const { book } = alerting;
  const standing = (): Incident[] => book.standing().map(([, incident]) => incident);
  const deliverer = createDeliverer({
    book,
    receivers: () => alerts().receivers,
    isHushed: (incident) => silences.some((silence) => isSilencedBy(silence, incident, now())),
    notificationOf: (due) =>
      notificationOf(due, {
        publicUrl: options.publicUrl,
        grafanaUrl: options.grafanaUrl,
        rules: () => alerts().rules,
        standing,
        series: (query) => signalSeries(store, query),
      }),
    write: (deliveries) => writeDeliveries(store, deliveries),
    now,
    random: Math.random,
    log,
  });
  const isDue = { people: everyMs(PEOPLE_MS), presence: everyMs(PRESENCE_MS) };

  async function hearPeople(): Promise<void> {
    silences = await readSilences(store, { endAfter: now(), project: '' });
    said = await readSaid(
      store,
      standing().map(({ id }) => id),
    );
  }

  const arrivals = createArrivalsReader(store);
  async function look(): Promise<ClockObservation[]> {
    const at = now();
    const { rules } = alerts();
    const { judgedWithinMs } = options;
    return presence(await arrivals(at), { now: at, rules, standing: book.standing(), judgedWithinMs });
  }

  let last: Promise<unknown> = Promise.resolve();
  async function turn(): Promise<boolean> {
    try {
      if (isDue.people()) await hearPeople();
      return await alerting.turn(isDue.presence() ? await look() : []);
    } finally {
      // What was decided is told, also when nothing new can be.
      deliverer.turn();
      attributor.turn(standing());
    }
  }

  return {
    turn() {
      const next = last.then(turn);
      last = next.catch(() => {});
      return next;
    },
    waiting: () => book.waiting(alerts().receivers.map(({ name }) => name)),
    warnings: () => deliverer.warnings(),
    async stop() {
      await last;
      await Promise.all([deliverer.stop(), attributor.stop()]);
    },
  };
}

/** True at the first call, and then when so much time has passed since it was. */
function everyMs(ms: number): () => boolean {
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - lastMs < ms) return false;
    lastMs = performance.now();
    return true;
  };
}
