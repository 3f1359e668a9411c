import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * What may go wrong with one request. `busy`: 429 and Retry-After; `down`: 503 by a proxy; `garbage`: a page that is no answer of
 * the protocol; `hang`: no answer at all; `reset`: cut before anything was done; `lost_answer`: done, and then cut in the
 * middle of the answer.
 */
export type Fault = 'busy' | 'down' | 'garbage' | 'hang' | 'reset' | 'lost_answer';

export const BUSY_SECONDS = 7;

export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StandIn {
  readonly url: string;
  readonly port: number;
  /** The next requests go wrong like this, one each; then all is well again. */
  readonly faults: Fault[];
  /** Every request that came, in order. */
  readonly received: Received[];
  readonly stop: () => Promise<void>;
}

/** A server of HTTP on a port of its own that goes wrong when it is told to. */
export async function startStandIn(handle: (request: Received) => Answer): Promise<StandIn> {
  const faults: Fault[] = [];
  const received: Received[] = [];
  const server = createServer((request, response) => {
    buffer(request).then(
      (body) => {
        const { method = 'GET', url = '/', headers } = request;
        const one = { method, url: new URL(url, 'http://stand-in'), headers, body };
        received.push(one);
        respond(response, one, { handle, fault: faults.shift() });
      },
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    received,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function respond(
  response: ServerResponse,
  request: Received,
  { handle, fault }: { handle: (request: Received) => Answer; fault: Fault | undefined },
): void {
  if (fault === 'hang') return;
  if (fault === 'reset') {
    response.destroy();
    return;
  }
  const answer = (fault && ANSWERS[fault]) ?? handle(request);
  if (fault !== 'lost_answer') {
    send(response, answer);
    return;
  }
  response.writeHead(answer.status, { 'content-length': '1000' });
  response.write('{"ok":');
  setImmediate(() => response.destroy());
}

const ANSWERS: Readonly<Partial<Record<Fault, Answer>>> = {
  busy: { status: 429, headers: { 'retry-after': String(BUSY_SECONDS) } },
  down: { status: 503, body: '<html><h1>503 Service Unavailable</h1></html>' },
  garbage: { status: 200, body: '<html>Welcome to the hotel’s network</html>' },
};

function send(response: ServerResponse, { status, body = '', headers = {} }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    ...headers,
  });
  response.end(isText ? body : JSON.stringify(body));
}

/** A body that should be a JSON object; null if it is not. */
export function jsonBody({ body }: Received): Record<string, unknown> | null {
  try {
    const value = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
