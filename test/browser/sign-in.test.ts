// biome-ignore-all lint/performance/useDomNodeTextContent: what a reader sees is what is meant.
import { Router } from 'express';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createAccess } from '../../app/http/access.ts';
import { readableProject } from '../../app/http/caller.ts';
import { createKeyMeters } from '../../app/http/key-meter.ts';
import { createMetrics } from '../../app/http/metrics.ts';
import { createServer, type HttpServer } from '../../app/http/server.ts';
import { pageFiles } from '../../app/http/views/page-files.ts';
import { viewRoutes } from '../../app/http/views/view-routes.ts';
import { type ApiKey, newKeyText, secretSha256 } from '../../core/api-key.ts';
import { createLogger } from '../../core/log.ts';
import { launchChromium } from './chromium.mjs';
import { fixtureReader } from './fixture/reader.ts';
import { NOW } from './fixture/streams.ts';
import { type ServedPage, servePage } from './serve.ts';

// The page behind the real gate.

let files: ServedPage;
let server: HttpServer;
let browser: Browser;
let page: Page;
let url: string;
const keys = new Map<string, ApiKey>();

function makeKey(fields: Partial<ApiKey>): string {
  const { id, secret, text } = newKeyText();
  keys.set(id, {
    id,
    secretSha256: secretSha256(secret),
    project: 'default',
    scopes: ['read'],
    name: '',
    createdAt: NOW,
    revokedAt: null,
    limits: { requestsPerSecond: null, bytesPerSecond: null, bodyBytesMax: null },
    ...fields,
  });
  return text;
}

const reader = makeKey({});
const writer = makeKey({ scopes: ['write'] });

beforeAll(async () => {
  [files, browser] = await Promise.all([servePage(fixtureReader), launchChromium()]);
  const views = viewRoutes({ reader: fixtureReader, clock: { now: () => NOW }, projectOf: readableProject });
  server = createServer({
    host: '127.0.0.1',
    port: 0,
    log: createLogger('silent'),
    metrics: createMetrics({}),
    access: createAccess({
      keys: { state: 'some', find: (id) => keys.get(id) },
      meters: createKeyMeters({ requestsPerSecond: 1_000, bytesPerSecond: 1_000_000 }),
      host: '127.0.0.1',
      allowRemote: false,
      record: () => {},
    }),
    routes: [
      { path: '/api', router: views, needs: 'read' },
      { path: '/', router: Router().use(pageFiles(files.folder)), needs: 'page' },
    ],
  });
  url = (await server.start()).url;
});
afterAll(async () => {
  await browser.close();
  await Promise.all([server.stop(), files.stop()]);
});
beforeEach(async () => {
  page = await (await browser.newContext()).newPage();
});
afterEach(() => page.context().close());

async function enter(key: string): Promise<void> {
  await page.waitForSelector('.sign-in');
  await page.keyboard.type(key);
  await page.keyboard.press('Enter');
}

it('asks for a key, says what is wrong with one, and opens with a good one', async () => {
  await page.goto(`${url}/`);
  await page.waitForSelector('.sign-in');
  expect(await page.getByRole('alert').count()).toBe(0);
  expect(await page.getByText('no connection').count()).toBe(0);
  await enter(writer);
  await page.getByText('This key may not read').waitFor();
  await enter(`${reader.slice(0, -1)}-`);
  await page.getByText('This is no key of Plumbline').waitFor();
  await enter(`  ${reader} `);
  await page.waitForSelector('.streams');
  expect(page.url()).not.toContain('plb_');
});

it('keeps it for the tab alone, and forgets it when told', async () => {
  await page.goto(`${url}/#/incidents`);
  await enter(reader);
  await page.waitForSelector('.incidents');
  await page.reload();
  await page.waitForSelector('.incidents');
  const other = await page.context().newPage();
  await other.goto(`${url}/`);
  await other.waitForSelector('.sign-in');
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie)).not.toContain(
    'plb_',
  );
  await page.goto(`${url}/#/send`);
  expect(await page.locator('pre').innerText()).toContain('authorization: Bearer $PLUMBLINE_KEY');
  await page.getByRole('button', { name: 'Forget the key' }).click();
  await page.goto(`${url}/#/`);
  await page.waitForSelector('.sign-in');
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  expect(await page.getByRole('button', { name: 'Forget the key' }).count()).toBe(0);
});

it('takes what it shows away when the key is revoked', async () => {
  const text = makeKey({});
  await page.goto(`${url}/`);
  await enter(text);
  await page.waitForSelector('.streams');
  for (const key of keys.values()) if (text.includes(key.id)) keys.set(key.id, { ...key, revokedAt: NOW });
  await page.getByText('This key was revoked').waitFor();
  expect(await page.locator('.streams').count()).toBe(0);
});
