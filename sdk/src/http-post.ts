import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Its beginning; empty where it broke off. */
  readonly text: string;
}

export interface Poster {
  /** Answers whatever status comes; rejects where none does. Redirects are not followed. */
  post(request: Post): Promise<Answer>;
  /** While held, requests under way keep the process alive; otherwise they never do once they are connected. */
  hold(isHeld: boolean): void;
  close(): void;
}

export interface PosterLimits {
  readonly connectMsMax: number;
  readonly requestMsMax: number;
}

/** The answer of our service to a batch is far shorter. */
const ANSWER_CHARACTERS_MAX = 65_536;

/**
 * Posts over kept connections of `node:http`. Not `fetch`: its sockets keep the process alive while they are in use, and
 * whoever instruments the host's `fetch` would see our requests among its own.
 */
export function createPoster(limits: PosterLimits): Poster {
  const options = { keepAlive: true, maxSockets: 2, maxFreeSockets: 1 };
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  const underWay = new Set<http.ClientRequest>();
  let isHeld = false;

  return {
    post: (request) => {
      const { url, headers } = request;
      const isSecure = url.protocol === 'https:';
      const agent = isSecure ? agents['https:'] : agents['http:'];
      const begin = isSecure ? https.request : http.request;
      return new Promise((resolve, reject) => {
        const sent = begin(url, { method: 'POST', headers, agent });
        // First, or an error would be nobody's, and end the process.
        sent.on('error', reject);
        underWay.add(sent);
        sent.once(
          'close',
          quiet(() => underWay.delete(sent)),
        );
        sent.once(
          'socket',
          quiet((socket: Socket) => {
            if (isHeld) socket.ref();
            else socket.unref();
          }),
        );
        limitTime(sent, limits);
        sent.once(
          'response',
          quiet((response: http.IncomingMessage) => readAnswer(response, resolve)),
        );
        sent.end(request.body);
      });
    },
    hold(held) {
      isHeld = held;
      for (const { socket } of underWay) {
        if (held) socket?.ref();
        else socket?.unref();
      }
    },
    close() {
      for (const sent of underWay) sent.destroy();
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

/** An event of ours that fails costs the request, which its time limit ends, and nothing else. */
function quiet<T extends unknown[]>(listener: (...given: T) => void): (...given: T) => void {
  return (...given) => {
    try {
      listener(...given);
    } catch {
      // As said above.
    }
  };
}

function limitTime(sent: http.ClientRequest, { connectMsMax, requestMsMax }: PosterLimits): void {
  const giveUp = quiet((what: string): void => {
    sent.destroy(new Error(what));
  });
  const connecting = setTimeout(giveUp, connectMsMax, `no connection within ${connectMsMax} ms`).unref();
  const waiting = setTimeout(giveUp, requestMsMax, `no answer within ${requestMsMax} ms`).unref();
  const isConnected = quiet(() => clearTimeout(connecting));
  sent.once(
    'socket',
    quiet((socket: Socket) => {
      if (socket.connecting) socket.once('connect', isConnected);
      else isConnected();
    }),
  );
  sent.once(
    'close',
    quiet(() => {
      clearTimeout(connecting);
      clearTimeout(waiting);
    }),
  );
}

/** Ends with the answer in any case: its status says what became of the batch, even where its text breaks off. */
function readAnswer(response: http.IncomingMessage, resolve: (answer: Answer) => void): void {
  let text = '';
  const end = quiet(() =>
    resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text }),
  );
  response.on('error', end);
  response.setEncoding('utf8');
  response.on(
    'data',
    quiet((piece: string) => {
      if (text.length < ANSWER_CHARACTERS_MAX) text += piece;
      else response.destroy();
    }),
  );
  response.once('end', end);
  response.once('close', end);
}
