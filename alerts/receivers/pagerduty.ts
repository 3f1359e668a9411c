import type { Notification, NotificationKind, Receiver } from '../../core/notification.ts';
import { isOver, messageOf } from '../message/message.ts';
import { clip, safeUrl } from '../message/plain.ts';
import { createCaller, expectSuccess, jsonObject, notUnderstood, type ReceiverOptions } from './http.ts';
import type { ReceiverSettings } from './settings.ts';

type PagerDutySettings = Extract<ReceiverSettings, { type: 'pagerduty' }>;

/** PagerDuty: 1,024 for the summary, 255 for the key, 512 kB in all. */
const SUMMARY_MAX = 1_024;
const DEDUP_KEY_MAX = 255;
const DETAIL_MAX = 1_000;
const URL_MAX = 2_000;

const MENDS = {
  400: 'check `routing_key`: the integration key (32 characters) of an “Events API v2” integration of the service',
  403: 'check `routing_key`: PagerDuty does not know it',
} as const;

/** A PagerDuty service by the Events API v2: the incident's id is the key under which it is triggered, acknowledged and resolved. */
export function createPagerDuty(settings: PagerDutySettings, options: ReceiverOptions = {}): Receiver {
  const caller = createCaller({ who: 'PagerDuty', secrets: [settings.routing_key] }, options);
  return {
    name: settings.name,
    type: settings.type,
    // PagerDuty takes about 120 events a minute and service.
    paceMs: 500,
    kinds: new Set<NotificationKind>(['firing', 'escalated', 'acknowledged', 'resolved']),
    async deliver(notification, handle, signal) {
      const event = { routing_key: settings.routing_key.reveal(), ...eventOf(notification) };
      const answer = await caller.call({
        url: `${settings.url.replace(/\/+$/, '')}/v2/enqueue`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event),
        signal,
      });
      expectSuccess(caller, answer, MENDS);
      if (jsonObject(caller, answer)['status'] !== 'success') throw notUnderstood(caller, answer);
      return handle ?? { dedup_key: event.dedup_key };
    },
  };
}

function eventOf(notification: Notification) {
  const { incident, severity, links, kind } = notification;
  const message = messageOf(notification);
  const dashboard = links.incident === null ? null : safeUrl(links.incident, URL_MAX);
  return {
    event_action: actionOf(notification, kind),
    dedup_key: clip(incident.id, DEDUP_KEY_MAX),
    client: 'Plumbline',
    ...(dashboard === null ? {} : { client_url: dashboard }),
    links: message.links.flatMap(({ label, url }) => {
      const href = safeUrl(url, URL_MAX);
      return href === null ? [] : [{ href, text: label }];
    }),
    payload: {
      summary: clip(message.title, SUMMARY_MAX),
      source: clip(message.stream || 'plumbline', DEDUP_KEY_MAX),
      severity,
      timestamp: incident.since.toISOString(),
      component: clip(message.stream, DETAIL_MAX),
      group: clip(incident.project || 'default', DETAIL_MAX),
      class: incident.signal.slice(0, DETAIL_MAX),
      custom_details: detailsOf(message),
    },
  };
}

function actionOf(notification: Notification, kind: NotificationKind): 'trigger' | 'acknowledge' | 'resolve' {
  if (isOver(notification)) return 'resolve';
  return kind === 'acknowledged' && notification.incident.acknowledged ? 'acknowledge' : 'trigger';
}

function detailsOf(message: ReturnType<typeof messageOf>): Record<string, string> {
  const { facts, cause, changedWithIt, trend, notes, footer } = message;
  const details = [
    ...facts.map(({ label, text }) => [label, text] as const),
    ['Likely cause', cause] as const,
    ['Changed with it', changedWithIt.join('; ')] as const,
    ['Trend', trend ? `${trend.bars} ${trend.span}` : ''] as const,
    ['Notes', notes.join(' ')] as const,
    ['About', footer] as const,
  ];
  return Object.fromEntries(
    details.filter(([, text]) => text !== '').map(([label, text]) => [label, clip(text, DETAIL_MAX)]),
  );
}
