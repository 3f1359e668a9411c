import { createReceiver } from '../../../alerts/receivers/receiver.ts';
import { ReceiverSettings } from '../../../alerts/receivers/settings.ts';
import type { Receiver } from '../../../core/notification.ts';
import { ALERTMANAGER_TOKEN, startAlertmanager } from './alertmanager.ts';
import { GRAFANA_TOKEN, startGrafana } from './grafana.ts';
import { ROUTING_KEY, startPagerDuty } from './pagerduty.ts';
import { SLACK_TOKEN, startSlack } from './slack.ts';
import { SMTP_PASSWORD, startSmtp } from './smtp.ts';
import type { Fault } from './stand-in.ts';
import { startWebhook, WEBHOOK_SECRET } from './webhook.ts';

/** What somebody on the other side sees of an incident. */
export interface Seen {
  readonly state: 'none' | 'firing' | 'resolved';
  readonly severity: string | null;
  /** Of everything that came, that by which the same thing is known to have come twice. */
  readonly keys: readonly string[];
}

/** One receiver with its stand-in, as the contract suite needs it. */
export interface Subject {
  readonly receiver: Receiver;
  readonly faults: Fault[];
  readonly secrets: readonly string[];
  readonly see: (incidentId: string) => Seen;
  /** From now on the other side does not accept who we are. */
  readonly lockOut: () => void;
  readonly stop: () => Promise<void>;
}

const receiverOf = (settings: object): Receiver =>
  createReceiver(ReceiverSettings.parse({ name: 'team', ...settings }));

const NOTHING: Seen = { state: 'none', severity: null, keys: [] };

async function slack(): Promise<Subject> {
  const standIn = await startSlack();
  const { url, channel, messages, refusals, faults, stop } = standIn;
  return {
    receiver: receiverOf({ type: 'slack', token: SLACK_TOKEN, channel, url: `${url}/api` }),
    faults,
    secrets: [SLACK_TOKEN],
    see: (id) => {
      const own = messages.filter(({ metadata }) => metadata?.event_payload.incident_id === id);
      const root = own.findLast(({ thread }) => thread === undefined);
      return root
        ? seenInText(
            root.text,
            own.map(({ metadata }) => metadata?.event_payload.notification_id ?? ''),
          )
        : NOTHING;
    },
    lockOut: () => refusals.set('chat.postMessage', 'not_in_channel'),
    stop,
  };
}

async function slackWebhook(): Promise<Subject> {
  const { hookUrl, messages, refusals, faults, stop } = await startSlack();
  return {
    receiver: receiverOf({ type: 'slack_webhook', url: hookUrl }),
    faults,
    secrets: ['secret-of-the-webhook'],
    see: (id) => {
      const own = messages.filter(({ blocks }) => JSON.stringify(blocks).includes(`incident ${id}`));
      const last = own.at(-1);
      return last
        ? seenInText(
            last.text,
            own.map(({ blocks }) => JSON.stringify(blocks)),
          )
        : NOTHING;
    },
    lockOut: () => refusals.set('hook', 'no_service'),
    stop,
  };
}

function seenInText(text: string, keys: readonly string[]): Seen {
  const severity = /Critical|Warning/.exec(text)?.[0].toLowerCase() ?? null;
  return { state: text.includes('Resolved') ? 'resolved' : 'firing', severity, keys };
}

async function grafana(): Promise<Subject> {
  const { url, annotations, access, faults, stop } = await startGrafana();
  return {
    receiver: receiverOf({ type: 'grafana', url, token: GRAFANA_TOKEN }),
    faults,
    secrets: [GRAFANA_TOKEN],
    see: (id) => {
      const own = annotations.filter(({ tags }) => tags.includes(`incident:${id}`));
      const tags = own[0]?.tags ?? [];
      return {
        state: own.length === 0 ? 'none' : tags.includes('resolved') ? 'resolved' : 'firing',
        severity: tags.find((tag) => tag.startsWith('severity:'))?.slice('severity:'.length) ?? null,
        keys: own.map((one) => String(one.id)),
      };
    },
    lockOut: () => {
      access.mayWrite = false;
    },
    stop,
  };
}

