import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../sql/client.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { renderCost } from '../cli/render/cost.ts';
import { type CapacityLine, capacityReport } from './capacity-report.ts';
import { costReport } from './cost-report.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Tuesday. */
const MIDNIGHT = new Date(Date.UTC(2026, 10, 24));

let temp: TempStore;
let store: Store;
beforeAll(async () => {
  temp = await openTempStore('capacity');
  store = temp.store;
  // From a Monday at 20:00 on, five weeks. A minute has one call that stands for many: busy by day, idle by night, half as much on
  // weekends. A token takes twice as long at 21 calls, which are 525 tokens a second; the busiest minutes have some 11.6.
  await store.command(
    `INSERT INTO inferences (project, id, timestamp, received_at, model, version, accelerator, latency_ms, output_tokens, queue_ms)
     SELECT 'default', toString(number), toDateTime64({from: UInt32} + number * 60, 3, 'UTC') AS at, at, 'chat', '1', 'h100',
            60000 * calls, 60 * 50 * calls / (1 + 0.05 * greatest(0, calls - 1)), 5
       FROM (SELECT number, if(intDiv(number + 1200, 1440) % 7 >= 5, 0.5, 1)
                            * (1 + 11 * pow(0.5 + 0.5 * sin((((number + 1200) % 1440) / 60 - 8) / 24 * 2 * pi()), 2)
                                 * (0.97 + 0.06 * (number * 7919 % 100) / 100)) AS calls
               FROM numbers(35 * 1440))`,
    { from: Date.UTC(2026, 9, 19, 20) / 1_000 },
  );
  // On other servers, of another project: idle minutes, and one in which ten thousand calls queue for nine seconds. Half as many
  // calls of a second model on the same accelerators.
  await store.command(
    `INSERT INTO inferences (project, id, timestamp, received_at, model, version, accelerator, latency_ms, output_tokens, queue_ms)
     SELECT 'shop', toString(number), toDateTime64({from: UInt32} + least(intDiv(number, 3) * 2, 1380) * 60, 3, 'UTC') AS at, at,
            if(number % 3 = 2, 'small', 'large'), '1', 'a10', 1000, 60, if(at < toDateTime64({from: UInt32} + 1380 * 60, 3, 'UTC'), 0, 9000)
       FROM numbers(12000)`,
    { from: (MIDNIGHT.getTime() - 2 * DAY_MS) / 1_000 },
  );
}, 300_000);
afterAll(() => temp.close());

const at = (hours: number): Date => new Date(MIDNIGHT.getTime() + hours * HOUR_MS);
const lineOf = (lines: readonly CapacityLine[], model: string): CapacityLine => {
  const line = lines.find((one) => one.model === model);
  if (!line) throw new Error(`no line of ${model}`);
  return line;
};

it('says the same of the same demand at any hour: neither the day that began it nor today is a whole one', async () => {
  for (const hour of [-25, -1, 0]) {
    const { lines } = await capacityReport(store, { project: 'default', until: at(hour) });
    expect(lines).toHaveLength(1);
    const { knee, head_room: room } = lineOf(lines, 'chat');
    expect(Math.abs((knee?.kneeThroughput.value ?? 0) / 525 - 1)).toBeLessThan(0.02);
    // Of workdays, which come again, though it be asked on a Sunday: 50 · 11.6 / 1.53 = 379 tokens a second.
    expect(room?.used.value).toBeGreaterThan(0.68);
    expect(room?.used.value).toBeLessThan(0.76);
    expect((room?.used.high ?? 9) - (room?.used.low ?? 0)).toBeLessThan(0.12);
    expect(room?.daysLeft.value).toBeNull();
  }
}, 300_000);

it('tells how long 95 % of calls queued, by calls and not by minutes', async () => {
  const { lines } = await capacityReport(store, { project: 'shop', until: MIDNIGHT });
  // 690 idle minutes with 3 calls, and 9,930 calls in a busy one.
  expect(lineOf(lines, 'large').queue_ms_p95).toBeCloseTo(9_000, 0);
  expect(lineOf(lines, 'small').queue_ms_p95).toBeCloseTo(9_000, 0);
});

it('sums what models do together on one kind of accelerator, and only where there are several', async () => {
  const { lines } = await capacityReport(store, { project: 'shop', until: MIDNIGHT });
  const [large, small, both] = ['large', 'small', ''].map((model) => lineOf(lines, model));
  expect(lines.map(({ accelerator, model }) => [accelerator, model])).toEqual([
    ['a10', ''],
    ['a10', 'large'],
    ['a10', 'small'],
  ]);
  const most = (line?: CapacityLine) => line?.tokens_per_second_most ?? 0;
  expect(most(both)).toBeCloseTo(most(large) + most(small), 6);
  expect(most(both)).toBeCloseTo(12_000 - 690 * 3, 6);
  expect(both?.queue_ms_p95).toBeCloseTo(9_000, 0);
});

it('reads with project, mean and queue', async () => {
  const terminal = { isColored: false, isAscii: false, isInteractive: false, columns: 200 };
  const query = { project: 'shop', days: 1, by: 'stream', hasCheaper: false, now: MIDNIGHT } as const;
  const lines = renderCost(await costReport(store, [], query), terminal);
  expect(lines.find((line) => line.includes('queue p95'))).toMatch(
    /model +room +lasts +knee.* tokens\/s, most +mean +calls, most +queue p95/,
  );
  expect(lines.find((line) => line.startsWith('shop / large on a10'))).toMatch(
    / – +– +not reached +6,620 .* 9(\.0+)?\ss/,
  );
  expect(lines.some((line) => line.startsWith('all on a10'))).toBe(true);
});

it('says how many servers it leaves out: those with the fewest calls', async () => {
  await store.command(
    `INSERT INTO inferences (project, id, timestamp, received_at, model)
     SELECT 'many', toString(number), toDateTime64({at: UInt32}, 3, 'UTC') AS at, at, concat('m', toString(number % 104))
       FROM numbers(204)`,
    { at: at(-5).getTime() / 1_000 },
  );
  const { lines, leftOut } = await capacityReport(store, { project: 'many', until: MIDNIGHT });
  expect(lines).toHaveLength(100);
  expect(leftOut).toBe(4);
  expect(lines.some(({ model }) => model === 'm99')).toBe(true);
  expect(lines.some(({ model }) => model === 'm100')).toBe(false);
});
