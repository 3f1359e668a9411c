import { DeliveryError } from '../../core/notification.ts';
import { Secret } from '../../core/secret.ts';
import { clip, plain } from '../message/plain.ts';

/** What a receiver needs of the outside; tests give their own. */
export interface ReceiverOptions {
  readonly fetch?: typeof fetch;
  readonly now?: () => Date;
}

export interface HttpRequest {
  /** Never shown: it may hold a secret. */
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Seconds or a date, as the header has it; null without one. */
  readonly retryAfter: string | null;
  /** At most `ANSWER_CHARACTERS_MAX`. */
  readonly text: string;
}

/** Speaks HTTP to one receiver, which `who` names in every error: `Slack`, `Grafana at grafana.example.com`. */
export interface HttpCaller {
  readonly who: string;
  readonly call: (request: HttpRequest) => Promise<HttpAnswer>;
}

/** A receiver that takes longer is taken for one that does not answer; alarms of others are waiting behind it. */
const ANSWER_MS_MAX = 10_000;
/** No receiver has more to say than this; what is beyond it is not read. */
const ANSWER_CHARACTERS_MAX = 1_000_000;

/** Requests by `fetch`, with bounds on time and on the answer's size. Redirects are not followed: they would take a token along. */
export function createCaller(
  { who, secrets }: { readonly who: string; readonly secrets: readonly Secret[] },
  { fetch: send = fetch }: ReceiverOptions,
): HttpCaller {
  return {
    who,
    async call({ url, method, headers = {}, body, signal }) {
      const bound = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
      try {
        const response = await send(url, {
          method,
          headers: { 'user-agent': 'plumbline', ...headers },
          redirect: 'manual',
          signal: bound,
          ...(body === undefined ? {} : { body }),
        });
        return {
          status: response.status,
          retryAfter: response.headers.get('retry-after'),
          text: withoutSecrets(await readBounded(response), secrets),
        };
      } catch (error) {
        throw unreachable(who, error);
      }
    },
  };
}

/** Some servers repeat in their answer what they were sent, and answers become part of errors. */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret.reveal(), '[redacted]'), text);
}

/** The part of an address that may keep strangers out, and that servers like to repeat: `Cannot POST /hook?key=…`. */
export function pathSecrets(address: string): Secret[] {
  const { pathname, search } = new URL(address);
  const parts = [`${pathname}${search}`, pathname, search.slice(1)];
  return parts.filter((part) => part.length > 1).map((part) => new Secret(part));
}

/** What it means that no answer came: temporary, and whether it was delivered is not known. */
export function unreachable(who: string, error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const { name } = error as Error;
  const isLate = name === 'TimeoutError' || name === 'AbortError';
  const reason = isLate ? 'did not answer in time' : `cannot be reached (${causeCode(error)})`;
  // Without the error as cause: its text may hold the address, and the address may be a secret.
  return new DeliveryError(`${who} ${reason}`, { isPermanent: false });
}

/**
 * Throws what an answer other than 2xx means: 408, 425, 429 and 5xx are temporary, all else is permanent.
 *
 * @param mends by status: what the owner must do
 */
export function expectSuccess(
  { who }: Pick<HttpCaller, 'who'>,
  answer: HttpAnswer,
  mends: Readonly<Record<number, string>> = {},
): void {
  const { status, text } = answer;
  if (status >= 200 && status < 300) return;
  const mend = mends[status] ?? MENDS[status];
  const said = clip(plain(text), 200);
  const message = `${who} answered ${status}${said === '' ? '' : ` (${said})`}${mend ? `: ${mend}` : ''}`;
  throw new DeliveryError(message, { isPermanent: !isTemporary(status), retryAfterMs: retryAfterMs(answer) });
}

const MENDS: Readonly<Record<number, string>> = {
  301: 'it has moved; put its new address into `url`',
  302: 'it redirects, which is not followed; put the final address into `url`',
  307: 'it redirects, which is not followed; put the final address into `url`',
  308: 'it has moved; put its new address into `url`',
  404: 'nothing is there; check `url`',
};

function isTemporary(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** How long an answer asks to wait; null if it does not. At most an hour: nobody means to hold an alarm for longer. */
export function retryAfterMs({ retryAfter }: Pick<HttpAnswer, 'retryAfter'>): number | null {
  if (retryAfter === null) return null;
  const ms = /^\d+(\.\d+)?$/.test(retryAfter.trim())
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) ? Math.min(3_600_000, Math.max(0, ms)) : null;
}

/** An answer's JSON object; anything else is not understood. */
export function jsonObject(caller: Pick<HttpCaller, 'who'>, answer: HttpAnswer): Record<string, unknown> {
  const value = parseJson(answer.text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw notUnderstood(caller, answer);
}

/** An answer's JSON array of objects; anything else is not understood. */
export function jsonArray(caller: Pick<HttpCaller, 'who'>, answer: HttpAnswer): Record<string, unknown>[] {
  const value = parseJson(answer.text);
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);
  if (isList) return value as Record<string, unknown>[];
  throw notUnderstood(caller, answer);
}

/** For an answer that says it went well, and not in the receiver's own way: a proxy in between speaks like that. Temporary. */
export function notUnderstood({ who }: Pick<HttpCaller, 'who'>, { text }: HttpAnswer): DeliveryError {
  const message = `${who} answered something that is not its protocol (${clip(plain(text), 100)})`;
  return new DeliveryError(message, { isPermanent: false });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function readBounded(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  let text = '';
  if (!reader) return text;
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
    if (text.length <= ANSWER_CHARACTERS_MAX) continue;
    await reader.cancel();
    return text.slice(0, ANSWER_CHARACTERS_MAX);
  }
}

function causeCode(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } };
  const code = cause?.code ?? (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : 'the connection broke';
}
