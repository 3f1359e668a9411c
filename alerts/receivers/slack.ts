import {
  DeliveryError,
  NOTIFICATION_KINDS,
  type Notification,
  type Receiver,
  type ReceiverHandle,
} from '../../core/notification.ts';
import { isOver, type Message, messageOf } from '../message/message.ts';
import { type SlackMessage, slackMessage, slackReply } from '../message/slack-message.ts';
import { trendChart } from '../message/trend-chart.ts';
import type { ReceiverOptions } from './http.ts';
import type { ReceiverSettings } from './settings.ts';
import { createSlackApi, type SlackApi, SlackRefusal } from './slack-api.ts';

type SlackSettings = Extract<ReceiverSettings, { type: 'slack' }>;

/** Slack takes about one message a second and channel. */
const PACE_MS = 1_100;
/** The message cannot be changed any more: it was deleted, or is too old. A new one takes its place. */
const GONE: ReadonlySet<string> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'channel_not_found',
  'thread_not_found',
]);
/** Deliveries whose outcome is not known, at most; beyond that the oldest are forgotten, and may be posted twice. */
const UNKNOWN_MAX = 500;

/**
 * A Slack channel by a bot token: one message an incident, kept up to date in place, and in its thread whatever changes, since
 * an edit notifies nobody. An escalation is shown in the channel as well. Where the token allows uploads, the trend is
 * in the thread as a picture.
 */
export function createSlack(settings: SlackSettings, options: ReceiverOptions = {}): Receiver {
  const api = createSlackApi(settings, options);
  const unknown = new Set<string>();
  const state = { mayUpload: true, mayRead: true };
  return {
    name: settings.name,
    type: settings.type,
    paceMs: PACE_MS,
    kinds: new Set(NOTIFICATION_KINDS),
    async deliver(notification, handle, signal) {
      const delivery: Delivery = {
        api,
        settings,
        state,
        notification,
        message: messageOf(notification),
        signal,
      };
      const isRetry = unknown.has(notification.id);
      try {
        const next = await deliverOnce(delivery, handle, isRetry);
        unknown.delete(notification.id);
        return next;
      } catch (error) {
        // Only a refusal says for certain that nothing was posted.
        if (!(error instanceof SlackRefusal)) remember(unknown, notification.id);
        throw error;
      }
    },
  };
}

interface Delivery {
  readonly api: SlackApi;
  readonly settings: SlackSettings;
  /** What the token turned out not to allow, for as long as the process runs. */
  readonly state: { mayUpload: boolean; mayRead: boolean };
  readonly notification: Notification;
  readonly message: Message;
  readonly signal: AbortSignal;
}

/**
 * 1. Nothing posted yet: a message, after a look whether an attempt of unknown outcome has posted it after all.
 * 2. A message stands: it is changed; and what is new is said in its thread.
 * 3. It stood and is gone: a new message.
 */
async function deliverOnce(
  delivery: Delivery,
  handle: ReceiverHandle | null,
  isRetry: boolean,
): Promise<ReceiverHandle> {
  const known = handle?.['ts'] ? handle : isRetry ? await findPosted(delivery, null) : null;
  if (!known) return postRoot(delivery);
  try {
    await update(delivery, known);
    const isTold = isRetry && (await findPosted(delivery, known)) !== null;
    if (handle !== null && !isTold) await reply(delivery, known);
  } catch (error) {
    if (error instanceof SlackRefusal && GONE.has(error.code)) return postRoot(delivery);
    throw error;
  }
  return handleOf(delivery, known);
}

async function postRoot(delivery: Delivery): Promise<ReceiverHandle> {
  const { channel, ts } = await post(delivery, slackMessage(delivery.message), {});
  const handle = handleOf(delivery, { channel, ts });
  if (!isOver(delivery.notification)) await addChart(delivery, handle);
  return handle;
}

