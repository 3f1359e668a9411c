import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startProxy, type TcpProxy } from './support/proxy.ts';

let upstream: Server;
let accepted: Socket[];
let proxy: TcpProxy;

beforeEach(async () => {
  accepted = [];
  // Says back what it hears, and ends when the other side has ended.
  upstream = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  proxy = await startProxy({ to: { port: (upstream.address() as AddressInfo).port } });
});
afterEach(async () => {
  await proxy.close();
  upstream.close();
});

const open = async (): Promise<Socket> => {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
};
const echo = async (data: Buffer): Promise<Buffer> => {
  const socket = await open();
  socket.end(data);
  return buffer(socket);
};

it('passes on what is said, in both directions and to the end', async () => {
  const data = Buffer.alloc(5_000_000, 'plumbline ');
  expect((await echo(data)).equals(data)).toBe(true);
  await expect.poll(() => proxy.connections).toBe(0);
});

it('resets what is open and refuses what comes while it is cut, and takes up again on the same port', async () => {
  const socket = await open();
  socket.write('a');
  expect(String((await once(socket, 'data'))[0])).toBe('a');
  const lost = once(socket, 'error');
  await proxy.cut();
  expect((await lost)[0]).toMatchObject({ code: 'ECONNRESET' });
  await expect.poll(() => accepted[0]?.destroyed).toBe(true);
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.cut();
  await proxy.restore();
  expect(String(await echo(Buffer.from('again')))).toBe('again');
});

it('tells the client when the server resets', async () => {
  const socket = await open();
  socket.write('a');
  await once(socket, 'data');
  const lost = once(socket, 'error');
  accepted[0]?.resetAndDestroy();
  expect((await lost)[0]).toMatchObject({ code: 'ECONNRESET' });
});

it('holds a sender to a pace, and lets it go', async () => {
  proxy.slow(100_000);
  let startedAt = performance.now();
  await echo(Buffer.alloc(50_000));
  expect(performance.now() - startedAt).toBeGreaterThan(450);
  proxy.slow(0);
  const stalled = echo(Buffer.from('late'));
  expect(await Promise.race([stalled, sleep(200, 'nothing')])).toBe('nothing');
  await proxy.restore();
  expect(String(await stalled)).toBe('late');
  startedAt = performance.now();
  await echo(Buffer.alloc(50_000));
  expect(performance.now() - startedAt).toBeLessThan(400);
});
