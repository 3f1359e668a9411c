import {
  DeliveryError,
  type Notification,
  type NotificationKind,
  type Receiver,
} from '../../core/notification.ts';
import { isOver, messageOf } from '../message/message.ts';
import { clip, plain, safeUrl } from '../message/plain.ts';
import {
  createCaller,
  expectSuccess,
  type HttpAnswer,
  type HttpCaller,
  jsonArray,
  jsonObject,
  type ReceiverOptions,
} from './http.ts';
import type { ReceiverSettings } from './settings.ts';

type GrafanaSettings = Extract<ReceiverSettings, { type: 'grafana' }>;

const MENDS = {
  401: 'the token is not valid; make a new one for the service account and put it into `token`',
  403: 'the token may not write annotations; give its service account the role Editor, or annotations:create and annotations:write',
  404: 'no Grafana is there; check `url`',
} as const;

/** A tag's key and its value in Grafana's table: 100 characters each; all tags of an annotation together: 500. */
const TAG_MAX = 60;
const TEXT_MAX = 2_000;
/** The tag that our dashboards ask for. */
const TAG = 'plumbline';

/**
 * Annotations of a Grafana organisation: one region an incident, from the change's start to where it is known to stand, closed
 * when the incident is. Looked up by the incident's tag before one is made: an attempt of unknown outcome leaves no second one.
 */
export function createGrafana(settings: GrafanaSettings, options: ReceiverOptions = {}): Receiver {
  const who = `Grafana at ${new URL(settings.url).host}`;
  const caller = createCaller({ who, secrets: [settings.token] }, options);
  return {
    name: settings.name,
    type: settings.type,
    paceMs: 100,
    kinds: new Set<NotificationKind>(['firing', 'escalated', 'changed', 'acknowledged', 'resolved']),
    async deliver(notification, handle, signal) {
      const api = createApi(caller, settings, signal);
      const annotation = annotationOf(notification);
      const known = handle?.['id'];
      if (known !== undefined && (await patch(api, known, annotation))) return { id: known };
      const found = await find(api, notification);
      if (found !== null && (await patch(api, found, annotation))) return { id: found };
      return { id: await create(api, annotation) };
    },
  };
}

interface GrafanaApi {
  readonly caller: HttpCaller;
  readonly call: (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) => Promise<HttpAnswer>;
}

interface Annotation {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly timeEnd: number;
  readonly tags: readonly string[];
  readonly text: string;
}

function createApi(caller: HttpCaller, { url, token }: GrafanaSettings, signal: AbortSignal): GrafanaApi {
  return {
    caller,
    call: (method, path, body) =>
      caller.call({
        url: `${url.replace(/\/+$/, '')}/api/annotations${path}`,
        method,
        headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal,
      }),
  };
}

/** False if the annotation is not there any more: somebody has deleted it. */
async function patch({ caller, call }: GrafanaApi, id: string, annotation: Annotation): Promise<boolean> {
  const answer = await call('PATCH', `/${encodeURIComponent(id)}`, annotation);
  if (answer.status === 404) return false;
  expectSuccess(caller, answer, MENDS);
  return true;
}

async function find({ caller, call }: GrafanaApi, notification: Notification): Promise<string | null> {
  const query = new URLSearchParams([
    ['tags', TAG],
    ['tags', incidentTag(notification)],
    ['type', 'annotation'],
    ['limit', '1'],
  ]);
  const answer = await call('GET', `?${query}`);
  expectSuccess(caller, answer, MENDS);
  const id = jsonArray(caller, answer)[0]?.['id'];
  return typeof id === 'number' ? String(id) : null;
}

async function create({ caller, call }: GrafanaApi, annotation: Annotation): Promise<string> {
  const answer = await call('POST', '', annotation);
  expectSuccess(caller, answer, MENDS);
  const { id } = jsonObject(caller, answer);
  if (typeof id === 'number') return String(id);
  throw new DeliveryError(`${caller.who} took the annotation and did not say which it is`, {
    isPermanent: false,
  });
}

function annotationOf(notification: Notification): Annotation {
  const { incident, severity, at } = notification;
  const time = incident.since.getTime();
  const end = isOver(notification) ? (incident.closedAt ?? at) : incident.seenAt;
  const tags = [
    TAG,
    tagOf('severity', severity),
    tagOf('model', incident.model),
    tagOf('rule', incident.rule),
    incidentTag(notification),
    isOver(notification) ? 'resolved' : 'open',
  ];
  return { time, timeEnd: Math.max(time, end.getTime()), tags, text: textOf(notification) };
}

function incidentTag({ incident }: Notification): string {
  return tagOf('incident', incident.id);
}

/** Grafana takes commas apart and cuts at the first colon; a value with either would not be found again. */
function tagOf(key: string, value: string): string {
  return `${key}:${clip(plain(value).replace(/[,:]/g, '_') || '-', TAG_MAX)}`;
}

/** Grafana shows an annotation's text as HTML of few elements. */
function textOf(notification: Notification): string {
  const { title, news, cause, changedWithIt, links } = messageOf(notification);
  const changed = changedWithIt.join('; ');
  const lines = [
    title,
    news,
    cause === '' ? '' : `Likely cause: ${cause}`,
    changed === '' ? '' : `Changed with it: ${changed}`,
  ]
    .filter((line) => line !== '')
    .map((line) => clip(line, TEXT_MAX / 5, escapeHtml));
  const anchors = links.flatMap(({ label, url }) => {
    const safe = safeUrl(url, TEXT_MAX / 4);
    return safe === null ? [] : [`<a href="${escapeHtml(safe)}">${label}</a>`];
  });
  return [...lines, ...(anchors.length > 0 ? [anchors.join(' · ')] : [])].join('\n');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
