import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { VendorAnswer, VendorRequest } from './vendor-answer.ts';
import { anthropicAnswer } from './vendor-anthropic.ts';
import { chatAnswer, completionAnswer, embeddingAnswer } from './vendor-chat.ts';
import { responsesAnswer } from './vendor-responses.ts';

export interface VendorServer {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Every request since the last `forget`, oldest first. */
  readonly requests: readonly VendorRequest[];
  forget(): void;
  /** Resolves with the next request. */
  asked(): Promise<void>;
  /** Answers 429 from now on to whatever `isBusy` says yes. */
  busy(isBusy: () => boolean): void;
  close(): Promise<void>;
}

/**
 * Speaks the protocols of OpenAI and Anthropic on this machine. The model in the request says how it goes: `busy` is
 * always answered 429, `busy-once` at the first attempt only, `missing` 404, `broken` 500, `garbage` with half a JSON, `hangs` never;
 * `cut` breaks the connection in the middle of a stream, `hangs-midway` says nothing more, `fails-midway` says that it failed;
 * `refuses` and `silent` say so. Any other model answers as it should.
 */
export async function startVendorServer(): Promise<VendorServer> {
  let requests: VendorRequest[] = [];
  let onAsked = (): void => {};
  let isBusy = (): boolean => false;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const asked = { path, headers: request.headers, body };
      requests.push(asked);
      onAsked();
      const answer = (isBusy() ? busyAnswer(path) : failureOf(asked)) ?? answerOf(asked);
      if (answer !== undefined) send(response, answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    forget() {
      requests = [];
      isBusy = () => false;
    },
    asked: () =>
      new Promise((resolve) => {
        onAsked = resolve;
      }),
    busy(given) {
      isBusy = given;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<VendorRequest['body']> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text || '{}') as VendorRequest['body'];
}

function failureOf({ body, headers, path }: VendorRequest): VendorAnswer | undefined {
  const isFirst = (headers['x-stainless-retry-count'] ?? '0') === '0';
  switch (body['model']) {
    case 'busy':
      return busyAnswer(path);
    case 'busy-once':
      return isFirst ? busyAnswer(path) : undefined;
    case 'missing':
      return { status: 404, json: { error: { message: 'no such model', type: 'not_found_error' } } };
    case 'broken':
      return { status: 500, json: { error: { message: 'oops' } } };
    case 'garbage':
      return { text: '{"id": "chatcmpl-1", "choices": [' };
    default:
      return undefined;
  }
}

function busyAnswer(path: string): VendorAnswer {
  return {
    status: 429,
    headers: { 'retry-after-ms': '1' },
    json: path.endsWith('/messages')
      ? { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } }
      : { error: { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' } },
  };
}

function answerOf(asked: VendorRequest): VendorAnswer | undefined {
  if (asked.body['model'] === 'hangs') return undefined;
  if (asked.path.endsWith('/chat/completions')) return chatAnswer(asked.body);
  if (asked.path.endsWith('/completions')) return completionAnswer(asked.body);
  if (asked.path.endsWith('/embeddings')) return embeddingAnswer(asked.body);
  if (asked.path.endsWith('/responses')) return responsesAnswer(asked.body);
  if (asked.path.endsWith('/messages')) return anthropicAnswer(asked.body);
  return { status: 404, json: { error: { message: `no ${asked.path} here` } } };
}

function send(response: ServerResponse, answer: VendorAnswer): void {
  const id = { 'x-request-id': 'req_1', 'request-id': 'req_1' };
  if ('json' in answer) {
    response.writeHead(answer.status ?? 200, {
      'content-type': 'application/json',
      ...id,
      ...answer.headers,
    });
    response.end(JSON.stringify(answer.json));
  } else if ('text' in answer) {
    response.writeHead(200, { 'content-type': 'application/json', ...id });
    response.end(answer.text);
  } else {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...id });
    const text = answer.events.join('');
    if (answer.ending === undefined) response.end(text);
    else response.write(text, () => answer.ending === 'breaks' && setImmediate(() => response.destroy()));
  }
}
