import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type RequestHandler, type Router } from 'express';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { type Access, createAccess, type Need } from './access.ts';
import { errorHandler, notFound } from './errors.ts';
import { browserGuard, securityHeaders } from './guard.ts';
import { createKeyMeters } from './key-meter.ts';
import type { Metrics } from './metrics.ts';
import { routeOf } from './route-of.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'requests'>;
  /** In order; the first that answers, answers. */
  readonly routes: readonly MountedRouter[];
  /** Who is let in; this machine alone if absent. */
  readonly access?: Access;
  /** From first byte to last of a request; what takes longer is answered 408 and closed. */
  readonly requestTimeoutMs?: number;
}

export interface MountedRouter {
  readonly path: string;
  readonly router: Router;
  /** What its callers need once there are keys; everything if absent. */
  readonly needs?: Need;
}

export interface HttpServer {
  /** Listens; gives the address to reach it at. @throws AppError when the port is taken or not allowed */
  start(): Promise<{ readonly url: string }>;
  /** Takes no more connections, lets requests in progress end for a while, then closes the rest. */
  stop(): Promise<void>;
}

/** From first byte to last, of a client that sends slowly: a body of 64 MiB at 9 Mbit/s. */
const REQUEST_TIMEOUT_MS = 60_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than the 60 s of usual load balancers, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const TIMEOUT_CHECK_MS = 5_000;
const CONNECTIONS_MAX = 4_096;
const STOP_GRACE_MS = 15_000;
const STOP_SWEEP_MS = 50;

/** The service's HTTP side. */
export function createServer(options: ServerOptions): HttpServer {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const server = createHttpServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeoutMs),
    },
    createApp(options),
  );
  server.maxConnections = CONNECTIONS_MAX;
  answerBrokenRequests(server);
  return {
    start: () => listen(server, options),
    stop: () => close(server),
  };
}

function createApp(options: ServerOptions): Express {
  const { log, metrics, routes, access = accessWithoutKeys(options) } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(timed(metrics), securityHeaders, browserGuard);
  for (const { path, router, needs = 'all' } of routes) app.use(path, access.needs(needs), router);
  app.use(notFound, errorHandler(log));
  return app;
}

function timed({ requests }: Pick<Metrics, 'requests'>): RequestHandler {
  return (req, res, next) => {
    const end = requests.startTimer();
    // The route, not the path: a path may be anything, and each would be a series of its own.
    res.on('finish', () => end({ method: req.method, route: routeOf(req), status: String(res.statusCode) }));
    next();
  };
}

function accessWithoutKeys({ host }: ServerOptions): Access {
  return createAccess({
    keys: { state: 'none', find: () => undefined },
    meters: createKeyMeters({ requestsPerSecond: 1, bytesPerSecond: 1 }),
    host,
    allowRemote: false,
    record: () => {},
  });
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<{ url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AppError(
          'upstream_unavailable',
          `cannot listen on ${host}:${port}: ${cause.message}. Set PORT or HOST.`,
          {
            cause,
            host,
            port,
          },
        ),
      ),
    );
    server.listen(port, host, () => {
      const { port: actual, family, address } = server.address() as AddressInfo;
      const name = family === 'IPv6' ? `[${address}]` : address;
      resolve({ url: `http://${name}:${actual}` });
    });
  });
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A connection whose last request ends only now would otherwise be kept for another one.
  const sweep = setInterval(() => server.closeIdleConnections(), STOP_SWEEP_MS);
  const timer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}

/** What is not HTTP never reaches a route; it is answered in JSON all the same. */
function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return;
    const [status, message] = brokenRequest(error.code);
    const body = JSON.stringify({ error: { code: 'invalid_input', message } });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}

function brokenRequest(code: string | undefined): readonly [status: string, message: string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return ['408 Request Timeout', 'the request took too long to arrive'];
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['431 Request Header Fields Too Large', 'the headers are too large'];
  return ['400 Bad Request', 'this is not HTTP'];
}