async function webhook(): Promise<Subject> {
  const { url, bodies, access, received, faults, stop } = await startWebhook();
  return {
    receiver: receiverOf({
      type: 'webhook',
      url: `${url}/hook?key=secret-in-the-address`,
      secret: WEBHOOK_SECRET,
      allow: ['127.0.0.0/8'],
    }),
    faults,
    secrets: [WEBHOOK_SECRET, 'secret-in-the-address'],
    see: (id) => {
      const last = bodies.findLast(({ incident }) => incident.id === id);
      return last
        ? {
            state: last.status,
            severity: last.severity,
            keys: received.map(({ headers }) => String(headers['plumbline-id'])),
          }
        : NOTHING;
    },
    lockOut: () => {
      access.secret = 'another secret';
    },
    stop,
  };
}

async function pagerDuty(): Promise<Subject> {
  const { url, alerts, faults, stop } = await startPagerDuty();
  const settings = { type: 'pagerduty', routing_key: ROUTING_KEY, url };
  const state = { receiver: receiverOf(settings) };
  return {
    get receiver() {
      return state.receiver;
    },
    faults,
    secrets: [ROUTING_KEY, ROUTING_KEY.replace('R', 'Q')],
    see: (id) => {
      const alert = alerts.get(id);
      return alert
        ? { state: alert.status === 'resolved' ? 'resolved' : 'firing', severity: alert.severity, keys: [id] }
        : NOTHING;
    },
    lockOut: () => {
      state.receiver = receiverOf({ ...settings, routing_key: ROUTING_KEY.replace('R', 'Q') });
    },
    stop,
  };
}

async function alertmanager(): Promise<Subject> {
  const { url, alerts, faults, stop } = await startAlertmanager();
  const settings = { type: 'alertmanager', url, token: ALERTMANAGER_TOKEN };
  const state = { receiver: receiverOf(settings) };
  return {
    get receiver() {
      return state.receiver;
    },
    faults,
    secrets: [ALERTMANAGER_TOKEN, 'another-secret'],
    see: (id) => {
      const own = [...alerts].filter(([, { labels }]) => labels['incident'] === id);
      const standing = own.filter(([, { endsAt }]) => endsAt.getTime() > Date.now());
      return {
        state: standing.length > 0 ? 'firing' : own.length > 0 ? 'resolved' : 'none',
        severity: standing.map(([, { labels }]) => labels['severity']).join() || null,
        keys: standing.map(([key]) => key),
      };
    },
    lockOut: () => {
      state.receiver = receiverOf({ ...settings, token: 'another-secret' });
    },
    stop,
  };
}

async function email(): Promise<Subject> {
  const { url, mails, access, faults, stop } = await startSmtp();
  return {
    receiver: receiverOf({
      type: 'email',
      smtp: url,
      from: 'Plumbline <plumbline@example.com>',
      to: ['team@example.com'],
    }),
    faults,
    secrets: [SMTP_PASSWORD, encodeURIComponent(SMTP_PASSWORD)],
    see: (id) => {
      const own = mails.filter(({ headers }) => headers.get('x-plumbline-incident') === id);
      const last = own.at(-1);
      return last
        ? seenInText(
            last.text,
            own.map(({ headers }) => headers.get('message-id') ?? ''),
          )
        : NOTHING;
    },
    lockOut: () => {
      access.password = 'another password';
    },
    stop,
  };
}

/** Every type of receiver. */
export const SUBJECTS: Readonly<Record<ReceiverSettings['type'], () => Promise<Subject>>> = {
  slack,
  slack_webhook: slackWebhook,
  grafana,
  webhook,
  pagerduty: pagerDuty,
  alertmanager,
  email,
};
