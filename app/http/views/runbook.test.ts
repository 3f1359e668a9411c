import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLogger } from '../../../core/log.ts';
import { fixtureReader } from '../../../test/browser/fixture/reader.ts';
import { NOW } from '../../../test/browser/fixture/streams.ts';
import { errorHandler } from '../errors.ts';
import { viewRoutes } from './view-routes.ts';

let url = '';
let stop: () => void;

beforeAll(async () => {
  const app = express()
    .use(viewRoutes({ reader: fixtureReader, clock: { now: () => NOW }, projectOf: () => '' }))
    .use(errorHandler(createLogger('silent')));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = () => server.close();
});
afterAll(() => stop());

it('gives a runbook as it was written', async () => {
  const answer = await fetch(`${url}/runbooks/prompt-drift`);
  expect(await answer.json()).toEqual({
    name: 'prompt-drift',
    markdown: expect.stringMatching(/^# Other prompts arrive\n[\s\S]*## What to do\n/),
  });
});

it.each([
  'nowhere',
  'Quality',
  'quality.md',
  // Each of these would be a file if a path were made of it.
  '..%2falerts',
  '%2e%2e%2falerts',
  '..%2frunbooks%2fquality',
  '.%2fquality',
  'quality%00',
])('has none with the name %s, and says which there are', async (name) => {
  const answer = await fetch(`${url}/runbooks/${name}`);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({
    error: { code: 'not_found', message: expect.stringMatching(/there are bias, .*, safety$/) },
  });
});
