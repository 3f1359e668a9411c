import { createHmac } from 'node:crypto';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import {
  DeliveryError,
  NOTIFICATION_KINDS,
  type Notification,
  type Receiver,
} from '../../core/notification.ts';
import { isOver, messageOf } from '../message/message.ts';
import { type AddressGuard, AddressRefused, createAddressGuard } from './address-guard.ts';
import { expectSuccess, type HttpAnswer, pathSecrets, unreachable, withoutSecrets } from './http.ts';
import type { ReceiverSettings } from './settings.ts';

type WebhookSettings = Extract<ReceiverSettings, { type: 'webhook' }>;

export interface WebhookOptions {
  readonly now?: () => Date;
  /** Resolves names; tests give their own. */
  readonly resolve?: Parameters<typeof createAddressGuard>[1];
}

/** Goes up when a field changes its meaning or goes; a new field is no new version. */
const VERSION = 1;
const ANSWER_MS_MAX = 10_000;
/** Enough of an answer for an error's text; the rest is not read. */
const ANSWER_BYTES_MAX = 4_096;

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
      const timestamp = String(Math.floor(now().getTime() / 1000));
      const headers = {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'plumbline',
        'plumbline-id': notification.id,
        'plumbline-timestamp': timestamp,
        'plumbline-signature': `v1=${sign(settings.secret.reveal(), timestamp, body)}`,
      };
      const bound = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
      const answer = await post({ url, guard, headers, body, signal: bound, who: caller.who });
      const text = withoutSecrets(answer.text, secrets);
      expectSuccess(caller, { ...answer, text }, MENDS);
      return handle ?? {};
    },
  };
}

/** HMAC-SHA256 in hexadecimal of `timestamp.body`: the time is signed too, so that nobody can send an old one again. */
function sign(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

interface Post {
  readonly url: URL;
  readonly guard: AddressGuard;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly who: string;
}

/** With node's own client, which connects to the address that was checked; fetch would resolve the name once more. */
async function post({ url, guard, headers, body, signal, who }: Post): Promise<HttpAnswer> {
  const refused = guard.checkHost(url.hostname);
  if (refused !== null) throw refusedAddress(who, refused);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  // Without an agent that keeps connections: an open one would pass by the check of its name.
  const request = send(url, { method: 'POST', headers, signal, lookup: guard.lookup, agent: false });
  try {
    return await answerOf(request, body);
  } catch (error) {
    if (error instanceof AddressRefused) throw refusedAddress(who, error.message);
    throw unreachable(who, error);
  }
}

function refusedAddress(who: string, reason: string): DeliveryError {
  const message = `${who} is not called: ${reason}. If that is meant, name its network in \`allow\``;
  return new DeliveryError(message, { isPermanent: true });
}

function answerOf(request: ClientRequest, body: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response: IncomingMessage) => {
      let text = '';
      const done = () => {
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'] ?? null,
          text,
        });
      };
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('end', done);
      response.on('data', (part: string) => {
        text = (text + part).slice(0, ANSWER_BYTES_MAX);
        if (text.length < ANSWER_BYTES_MAX) return;
        done();
        response.destroy();
      });
    });
    request.end(body);
  });
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
