import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Reader, ReaderAnswer } from '../../sql/reader/open-reader.ts';
import { ProtocolError, statusOf } from './protocol-error.ts';
import { type SourceAnswerHead, sendAnswer, sendError } from './source-answer.ts';
import { checkCaller, type SourceAccount } from './source-caller.ts';
import { parseSourceRequest } from './source-request.ts';
import { createTurns } from './turns.ts';

export interface SourceServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly account: SourceAccount;
  readonly queriesMax: number;
  readonly queueMax: number;
  /** Of a query; its turn is waited for as long. */
  readonly timeMsMax: number;
  readonly reader: Reader;
  readonly log: Logger;
}

export interface SourceServer {
  /** Listens; gives the address to reach it at. @throws AppError when the port is taken or not allowed */
  start(): Promise<{ readonly url: string }>;
  /** Takes no more, ends the queries under way, and closes every connection. */
  stop(): Promise<void>;
}

/** Of the first line and the headers: an address with the text of a query and its values. */
const HEAD_BYTES_MAX = 256 * 2 ** 10;
const CONNECTIONS_MAX = 256;
const REQUEST_TIMEOUT_MS = 30_000;
/** As ClickHouse's, whose clients close idle connections a second before. */
const KEEP_ALIVE_TIMEOUT_MS = 10_000;
/** What a wrong password costs, so that none is found by trying. */
const REFUSAL_WAIT_MS = 300;
/** The engine looks at its bound on time now and then; one that does not is ended from outside. */
const TIME_GRACE_MS = 2_000;

/** The HTTP interface of ClickHouse over a reader: GET and POST on `/`, and `/ping`. */
export function createSourceServer(options: SourceServerOptions): SourceServer {
  const { reader, account, log, timeMsMax } = options;
  const turns = createTurns({ atOnce: options.queriesMax, waitingMax: options.queueMax });
  const ending = new AbortController();

  async function respond(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://source');
    if (isProbe(req, url)) {
      res.end('Ok.\n');
      return;
    }
    if (url.pathname !== '/')
      throw new ProtocolError(10, `There is no handle ${url.pathname.slice(0, 80)}. Use / or /ping.`, 404);
    if (req.method !== 'GET' && req.method !== 'POST')
      throw new ProtocolError(48, `${req.method} is not taken: use GET or POST. (NOT_IMPLEMENTED)`, 405);
    checkCaller(req, url, account);
    const request = await parseSourceRequest(req, url);
    const head = { id: request.queryId ?? randomUUID(), timezone: reader.timezone };
    const gone = goneSignal(res, ending.signal);
    const answer = await turns.take(
      () => reader.run(request.query, withLimit(gone, timeMsMax)),
      withLimit(gone, timeMsMax),
    );
    await finish(req, res, { answer, head, mayCompress: request.mayCompress });
  }

  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES_MAX,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    (req, res) => {
      respond(req, res).catch(async (error: unknown) => {
        if (!(error instanceof ProtocolError)) log.error({ err: error }, 'a query of the source failed');
        const known =
          error instanceof ProtocolError ? error : new ProtocolError(1002, 'the query failed, see the log');
        if (known.code === AUTHENTICATION_FAILED) await sleep(REFUSAL_WAIT_MS, undefined, { ref: false });
        sendError(res, known, reader.version);
      });
    },
  );
  server.maxConnections = CONNECTIONS_MAX;

  async function finish(
    req: IncomingMessage,
    res: ServerResponse,
    {
      answer,
      head,
      mayCompress,
    }: { answer: ReaderAnswer | null; head: SourceAnswerHead; mayCompress: boolean },
  ): Promise<void> {
    if (answer === null) throw tooMany(options.queriesMax);
    if (!answer.ok) throw new ProtocolError(answer.code, answer.message, statusOf(answer.code));
    await sendAnswer(res, answer, {
      ...head,
      accepts: mayCompress ? (req.headers['accept-encoding'] ?? '') : '',
    });
  }

  return {
    start: () => listen(server, options),
    async stop() {
      ending.abort();
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const rest = setTimeout(() => server.closeAllConnections(), TIME_GRACE_MS);
      await closed;
      clearTimeout(rest);
    },
  };
}

const AUTHENTICATION_FAILED = 516;

const tooMany = (max: number): ProtocolError =>
  new ProtocolError(
    202,
    `Too many simultaneous queries. Maximum: ${max}: ask again, or raise SOURCE_QUERIES_MAX. (TOO_MANY_SIMULTANEOUS_QUERIES)`,
  );

/** What asks whether somebody is there; it says nothing of the data. */
function isProbe({ method }: IncomingMessage, { pathname, search }: URL): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return pathname === '/ping' || pathname === '/replicas_status' || (pathname === '/' && search === '');
}

/** Aborted when the caller goes before its answer, or we end. */
function goneSignal(res: ServerResponse, ending: AbortSignal): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, ending]);
}

const withLimit = (gone: AbortSignal, timeMsMax: number): AbortSignal =>
  AbortSignal.any([gone, AbortSignal.timeout(timeMsMax + TIME_GRACE_MS)]);

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<{ url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AppError(
          'upstream_unavailable',
          `cannot listen on ${host}:${port} for Grafana: ${cause.message}. Set SOURCE_PORT or SOURCE_HOST.`,
          { cause, host, port },
        ),
      ),
    );
    server.listen(port, host, () => {
      const { port: actual, family, address } = server.address() as AddressInfo;
      resolve({ url: `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}` });
    });
  });
}
