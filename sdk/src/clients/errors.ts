import type { InferenceRecord } from '../inference-record.ts';
import { field, isFunction } from './values.ts';

type Outcome = Pick<InferenceRecord, 'status' | 'error_type' | 'finish_reason'>;

/** The host gave the call up. That is not the model's failure: it must not raise the error rate. */
export const CANCELLED: Outcome = { status: 'ok', finish_reason: 'cancelled' };

/** The host never read the answer, or stopped without a word. */
export const ABANDONED: Outcome = { status: 'ok', finish_reason: 'abandoned' };

const TYPE_LENGTH_MAX = 200;

const BY_STATUS: ReadonlyMap<number, string> = new Map([
  [401, 'authentication'],
  [403, 'permission'],
  [404, 'not_found'],
  [408, 'timeout'],
  [409, 'conflict'],
  [413, 'request_too_large'],
  [429, 'rate_limit'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [529, 'overloaded'],
]);

/** What the vendors write into an error's `type` or `code`. */
const BY_CODE: ReadonlyMap<string, string> = new Map([
  ['rate_limit_error', 'rate_limit'],
  ['rate_limit_exceeded', 'rate_limit'],
  ['insufficient_quota', 'quota'],
  ['overloaded_error', 'overloaded'],
  ['timeout_error', 'timeout'],
  ['authentication_error', 'authentication'],
  ['permission_error', 'permission'],
  ['not_found_error', 'not_found'],
  ['request_too_large', 'request_too_large'],
  ['context_length_exceeded', 'context_length'],
  ['content_filter', 'content_filter'],
  ['content_policy_violation', 'content_filter'],
  ['invalid_request_error', 'invalid_request'],
  ['api_error', 'server_error'],
  ['server_error', 'server_error'],
  ['internal_error', 'server_error'],
]);

/** Errors of the clients that have neither status nor code. A bundler may have renamed the classes: the texts stay. */
const BY_NAME: ReadonlyMap<string, string> = new Map([
  ['APIUserAbortError', 'cancelled'],
  ['AbortError', 'cancelled'],
  ['Request was aborted.', 'cancelled'],
  ['APIConnectionTimeoutError', 'timeout'],
  ['TimeoutError', 'timeout'],
  ['Request timed out.', 'timeout'],
  ['APIConnectionError', 'connection'],
  ['Connection error.', 'connection'],
  ['terminated', 'connection'],
  ['SyntaxError', 'invalid_response'],
]);

/** How a call that threw ended: cancelled, or an error of one of a few kinds. Reads the error, so it may throw. */
export function outcomeOf(error: unknown, signal?: unknown): Outcome {
  // Vercel's SDK wraps the failures of all attempts into one that says nothing itself.
  const kind = errorType(field(error, 'lastError') ?? error);
  if (kind !== 'cancelled') return { status: 'error', error_type: kind };
  return field(field(signal, 'reason'), 'name') === 'TimeoutError'
    ? { status: 'error', error_type: 'timeout' }
    : CANCELLED;
}

/** One word for what went wrong, from what the vendor said, else from what the client threw. */
export function errorType(error: unknown): string {
  const status = field(error, 'status') ?? field(error, 'statusCode');
  return (
    codeOf(error) ??
    (typeof status === 'number' ? byStatus(status) : undefined) ??
    byName(error) ??
    String(field(error, 'name') ?? typeof error).slice(0, TYPE_LENGTH_MAX)
  );
}

function codeOf(error: unknown): string | undefined {
  const inner = field(error, 'error');
  const places = [error, inner, field(inner, 'error')];
  const given = places.flatMap((place) => [field(place, 'code'), field(place, 'type')]);
  // A code says more than the type beside it: insufficient_quota is a rate_limit_error as well.
  for (const one of given) {
    const known = typeof one === 'string' ? BY_CODE.get(one) : undefined;
    if (known !== undefined) return known;
  }
  return undefined;
}

function byStatus(status: number): string | undefined {
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return 'server_error';
  return status >= 400 ? 'invalid_request' : undefined;
}

function byName(error: unknown): string | undefined {
  const maker = field(error, 'constructor');
  const names = [isFunction(maker) ? maker.name : undefined, field(error, 'name'), field(error, 'message')];
  for (const name of names) {
    const known = typeof name === 'string' ? BY_NAME.get(name) : undefined;
    if (known !== undefined) return known;
  }
  return undefined;
}
