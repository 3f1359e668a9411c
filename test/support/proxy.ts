import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProxyOptions {
  readonly to: { readonly host?: string; readonly port: number };
  /** 0 or none: a free one. */
  readonly port?: number;
}

/** What lies between a client and a server that a test takes away, or slows, while both go on running. */
export interface TcpProxy {
  readonly port: number;
  readonly connections: number;
  /** As if the server's machine were gone: open connections are reset, and new ones refused, until `restore`. */
  cut(): Promise<void>;
  /** Takes connections again, on the same port, at full speed. */
  restore(): Promise<void>;
  /** From now on this much in each direction of each connection, in bytes per second; the open ones too. 0: nothing passes. */
  slow(bytesPerSecond: number): void;
  close(): Promise<void>;
}

/** Listens on the loopback and passes every connection on. */
export async function startProxy({ to, port = 0 }: ProxyOptions): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const pace = { bytesPerSecond: Number.POSITIVE_INFINITY };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: to.host ?? '127.0.0.1', port: to.port, allowHalfOpen: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      const throttled = throttle(pace);
      socket.pipe(throttled).pipe(other);
      other.on('close', () => throttled.destroy());
      // One end's fault is the other's: neither may wait for bytes that will not come.
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => {
        sockets.delete(socket);
        if (!socket.readableEnded) other.destroy();
      });
    }
  });
  const listen = async (at: number): Promise<void> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(port);
  const { port: own } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  return {
    port: own,
    get connections() {
      return sockets.size / 2;
    },
    cut,
    async restore() {
      pace.bytesPerSecond = Number.POSITIVE_INFINITY;
      if (!server.listening) await listen(own);
    },
    slow(bytesPerSecond) {
      pace.bytesPerSecond = bytesPerSecond;
    },
    close: cut,
  };
}

/** A piece is at most what may pass in a twentieth of a second, so that a change of pace is soon felt. */
const PIECES_PER_SECOND = 20;

function throttle(pace: { readonly bytesPerSecond: number }): Transform {
  return new Transform({
    // What waits here is not felt as back-pressure by the sender; no more than a piece or two should.
    highWaterMark: 16 * 1024,
    async transform(this: Transform, chunk: Buffer, _encoding: string, done: TransformCallback) {
      let at = 0;
      while (at < chunk.length && !this.destroyed) {
        const { bytesPerSecond } = pace;
        if (bytesPerSecond === Number.POSITIVE_INFINITY) {
          this.push(chunk.subarray(at));
          break;
        }
        if (bytesPerSecond === 0) {
          await sleep(1_000 / PIECES_PER_SECOND);
          continue;
        }
        const size = Math.max(1, Math.ceil(bytesPerSecond / PIECES_PER_SECOND));
        const piece = chunk.subarray(at, at + size);
        await sleep((piece.length / bytesPerSecond) * 1_000);
        this.push(piece);
        at += piece.length;
      }
      done();
    },
  });
}
