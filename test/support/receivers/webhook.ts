import { createHmac, timingSafeEqual } from 'node:crypto';
import { jsonBody, type Received, type StandIn, startStandIn } from './stand-in.ts';

export const WEBHOOK_SECRET = 'secret that signs the webhook';
const LATE_SECONDS_MAX = 300;

/** What we document of the body (docs/receivers.md). */
export interface WebhookBody {
  readonly version: number;
  readonly id: string;
  readonly kind: string;
  readonly status: 'firing' | 'resolved';
  readonly severity: string;
  readonly title: string;
  readonly incident: { readonly id: string };
}

export interface WebhookStandIn extends StandIn {
  readonly bodies: WebhookBody[];
  readonly access: { secret: string };
}

/** A program of a user that checks the signature as docs/receivers.md shows. */
export async function startWebhook(): Promise<WebhookStandIn> {
  const bodies: WebhookBody[] = [];
  const access = { secret: WEBHOOK_SECRET };
  const standIn = await startStandIn((request) => {
    // As frameworks do, it says back what was asked for.
    const asked = `${request.url.pathname}${request.url.search}`;
    if (!isSigned(request, access.secret))
      return { status: 401, body: `Cannot POST ${asked}: wrong signature` };
    const body = jsonBody(request) as unknown as WebhookBody | null;
    if (body?.version !== 1 || body.id !== request.headers['plumbline-id'])
      return { status: 400, body: 'wrong body' };
    bodies.push(body);
    return { status: 204 };
  });
  return { ...standIn, bodies, access };
}

function isSigned({ headers, body }: Received, secret: string): boolean {
  const timestamp = String(headers['plumbline-timestamp']);
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= LATE_SECONDS_MAX)) return false;
  const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest();
  const given = Buffer.from(String(headers['plumbline-signature']).replace(/^v1=/, ''), 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
