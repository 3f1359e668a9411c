import { Router } from 'express';
import { expect, it } from 'vitest';
import { type ApiKey, type KeyScope, newKeyText, secretSha256 } from '../../core/api-key.ts';
import { createLogger } from '../../core/log.ts';
import type { AlertDesk } from '../alerting/desk.ts';
import { createAccess } from './access.ts';
import { alertRoutes } from './alerts.ts';
import { readableProject } from './caller.ts';
import { createKeyMeters } from './key-meter.ts';
import { createMetrics } from './metrics.ts';
import { createServer } from './server.ts';

it('who may read lists, who may read and write changes, and who may only write does neither', async () => {
  const keys = new Map<string, ApiKey>();
  const keyOf = (...scopes: KeyScope[]): string => {
    const { id, secret, text } = newKeyText();
    const limits = { requestsPerSecond: null, bytesPerSecond: null, bodyBytesMax: null };
    const made = { id, project: 'p', scopes, name: '', createdAt: new Date(), revokedAt: null, limits };
    keys.set(id, { ...made, secretSha256: secretSha256(secret) });
    return text;
  };
  const [reader, writer, both] = [keyOf('read'), keyOf('write'), keyOf('read', 'write')];
  const access = createAccess({
    keys: { state: 'some', find: (id) => keys.get(id) },
    meters: createKeyMeters({ requestsPerSecond: 1_000, bytesPerSecond: 1e9 }),
    host: '127.0.0.1',
    allowRemote: false,
    record: () => {},
  });
  const projects: string[] = [];
  const say = async (project: string): Promise<never> => {
    projects.push(project);
    return {} as never;
  };
  const desk: AlertDesk = {
    silences: async () => [],
    incidents: async () => [],
    silence: say,
    expire: say,
    acknowledge: say,
    close: say,
  };
  const gates = { read: access.needs('read'), write: [access.needs('read'), access.needs('write')] };
  const server = createServer({
    host: '127.0.0.1',
    port: 0,
    log: createLogger('silent'),
    metrics: createMetrics({}),
    access,
    routes: [
      {
        path: '/v1',
        router: alertRoutes({ desk, projectOf: readableProject, gates }),
        needs: 'nothing',
      },
      { path: '/v1', router: Router(), needs: 'write' },
    ],
  });
  const { url } = await server.start();
  const ask = async (request: string, key: string, type = 'application/json'): Promise<number> => {
    const [method = '', path = ''] = request.split(' ');
    const headers = { authorization: `Bearer ${key}`, 'content-type': type };
    const body = method === 'POST' ? { body: '{}' } : {};
    return (await fetch(url + path, { method, headers, ...body })).status;
  };
  try {
    const reads = ['GET /v1/incidents', 'GET /v1/silences'];
    const changes = [
      'POST /v1/silences',
      'DELETE /v1/silences/s',
      'POST /v1/incidents/i/acknowledge',
      'POST /v1/incidents/i/close',
    ];
    for (const request of reads) {
      expect(await ask(request, reader), request).toBe(200);
      expect(await ask(request, writer), request).toBe(403);
    }
    for (const request of changes) {
      expect(await ask(request, reader), request).toBe(403);
      expect(await ask(request, writer), request).toBe(403);
      expect(await ask(request, both), request).toBeLessThan(300);
    }
    expect(new Set(projects)).toEqual(new Set(['p']));
  } finally {
    await server.stop();
  }
});
