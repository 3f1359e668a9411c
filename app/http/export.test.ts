import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json, Router } from 'express';
import { expect, it } from 'vitest';
import { createLogger } from '../../core/log.ts';
import type { ExportedRecord } from '../export/export-source.ts';
import { type ExportSource, exportRoutes } from './export.ts';
import { createMetrics } from './metrics.ts';
import { createServer } from './server.ts';

const TEXT = 'x'.repeat(64 * 1024);
const RECORDS = 5_000;

async function served(source: ExportSource) {
  const server = createServer({
    host: '127.0.0.1',
    port: 0,
    log: createLogger('silent'),
    metrics: createMetrics({}),
    routes: [{ path: '/', router: Router().use(json(), exportRoutes(source)), needs: 'nothing' }],
  });
  const { url } = await server.start();
  const post = (body: object) =>
    fetch(`${url}/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return { server, url, post };
}

const exported = (id: string): ExportedRecord => ({
  record: { id, project: 'p', model: 'm', timestamp: '2026-11-01T00:00:00.000Z', response: TEXT },
  flags: [],
});

it('reads no faster than it is read, and stops when nobody reads any more', async () => {
  let taken = 0;
  let ended: () => void = () => {};
  const isOver = new Promise<void>((resolve) => {
    ended = resolve;
  });
  async function* endless() {
    try {
      for (; taken < RECORDS; taken++) yield exported(`r${taken}`);
    } finally {
      ended();
    }
  }
  const { server, url } = await served(async () => endless());
  const asking = request(`${url}/export`, { method: 'POST', agent: false }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  await once(response, 'data');
  response.destroy();
  await isOver;
  // What fits into the buffers between the two, of more than 300 MB.
  expect(taken).toBeLessThan(RECORDS / 4);
  await server.stop();
});

it('an answer that fails half-way breaks off, and what is asked wrongly is said at once', async () => {
  async function* failing() {
    yield exported('first');
    throw new Error('the store went away');
  }
  const { server, post } = await served(async () => failing());
  const response = await post({});
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  expect((await post({ flags: ['unheard'] })).status).toBe(400);
  expect((await post({ share: 0 })).status).toBe(400);
  await server.stop();
});
