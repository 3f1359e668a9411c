import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly records: Readonly<Record<string, unknown>>[];
}

/** How one request is answered: a status with headers and a body, or in a way that no service should. */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'hang'
  | 'garbage'
  | 'break-in-head'
  | 'break-in-body';

export interface Collector {
  readonly url: string;
  readonly received: readonly Received[];
  /** Answers the next requests so, one after another; then all is well again. */
  answer(...replies: Reply[]): void;
  /** Answers by what came; `null` for all is well. */
  decide(reply: ((request: Received) => Reply | null) | null): void;
  /** Records of requests that were answered with success. */
  accepted(): Readonly<Record<string, unknown>>[];
  /** Resolves when so many requests have come. */
  requests(count: number): Promise<void>;
  close(): Promise<void>;
}

const OK: Reply = { status: 200 };

/** A service that answers as a test says. @param port taken if given: what was there before comes back */
export async function startCollector(port = 0): Promise<Collector> {
  const received: Received[] = [];
  const accepted: Readonly<Record<string, unknown>>[] = [];
  let script: Reply[] = [];
  let decision: ((request: Received) => Reply | null) | null = null;
  let waiting: { count: number; resolve: () => void }[] = [];

  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const records = body
        .toString()
        .split('\n')
        .map((line) => JSON.parse(line));
      const one = { path: request.url ?? '', headers: request.headers, records };
      received.push(one);
      const reply = script.shift() ?? decision?.(one) ?? OK;
      if (typeof reply === 'object' && reply.status === 200) accepted.push(...records);
      send(response, reply, records.length);
      for (const { count, resolve } of waiting) if (received.length >= count) resolve();
      waiting = waiting.filter(({ count }) => received.length < count);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (...replies) => {
      script = [...script, ...replies];
    },
    decide: (reply) => {
      decision = reply;
    },
    accepted: () => accepted,
    requests: (count) =>
      new Promise((resolve) => {
        if (received.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function send(response: ServerResponse, reply: Reply, count: number): void {
  if (reply === 'hang') return;
  if (reply === 'garbage') {
    response.socket?.end('\u0000\u0001 this is no HTTP\r\n\r\n');
    return;
  }
  if (reply === 'break-in-head') {
    response.socket?.write('HTTP/1.1 200 O');
    response.socket?.destroy();
    return;
  }
  if (reply === 'break-in-body') {
    response.writeHead(503, { 'content-length': '1000' });
    response.write('{"rej');
    setImmediate(() => response.socket?.destroy());
    return;
  }
  const fine = JSON.stringify({ accepted: count, rejected: [], rejected_count: 0 });
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.body ?? (reply.status === 200 ? fine : ''));
}
