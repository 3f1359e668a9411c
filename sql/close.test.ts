import { expect, it } from 'vitest';
import { openTempStore } from '../test/support/temp-store.ts';

it('a store is not closed in the middle of what it is asked, and is asked nothing more', async () => {
  const { store, close } = await openTempStore('close');
  const ended: string[] = [];
  const note = (name: string) => () => {
    ended.push(name);
  };
  // Two seconds of engine, and behind it on the same connection what waits for it.
  const slow = store
    .rows('SELECT sum(sleepEachRow(0.2)) AS s FROM numbers(10) SETTINGS max_block_size = 1')
    .then(note('slow'));
  const waiting = store.command('SELECT 1').then(note('waiting'));
  const line = Buffer.from('{"kind":"k","name":"n","body":"{}","revision":"2026-11-01 00:00:00.000000"}\n');
  const insert = store.insertLines('states', line).then(note('insert'));
  const stream = (async () => {
    let bytes = 0;
    for await (const chunk of store.chunks('SELECT number FROM numbers(2000000)')) bytes += chunk.length;
    expect(bytes).toBeGreaterThan(10_000_000);
    note('stream')();
  })();
  const closed = close().then(note('closed'));
  const refused = { code: 'upstream_unavailable', message: expect.stringContaining('being closed') };
  await expect(store.rows('SELECT 1')).rejects.toMatchObject(refused);
  await expect(store.command('SELECT 1')).rejects.toMatchObject(refused);
  await expect(store.insertLines('states', line)).rejects.toMatchObject(refused);
  await expect(store.ping()).rejects.toMatchObject(refused);
  await expect(store.chunks('SELECT 1')[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
  await Promise.all([slow, waiting, insert, stream, closed]);
  expect(ended.at(-1)).toBe('closed');
  expect(ended.toSorted()).toEqual(['closed', 'insert', 'slow', 'stream', 'waiting']);
});

it('a stream that is left half-way lets the store be closed', async () => {
  const { store, close } = await openTempStore('close');
  for await (const chunk of store.chunks('SELECT number FROM numbers(5000000)')) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await close();
});
