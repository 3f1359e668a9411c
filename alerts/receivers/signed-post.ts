import { createHmac } from 'node:crypto';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { DeliveryError } from '../../core/notification.ts';
import type { Secret } from '../../core/secret.ts';
import { type AddressGuard, AddressRefused } from './address-guard.ts';
import { type HttpAnswer, unreachable } from './http.ts';

export interface SignedPost {
  readonly url: URL;
  readonly guard: AddressGuard;
  readonly secret: Secret;
  /** Names what is told; sent again, it is the same. */
  readonly id: string;
  readonly body: string;
  readonly at: Date;
  readonly signal: AbortSignal;
  /** In errors. */
  readonly who: string;
}

const ANSWER_MS_MAX = 10_000;
/** Enough of an answer for an error's text; the rest is not read. */
const ANSWER_BYTES_MAX = 4_096;

/** A body of JSON by POST, signed as docs/receivers.md says. @throws DeliveryError when no answer came, or none was asked for */
export function signedPost({
  url,
  guard,
  secret,
  id,
  body,
  at,
  signal,
  who,
}: SignedPost): Promise<HttpAnswer> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'plumbline',
    'plumbline-id': id,
    'plumbline-timestamp': timestamp,
    'plumbline-signature': `v1=${sign(secret.reveal(), timestamp, body)}`,
  };
  const bound = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
  return post({ url, guard, headers, body, signal: bound, who });
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
