import { randomUUID } from 'node:crypto';
import { createAddressGuard } from '../../alerts/receivers/address-guard.ts';
import { expectSuccess } from '../../alerts/receivers/http.ts';
import { signedPost } from '../../alerts/receivers/signed-post.ts';
import { AppError } from '../../core/errors.ts';
import { DeliveryError } from '../../core/notification.ts';
import { retry } from '../../core/retry.ts';
import type { Secret } from '../../core/secret.ts';

const RETRY = { attempts: 4, firstWaitMs: 500, totalMs: 30_000 };

/** Sends what was decided to a program of the caller's own, signed; who gives an address on the command line means it. */
export async function tellWebhook(
  address: string,
  { secret, body, signal }: { secret: Secret; body: unknown; signal: AbortSignal },
): Promise<void> {
  const url = new URL(address);
  const who = `The webhook at ${url.host}`;
  const guard = createAddressGuard([url.hostname.replace(/^\[|\]$/g, '')]);
  const [id, text] = [randomUUID(), JSON.stringify(body)];
  const send = async (): Promise<void> => {
    try {
      const post = { url, guard, secret, id, body: text, at: new Date(), signal, who };
      expectSuccess({ who }, await signedPost(post));
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      throw new AppError(error.isPermanent ? 'invalid_input' : 'upstream_unavailable', error.message);
    }
  };
  await retry(send, { ...RETRY, random: Math.random, signal });
}
