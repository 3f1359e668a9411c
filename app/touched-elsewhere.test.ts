import { expect, it } from 'vitest';
import type { TouchedMinute } from '../sql/queries/touched.ts';
import { createTouchedElsewhere } from './touched-elsewhere.ts';

const touch = (minute: number, seconds: number, token: string): TouchedMinute => ({
  minute: minute * 60_000,
  touchedAt: new Date(seconds * 1_000),
  token,
});

function watching(againAfterMs = 0) {
  const table: TouchedMinute[] = [];
  const elsewhere = createTouchedElsewhere({
    since: async (at) => table.filter(({ touchedAt }) => touchedAt >= at),
    from: new Date(0),
    againAfterMs,
  });
  const take = async () => (await elsewhere.take()).map((ms) => ms / 60_000);
  return { table, take, cursor: elsewhere.cursor };
}

it('gives each change once, also one that becomes visible after a later one', async () => {
  const { table, take } = watching();
  table.push(touch(1, 100, 'a'), touch(2, 100, 'a'));
  expect(await take()).toEqual([1, 2]);
  expect(await take()).toEqual([]);
  table.push(touch(1, 70, 'late'), touch(1, 130, 'b'));
  expect(await take()).toEqual([1]);
  expect(await take()).toEqual([]);
});

it('tells how far it is, by the clock of the store', async () => {
  const { table, take, cursor } = watching();
  table.push(touch(1, 100, 'a'));
  await take();
  expect(cursor()).toEqual(new Date(100_000));
});

it('gives a change once more later, where it may be seen before its rows', async () => {
  const { table, take, cursor } = watching(30);
  table.push(touch(7, 100, 'a'));
  expect(await take()).toEqual([7]);
  expect(cursor()).toEqual(new Date(100_000 - 30));
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(await take()).toEqual([7]);
  expect(await take()).toEqual([]);
});
