import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, it } from 'vitest';
import { createChangeFeed } from './changes.ts';

let stop: () => Promise<void> = async () => {};
afterEach(() => stop());

async function feedOf(marks: () => { alerts: string; data: string }) {
  let looks = 0;
  const reader = {
    changeMarks: async () => {
      looks++;
      return marks();
    },
  };
  const feed = createChangeFeed(reader, { now: () => new Date() });
  const server = express().use(feed.router).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  stop = async () => {
    feed.stop();
    await new Promise((resolve) => server.close(resolve));
  };
  const { port } = server.address() as AddressInfo;
  return { feed, url: `http://127.0.0.1:${port}/changes`, looks: () => looks };
}

it('says which of the marks has changed, once, and ends when it is told to', async () => {
  let alerts = 'a';
  const { url, feed, looks } = await feedOf(() => ({ alerts, data: 'same' }));
  const body = (await fetch(url)).body?.getReader();
  const read = async () => new TextDecoder().decode((await body?.read())?.value);
  expect(await read()).toBe(': listening\n\n');
  while (looks() < 1) await new Promise((resolve) => setTimeout(resolve, 50));
  alerts = 'b';
  expect(await read()).toBe('event: alerts\ndata: \n\n');
  feed.stop();
  expect((await body?.read())?.done).toBe(true);
}, 15_000);

it('asks the store for nobody', async () => {
  const { url, looks } = await feedOf(() => ({ alerts: '', data: '' }));
  const leaving = new AbortController();
  await fetch(url, { signal: leaving.signal });
  leaving.abort();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const seen = looks();
  await new Promise((resolve) => setTimeout(resolve, 4_500));
  expect(looks()).toBe(seen);
}, 15_000);
