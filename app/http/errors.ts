import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { ZodError } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { createThrottle } from '../../core/throttle.ts';

const STATUS = {
  invalid_input: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  too_large: 413,
  unsupported: 415,
  overloaded: 503,
  upstream_unavailable: 503,
} as const;
const TOO_MANY_REQUESTS = 429;
const RETRY_AFTER_MS = 1000;

/** While store or log are away, every request fails in the same way. */
const outages = createThrottle(5_000);

/** A failure as an answer has it. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Seconds, for those worth trying again. */
  readonly retryAfterS?: number;
  /** How to say who one is. */
  readonly challenge?: string;
}

/** The one place where failures become answers: JSON, a status by code, and a plain 500 for what nobody expected. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const { status, code, message, retryAfterS, challenge } = failureOf(error);
    if (challenge !== undefined) res.set('WWW-Authenticate', challenge);
    if (retryAfterS !== undefined) res.set('Retry-After', String(retryAfterS));
    res.status(status).json({ error: { code, message } });
    logFailure(log, error, req);
  };
}

/** What an error is to the one who asked. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AppError) return appFailure(error);
  if (error instanceof ZodError) return { status: 400, code: 'invalid_input', message: zodMessage(error) };
  if (isClientFault(error))
    return { status: 400, code: 'invalid_input', message: 'the request is malformed' };
  return { status: 500, code: 'internal', message: 'something is wrong here; it has been logged' };
}

/** Logs what is not the caller's doing. */
export function logFailure(log: Logger, error: unknown, { method, path }: Request): void {
  if (failureOf(error).status === 500)
    log.error({ err: error, method, path }, 'a request failed unexpectedly');
  else if (error instanceof AppError && error.code === 'upstream_unavailable') {
    const told = outages(error.message);
    if (told) log.warn({ err: error, path, ...told }, 'a request could not be served');
  }
}

/** For paths that nothing answers. */
export const notFound: RequestHandler = (req) => {
  throw new AppError('not_found', `nothing answers ${req.method} here`);
};

function appFailure({ code, context, message }: AppError): Failure {
  const status = context['isOverShare'] === true ? TOO_MANY_REQUESTS : STATUS[code];
  const failure: Failure = {
    status,
    code,
    message: code === 'upstream_unavailable' ? outageMessage(message) : message,
    ...(code === 'unauthorized' ? { challenge: 'Bearer realm="plumbline"' } : {}),
  };
  if (status !== 503 && status !== TOO_MANY_REQUESTS) return failure;
  const retryAfterMs = Number(context['retryAfterMs'] ?? RETRY_AFTER_MS);
  return { ...failure, retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1000)) };
}

/** What store and log say of themselves is for our own log lines: it may hold addresses, or pieces of rows. */
function outageMessage(message: string): string {
  const [, part] = /^the (store|log)\b/.exec(message) ?? [];
  return part === undefined ? message : `the ${part} cannot be used now; try again`;
}

/** What express and its parts raise for requests that make no sense, such as %zz in a path. */
function isClientFault(error: unknown): boolean {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 0;
  return status >= 400 && status < 500;
}

function zodMessage(error: ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
