import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../core/log.ts';
import { errorHandler } from '../errors.ts';
import { panelRoutes } from './panels.ts';

const NOW = new Date('2026-11-22T14:40:30.000Z');
/** Where this request's key belongs; empty: everywhere. */
let project = '';
let asked: { sql: string; project: string }[] = [];
let lastSeen = NOW;
let url = '';
let stop: () => void;

beforeEach(async () => {
  [project, asked, lastSeen] = ['', [], NOW];
  const reader = {
    panelRows: async (query: { sql: string; project: string }) => {
      asked.push(query);
      return [{ value: 'first' }, { value: 'second' }];
    },
    streamTotals: async () => [
      {
        project: 'a',
        model: 'm',
        version: '',
        segment: '',
        inferences: 1,
        lastHour: 1,
        firstSeen: new Date(0),
        lastSeen,
      },
    ],
  };
  const app = express()
    .use(panelRoutes({ reader, clock: { now: () => NOW }, projectOf: () => project }))
    .use(errorHandler(createLogger('silent')));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = () => server.close();
});
afterEach(() => stop());

const get = async (path: string): Promise<{ status: number; json: Record<string, unknown> }> => {
  const answer = await fetch(`${url}${path}`);
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
};

describe('GET /panels/:dashboard', () => {
  it('gives the panels without their queries, and what can be chosen', async () => {
    const { json } = await get('/panels/drift?model=gpt-4');
    expect(JSON.stringify(json)).not.toContain('SELECT');
    expect(json['variables']).toContainEqual({
      name: 'model',
      label: 'Model',
      isMulti: true,
      choices: ['first', 'second'],
      chosen: 'gpt-4',
    });
    // One that must have a value has its first.
    expect(json['variables']).toContainEqual(expect.objectContaining({ name: 'signal', chosen: 'first' }));
  });

  it('refuses a dashboard, a panel and a range that there are not', async () => {
    expect((await get('/panels/secrets')).status).toBe(400);
    expect((await get('/panels/overview?range=1y')).status).toBe(400);
    expect((await get('/panels/overview/secrets')).status).toBe(404);
  });
});

describe('GET /panels/:dashboard/:panel', () => {
  it('asks for the range up to now, with what was chosen quoted', async () => {
    await get(`/panels/overview/overview-inferences?range=1h&model=${encodeURIComponent("o'x\\")}`);
    expect(asked[0]?.sql).toContain("'o\\'x\\\\'");
    expect(asked[0]?.sql).toContain(String(Date.parse('2026-11-22T14:41:00Z') / 1000));
    expect(asked[0]?.sql).not.toContain('$');
  });

  it('ends where everything fell silent, so that there is something to see', async () => {
    lastSeen = new Date('2026-11-01T00:00:00.000Z');
    const { json } = await get('/panels/overview/overview-inferences?range=24h');
    expect(json['until']).toBe('2026-11-01T00:00:00.000Z');
  });

  it('asks for the project of the key, whatever the address asks for', async () => {
    project = 'mine';
    await get('/panels/overview/overview-inferences?project=theirs');
    expect(asked[0]?.project).toBe('mine');
    expect(asked[0]?.sql).toContain("'mine'");
    expect(asked[0]?.sql).not.toContain('theirs');
  });

  it('answers the same question from memory, and not to another key', async () => {
    await get('/panels/overview/overview-inferences');
    await get('/panels/overview/overview-inferences');
    expect(asked).toHaveLength(1);
    project = 'mine';
    await get('/panels/overview/overview-inferences');
    expect(asked).toHaveLength(2);
  });

  it('says what must be chosen', async () => {
    const { status, json } = await get('/panels/drift/drift-distribution');
    expect([status, JSON.stringify(json)]).toEqual([400, expect.stringContaining('$signal needs a value')]);
  });
});
