import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { ZodError } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';

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

/** The one place where failures become answers: JSON, a status by code, and a plain 500 for what nobody expected. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    if (error instanceof AppError) answerAppError(res, error);
    else if (error instanceof ZodError)
      answer(res, { status: 400, code: 'invalid_input', message: zodMessage(error) });
    else if (isClientFault(error))
      answer(res, { status: 400, code: 'invalid_input', message: 'the request is malformed' });
    else {
      log.error({ err: error, method: req.method, path: req.path }, 'a request failed unexpectedly');
      answer(res, { status: 500, code: 'internal', message: 'something is wrong here; it has been logged' });
    }
    if (error instanceof AppError && error.code === 'upstream_unavailable') {
      log.warn({ err: error, path: req.path }, 'a request could not be served');
    }
  };
}

/** For paths that nothing answers. */
export const notFound: RequestHandler = (req) => {
  throw new AppError('not_found', `nothing answers ${req.method} here`);
};

function answerAppError(res: Response, error: AppError): void {
  const { code, context, message } = error;
  const status = context['isOverShare'] === true ? TOO_MANY_REQUESTS : STATUS[code];
  if (status === 503 || status === TOO_MANY_REQUESTS) {
    const retryAfterMs = Number(context['retryAfterMs'] ?? RETRY_AFTER_MS);
    res.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  }
  if (code === 'unauthorized') res.set('WWW-Authenticate', 'Bearer realm="plumbline"');
  answer(res, { status, code, message: code === 'upstream_unavailable' ? outageMessage(message) : message });
}

/** What the store says of itself is for the log: it may hold addresses, or pieces of rows. */
function outageMessage(message: string): string {
  return /^the store/.test(message) ? 'the store cannot be used now; try again' : message;
}

function answer(
  res: Response,
  { status, code, message }: { status: number; code: string; message: string },
): void {
  res.status(status).json({ error: { code, message } });
}

/** What express and its parts raise for requests that make no sense, such as %zz in a path. */
function isClientFault(error: unknown): boolean {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 0;
  return status >= 400 && status < 500;
}

function zodMessage(error: ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
