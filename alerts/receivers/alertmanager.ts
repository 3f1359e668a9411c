import type { Notification, NotificationKind, Receiver, ReceiverHandle } from '../../core/notification.ts';
import { isOver, messageOf } from '../message/message.ts';
import { clip, plain, safeUrl } from '../message/plain.ts';
import { createCaller, expectSuccess, type ReceiverOptions } from './http.ts';
import type { ReceiverSettings } from './settings.ts';

type AlertmanagerSettings = Extract<ReceiverSettings, { type: 'alertmanager' }>;

/** How often an open alert is sent again, and how long one stands by itself: four times as long, as Prometheus does. */
const REFRESH_MS = 5 * 60_000;
const STANDS_MS = 4 * REFRESH_MS;

/** Alertmanager has no limit of its own; these keep an alert readable and a request small. */
const LABEL_MAX = 200;
const LABELS_MAX = 40;
const ANNOTATION_MAX = 2_000;

const MENDS = {
  400: 'Alertmanager refused the alert, which is a fault of Plumbline; please report it with this text',
  401: 'Alertmanager asks who you are; put a token into `token`',
  403: 'the token may not post alerts; check `token`',
  404: 'no Alertmanager is there; `url` is its root, without /api/v2',
} as const;

/**
 * An Alertmanager by its API v2, so that routing, silences and inhibition that exist apply. It forgets what it is not told of
 * again; so an incident is sent anew while it is open (`refreshMs`), and ends by itself if Plumbline is gone for long.
 */
export function createAlertmanager(settings: AlertmanagerSettings, options: ReceiverOptions = {}): Receiver {
  const who = `Alertmanager at ${new URL(settings.url).host}`;
  const caller = createCaller({ who, secrets: settings.token ? [settings.token] : [] }, options);
  const { now = () => new Date() } = options;
  return {
    name: settings.name,
    type: settings.type,
    paceMs: 50,
    kinds: new Set<NotificationKind>(['firing', 'escalated', 'changed', 'acknowledged', 'resolved']),
    refreshMs: REFRESH_MS,
    async deliver(notification, handle, signal) {
      const alerts = alertsOf(notification, handle, now());
      const answer = await caller.call({
        url: `${settings.url.replace(/\/+$/, '')}/api/v2/alerts`,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(settings.token ? { authorization: `Bearer ${settings.token.reveal()}` } : {}),
        },
        body: JSON.stringify(alerts),
        signal,
      });
      expectSuccess(caller, answer, MENDS);
      return { labels: JSON.stringify(alerts[0]?.labels ?? {}) };
    },
  };
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/**
 * The alert; and with it the end of the one that stood before, if its labels were others: to Alertmanager labels are what an
 * alert is, so that a warning that has become critical is a second alert.
 */
function alertsOf(notification: Notification, handle: ReceiverHandle | null, now: Date): Alert[] {
  const { incident, links } = notification;
  const ended = Math.min(now.getTime(), (incident.closedAt ?? now).getTime());
  const endsAt = isOver(notification) ? ended : now.getTime() + STANDS_MS;
  const startsAt = new Date(Math.min(incident.since.getTime(), endsAt)).toISOString();
  const generator = links.incident === null ? null : safeUrl(links.incident, ANNOTATION_MAX);
  const alert = {
    labels: labelsOf(notification),
    annotations: annotationsOf(notification),
    startsAt,
    endsAt: new Date(endsAt).toISOString(),
    ...(generator === null ? {} : { generatorURL: generator }),
  };
  const before = labelsBefore(handle);
  if (before === null || sameLabels(before, alert.labels)) return [alert];
  return [
    alert,
    {
      ...alert,
      labels: before,
      endsAt: new Date(Math.max(now.getTime(), Date.parse(startsAt))).toISOString(),
    },
  ];
}

/** Ours after those of the rule: a rule cannot make its alert pass for that of another incident. */
function labelsOf({ incident, severity, labels }: Notification): Record<string, string> {
  const own: Readonly<Record<string, string>> = {
    alertname: incident.rule || 'plumbline',
    source: 'plumbline',
    incident: incident.id,
    project: incident.project,
    model: incident.model,
    version: incident.version,
    segment: incident.segment,
    signal: incident.signal,
    family: incident.family,
    verdict: incident.verdict,
    severity,
  };
  const given = Object.entries(labels).slice(0, LABELS_MAX);
  const pairs = [...given, ...Object.entries(own)]
    .map(([name, value]) => [labelName(name), clip(plain(value), LABEL_MAX)] as const)
    // An empty label is no label to Alertmanager.
    .filter(([, value]) => value !== '');
  return Object.fromEntries(pairs);
}

/** Letters, digits and `_`, not a digit first: what every version of Alertmanager takes. */
function labelName(name: string): string {
  return name
    .replace(/[^a-zA-Z0-9_]/g, '_')
    .replace(/^(?![a-zA-Z_])/, '_')
    .slice(0, LABEL_MAX);
}

function annotationsOf(notification: Notification): Record<string, string> {
  const { title, news, facts, cause, changedWithIt, notes, links } = messageOf(notification);
  const description = [news, ...facts.map(({ label, text }) => `${label}: ${text}.`), ...notes].filter(
    (text) => text !== '',
  );
  const annotations = [
    ['summary', title],
    ['description', description.join('\n')],
    ['cause', cause],
    ['changed_with_it', changedWithIt.join('; ')],
    ...links.map(({ label, url }) => [
      label === 'Runbook' ? 'runbook_url' : `${label.toLowerCase()}_url`,
      url,
    ]),
  ] as [string, string][];
  return Object.fromEntries(
    annotations.filter(([, text]) => text !== '').map(([name, text]) => [name, clip(text, ANNOTATION_MAX)]),
  );
}

function labelsBefore(handle: ReceiverHandle | null): Record<string, string> | null {
  const text = handle?.['labels'];
  return text === undefined ? null : (JSON.parse(text) as Record<string, string>);
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}