async function update(
  { api, message, notification, signal }: Delivery,
  { channel, ts }: ReceiverHandle,
): Promise<void> {
  await api.call(
    'chat.update',
    {
      channel,
      ts,
      ...slackMessage(message),
      metadata: metadataOf(notification),
      parse: 'none',
      link_names: false,
    },
    signal,
  );
}

/** A change alone is not worth a line; that the incident can no longer be judged, or can again, is. */
async function reply(delivery: Delivery, handle: ReceiverHandle): Promise<void> {
  const { notification, message } = delivery;
  const { kind, incident } = notification;
  if (kind === 'changed' && handle['condition'] === incident.condition) return;
  await post(delivery, slackReply(message), {
    thread_ts: handle['ts'],
    ...(kind === 'escalated' ? { reply_broadcast: true } : {}),
  });
}

async function post(
  { api, settings, notification, signal }: Delivery,
  message: SlackMessage,
  more: object,
): Promise<{ channel: string; ts: string }> {
  const { channel, ts } = await api.call(
    'chat.postMessage',
    {
      channel: settings.channel,
      ...message,
      metadata: metadataOf(notification),
      parse: 'none',
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
      ...more,
    },
    signal,
  );
  if (typeof channel === 'string' && typeof ts === 'string') return { channel, ts };
  throw new DeliveryError('Slack took the message and did not say where it is', { isPermanent: false });
}

/** By it a duplicate is recognised: a person sees the incident's id in the message, a program this. */
function metadataOf({ id, sequence, incident }: Notification): object {
  return {
    event_type: 'plumbline_incident',
    event_payload: { incident_id: incident.id, sequence, notification_id: id },
  };
}

function handleOf({ notification }: Delivery, { channel, ts }: ReceiverHandle): ReceiverHandle {
  return { channel: channel ?? '', ts: ts ?? '', condition: notification.incident.condition };
}

/**
 * What an attempt of unknown outcome has posted, in the channel or in a thread; null if nothing is found or the token may not
 * read, and then a duplicate is the lesser harm.
 */
async function findPosted(delivery: Delivery, thread: ReceiverHandle | null): Promise<ReceiverHandle | null> {
  const { api, settings, state, notification, signal } = delivery;
  // The history takes an id only, never a channel's name.
  const channel = thread?.['channel'] ?? settings.channel;
  if (!state.mayRead || !/^[CDG][A-Z0-9]{2,}$/.test(channel)) return null;
  try {
    const { messages } = await api.call(
      thread ? 'conversations.replies' : 'conversations.history',
      { channel, include_all_metadata: true, limit: 100, ...(thread ? { ts: thread['ts'] } : {}) },
      signal,
    );
    const posted = (Array.isArray(messages) ? messages : []).find(
      (one) =>
        one?.metadata?.event_payload?.notification_id === notification.id &&
        (thread === null || one.ts !== thread['ts']),
    );
    return typeof posted?.ts === 'string' ? { channel, ts: posted.ts } : null;
  } catch (error) {
    if (!(error instanceof SlackRefusal)) throw error;
    state.mayRead = false;
    return null;
  }
}

/** The trend as a picture in the thread. The message stands already: whatever fails here costs the picture only. */
async function addChart({ api, state, notification, signal }: Delivery, handle: ReceiverHandle) {
  const chart = state.mayUpload ? trendChart(notification) : null;
  if (!chart) return;
  const { channel, ts } = handle;
  try {
    const file = { filename: 'trend.png', length: chart.png.length, alt_txt: chart.description };
    const { upload_url, file_id } = await api.call('files.getUploadURLExternal', file, signal);
    if (typeof upload_url !== 'string' || typeof file_id !== 'string') return;
    await api.upload(upload_url, chart.png, signal);
    const files = [{ id: file_id, title: chart.title }];
    await api.call('files.completeUploadExternal', { files, channel_id: channel, thread_ts: ts }, signal);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error instanceof SlackRefusal && error.isPermanent) state.mayUpload = false;
  }
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > UNKNOWN_MAX && oldest !== undefined) ids.delete(oldest);
}
