import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../sql/client.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { createArrivalsReader } from './arrivals-reader.ts';

const MINUTE = 60_000;
const T0 = Date.parse('2026-11-22T12:00:00.000Z');
const at = (minutes: number): Date => new Date(T0 + minutes * MINUTE);

let temp: TempStore;
let store: Store;
/** Looks at two weeks: those that read the hours. */
let looks = 0;

async function seen(minutes: number): Promise<void> {
  const row = { project: 'p', model: 'm', signal: 'inferences', revision: T0 * 2 + 1, count: 1 };
  const start = at(minutes).getTime() / 1_000;
  for (const [table, seconds] of [['rollup_minute', 60] as const, ['rollup_hour', 3_600] as const])
    await store.insertLines(
      table,
      Buffer.from(JSON.stringify({ ...row, bucket: start - (start % seconds) })),
    );
}

beforeAll(async () => {
  temp = await openTempStore('arrivals-reader');
  store = temp.store;
});
afterAll(() => temp.close());

it('sees each minute what is new, and looks at two weeks once an hour', async () => {
  const counted: Store = {
    ...store,
    rows(query, params) {
      if (query.includes('rollup_hour')) looks++;
      return store.rows(query, params);
    },
  };
  const arrivals = createArrivalsReader(counted);
  const lastSeen = async (minutes: number) => (await arrivals(at(minutes)))[0]?.seenAtLeast;
  await seen(-200);
  expect(await lastSeen(0)).toEqual(at(-200));
  // It came late: an hour on, it is out of the sight of a look.
  await seen(-110);
  expect(await lastSeen(1)).toEqual(at(-110));
  expect(await lastSeen(58)).toEqual(at(-110));
  await seen(5);
  expect(await lastSeen(59)).toEqual(at(5));
  expect(looks).toBe(1);
  expect((await arrivals(at(60)))[0]).toMatchObject({ hours: 3, longestGapMs: 114 * MINUTE });
  expect(looks).toBe(2);
  // Set back: what was read is of a time to come.
  await lastSeen(30);
  expect(looks).toBe(3);
});
