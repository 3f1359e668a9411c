import { NOTIFICATION_KINDS, type Notification, type Receiver } from '../../core/notification.ts';
import { isOver, messageOf } from '../message/message.ts';
import { createAddressGuard } from './address-guard.ts';
import { expectSuccess, pathSecrets, withoutSecrets } from './http.ts';
import type { ReceiverSettings } from './settings.ts';
import { signedPost } from './signed-post.ts';

type WebhookSettings = Extract<ReceiverSettings, { type: 'webhook' }>;

export interface WebhookOptions {
  readonly now?: () => Date;
  /** Resolves names; tests give their own. */
  readonly resolve?: Parameters<typeof createAddressGuard>[1];
}

/** Goes up when a field changes its meaning or goes; a new field is no new version. */
const VERSION = 1;

const MENDS = {
  401: 'it does not accept the signature; the same secret must stand in `secret` and over there',
  403: 'it does not accept the signature; the same secret must stand in `secret` and over there',
  410: 'it wants no more of this; take the receiver out of the file',
} as const;

/**
 * A program of your own: JSON by POST (docs/receivers.md), signed, to public addresses only unless `allow` says otherwise.
 */
export function createWebhook(settings: WebhookSettings, options: WebhookOptions = {}): Receiver {
  const { now = () => new Date(), resolve } = options;
  const guard = createAddressGuard(settings.allow, resolve);
  const url = new URL(settings.url);
  const secrets = [settings.secret, ...pathSecrets(settings.url)];
  const caller = { who: `The webhook at ${url.host}` };
  return {
    name: settings.name,
    type: settings.type,
    paceMs: 50,
    kinds: new Set(NOTIFICATION_KINDS),
    async deliver(notification, handle, signal) {
      const body = JSON.stringify(bodyOf(notification));
      const answer = await signedPost({
        url,
        guard,
        secret: settings.secret,
        id: notification.id,
        body,
        at: now(),
        signal,
        who: caller.who,
      });
      const text = withoutSecrets(answer.text, secrets);
      expectSuccess(caller, { ...answer, text }, MENDS);
      return handle ?? {};
    },
  };
}

function bodyOf(notification: Notification) {
  const { incident, trend, ...rest } = notification;
  const { histograms: _, quietWindows: __, ...told } = incident;
  const { title, news, facts, notes } = messageOf(notification);
  return {
    version: VERSION,
    ...rest,
    status: isOver(notification) ? 'resolved' : 'firing',
    title,
    news,
    facts,
    notes,
    incident: told,
    trend: { ...trend, values: trend.values.map((value) => (Number.isFinite(value) ? value : null)) },
  };
}
