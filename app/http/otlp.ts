import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import {
  exportAnswer,
  type OtlpAnswer,
  type PartialSuccess,
  statusAnswer,
} from '../../ingest/otlp/answer.ts';
import type { OtlpTask } from '../../ingest/otlp/check-otlp.ts';
import type { OtlpEncoding } from '../../ingest/otlp/decode.ts';
import type { OtlpRejection, OtlpSignal } from '../../ingest/otlp/mapping.ts';
import type { Access } from './access.ts';
import { readBody } from './body.ts';
import { bodyAllowance, projectRuleOf } from './caller.ts';
import { failureOf, logFailure } from './errors.ts';
import type { IntakeOptions } from './ingest-route.ts';

/** What takes exports of OpenTelemetry to the store. */
export interface OtlpIntake {
  /** Resolves when everything good in the export is stored. The body's memory may move to another thread. */
  submit(submission: OtlpSubmission): Promise<OtlpOutcome>;
}

export interface OtlpSubmission extends OtlpTask {
  readonly body: Uint8Array;
}

export interface OtlpOutcome {
  /** Spans or log records stored. */
  readonly accepted: number;
  /** Those that are no inference, or the same one again: nothing is wrong with them. */
  readonly ignored: number;
  /** The first of those refused, by place in the export. */
  readonly rejected: readonly OtlpRejection[];
  readonly rejectedCount: number;
}

export interface OtlpRouteOptions extends IntakeOptions {
  readonly log: Logger;
  /** Who is let in is asked here, so that a refusal too is a google.rpc.Status; without, whoever gets this far. */
  readonly access?: Access;
}

/** Refusals that an answer describes; the rest is counted. */
const REJECTIONS_SHOWN_MAX = 10;
/** An OpenTelemetry client gives up on a batch after ten seconds: asked to wait longer it drops it at once. */
const RETRY_AFTER_S_MAX = 4;
const ENCODINGS: Readonly<Record<string, OtlpEncoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
};
const COMPRESSIONS: ReadonlySet<string> = new Set(['', 'identity', 'gzip', 'x-gzip']);
const PATHS = ['/traces', '/logs', '/metrics'];
const KINDS = { traces: 'span', logs: 'log_record' } as const;
const NO_METRICS =
  'metrics are not stored: they say nothing of a single call. Set OTEL_METRICS_EXPORTER=none, or send them elsewhere';

/**
 * POST /traces, /logs, /metrics : OTLP/HTTP 1.11, in protobuf and JSON. Answers 200 with an Export…ServiceResponse when
 * everything good is stored, else a google.rpc.Status; only 429 and 503 are worth trying again.
 */
export function otlpRoutes(intake: OtlpIntake, options: OtlpRouteOptions): Router {
  const enter = options.access?.needs('write') ?? ((_req, _res, next) => next());
  return Router()
    .post(PATHS, enter, failureRoute(options.log))
    .post('/traces', exportRoute('traces', intake, options), failureRoute(options.log))
    .post('/logs', exportRoute('logs', intake, options), failureRoute(options.log))
    .post('/metrics', dropMetrics, failureRoute(options.log));
}

function exportRoute(
  signal: OtlpSignal,
  intake: OtlpIntake,
  { budget, bodyBytesMax, metrics }: OtlpRouteOptions,
): RequestHandler {
  return async (req, res) => {
    const encoding = encodingOf(req);
    checkCompression(req);
    const { lease, bytesMax } = bodyAllowance(req, res, { bodyBytesMax, budget });
    try {
      const body = await readBody(req, { bytesMax, lease });
      metrics.bodyBytes.inc(body.length);
      const project = projectRuleOf(res)?.default;
      const outcome = await intake.submit({
        signal,
        encoding,
        body,
        ...(project === undefined ? {} : { project }),
      });
      const kind = KINDS[signal];
      metrics.records.inc({ kind, outcome: 'accepted' }, outcome.accepted);
      metrics.records.inc({ kind, outcome: 'ignored' }, outcome.ignored);
      metrics.records.inc({ kind, outcome: 'rejected' }, outcome.rejectedCount);
      send(res, 200, exportAnswer(signal, encoding, partialSuccess(outcome)));
    } finally {
      lease.release();
    }
  };
}

/** A client that sends all its signals to one address must not fail for this one. The body flows by, unread. */
const dropMetrics: RequestHandler = (req, res) => {
  const encoding = encodingOf(req);
  req.resume();
  send(res, 200, exportAnswer('metrics', encoding, { rejectedCount: 0, message: NO_METRICS }));
};

function encodingOf(req: Request): OtlpEncoding {
  const encoding = contentType(req);
  if (encoding !== null) return encoding;
  throw new AppError(
    'unsupported',
    'expected Content-Type application/x-protobuf or application/json, got another one: set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or http/json',
  );
}

function contentType(req: Request): OtlpEncoding | null {
  const type = (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return Object.hasOwn(ENCODINGS, type) ? (ENCODINGS[type] ?? null) : null;
}

function checkCompression(req: Request): void {
  const name = (req.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (COMPRESSIONS.has(name)) return;
  throw new AppError(
    'unsupported',
    'expected Content-Encoding gzip or none, got another one: set OTEL_EXPORTER_OTLP_COMPRESSION=gzip, in the Collector `compression: gzip`',
  );
}

function partialSuccess({ rejected, rejectedCount }: OtlpOutcome): PartialSuccess {
  if (rejectedCount === 0) return { rejectedCount, message: '' };
  const shown = rejected.slice(0, REJECTIONS_SHOWN_MAX).map(({ index, reason }) => `${index}: ${reason}`);
  const more = rejectedCount > shown.length ? `; and ${rejectedCount - shown.length} more` : '';
  return { rejectedCount, message: `${shown.join('; ')}${more}` };
}

/** gRPC's codes of the statuses that are answered. */
const GRPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  413: 3,
  415: 3,
  429: 8,
  503: 14,
};
const GRPC_INTERNAL = 13;

function failureRoute(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const { status, message, retryAfterS } = failureOf(error);
    if (retryAfterS !== undefined) res.set('Retry-After', String(Math.min(RETRY_AFTER_S_MAX, retryAfterS)));
    const code = GRPC_CODES[status] ?? GRPC_INTERNAL;
    send(res, status, statusAnswer(contentType(req) ?? 'json', { code, message }));
    logFailure(log, error, req);
  };
}

function send(res: Response, status: number, { contentType: type, body }: OtlpAnswer): void {
  // Not `send`, which would add a charset that the type does not have.
  res.status(status).setHeader('Content-Type', type).setHeader('Content-Length', body.length).end(body);
}
