import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { incidentTitle } from '../../core/incident-words.ts';
import type { SpendBudget } from '../../core/spend-budget.ts';
import type { Store } from '../../sql/client.ts';
import { findingsAfter } from '../../sql/queries/findings.ts';
import { rollUp } from '../../sql/rollup.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { renderCost } from '../cli/render/cost.ts';
import { budgetsOf, createBudgetWatch, outlookOf } from './budget-watch.ts';
import { costReport } from './cost-report.ts';

const HOUR_MS = 3_600_000;
/** The 12th of a month, at noon: eleven and a half of its days are spent. */
const NOW = new Date(Date.UTC(2026, 9, 12, 12));

let folder: string;
let temp: TempStore;
let store: Store;
beforeAll(async () => {
  temp = await openTempStore('cost');
  store = temp.store;
  folder = temp.folder;
  // 14 days, 20 calls in the last minute of each hour, of 5 cents each: a dollar an hour. Every tenth is refused, half are in the EU.
  await store.command(
    `INSERT INTO inferences (project, id, timestamp, received_at, model, version, accelerator, accelerator_utilization,
       latency_ms, output_tokens, cost_micro_usd, refusal, empty, truncated, attributes)
     SELECT if(number % 40 = 39, 'other', 'default'), toString(number),
            fromUnixTimestamp64Milli({now: Int64} - 1 - toInt64(intDiv(number, 20)) * 3600000 - number % 20, 'UTC') AS at, at, 'gpt', '1', 'h100', 0.5,
            30000, 600, 50000, number % 10 = 0, 0, 0, map('region', ['eu', 'us'][number % 2 + 1])
       FROM numbers(${14 * 24 * 20})`,
    { now: NOW.getTime() },
  );
  const minutes = Array.from({ length: 14 * 24 }, (_, hour) => NOW.getTime() - hour * HOUR_MS - 60_000);
  const bounds = { attributesMax: 8, valuesMax: 10 };
  await rollUp(store, minutes, { admitted: {}, bounds, now: new Date() });
}, 180_000);
afterAll(() => temp.close());

const budget = (usd: number, more: Partial<SpendBudget> = {}): SpendBudget => ({
  name: 'team',
  project: 'default',
  model: '',
  segment: '',
  usd,
  per: 'month',
  ...more,
});

describe('budgets', () => {
  it('are forecast: what is spent of the month, and what it will be', async () => {
    const { spent, forecast, period } = await outlookOf(store, budget(500), NOW);
    // 39 of 40 calls belong to the project: 0.975 dollars an hour, 276 hours of October so far, of 744.
    expect(spent).toBeCloseTo(0.975 * 276, 6);
    expect(period.until).toEqual(new Date(Date.UTC(2026, 10, 1)));
    expect(Math.abs((forecast?.total.value ?? 0) / (0.975 * 744) - 1)).toBeLessThan(0.03);
    expect(forecast?.chanceOver).toBe(1);
    const hoursLeft = (500 - spent) / 0.975;
    const exhausted = (forecast?.exhaustedAt.value?.getTime() ?? 0) - NOW.getTime();
    expect(Math.abs(exhausted / HOUR_MS - hoursLeft)).toBeLessThan(24);
  });

  it('are about a model or a segment where they say so', async () => {
    const eu = await outlookOf(store, budget(500, { segment: 'region=eu' }), NOW);
    const nobody = await outlookOf(store, budget(500, { model: 'unheard' }), NOW);
    expect(eu.spent / (0.975 * 276)).toBeCloseTo(0.5, 1);
    expect(nobody).toMatchObject({ spent: 0, forecast: null, finding: { outcome: 'not_enough_data' } });
  });

  it('give a finding an hour, once, and one that will not last is an alarm with words', async () => {
    const watch = createBudgetWatch(store, [budget(500), budget(1e6, { name: 'ample' })]);
    await watch.turn(NOW);
    await watch.turn(new Date(NOW.getTime() + HOUR_MS - 1));
    const found = await findingsAfter(store, { revision: '1000000000', limit: 10 });
    expect(found.map(({ finding }) => [finding.signal, finding.outcome])).toEqual([
      ['budget:team', 'alarm'],
      ['budget:ample', 'quiet'],
    ]);
    const [alarm] = found;
    if (!alarm?.finding.effect || !alarm.finding.direction) throw new Error('an alarm says what changed');
    const { effect, direction, before, after, ...rest } = alarm.finding;
    expect(incidentTitle({ ...rest, effect, direction, before: before ?? 0, after: after ?? 0 })).toMatch(
      /^\(all models\): the budget “team” will not last \(\$500 → \$7[0-9]{2}\)$/,
    );
  });

  it('stand in a file, whose faults have lines and columns', async () => {
    const file = join(folder, 'budgets.yaml');
    await writeFile(
      file,
      'budgets:\n  - name: team\n    usd: 500\n  - name: team\n    usd: 0\n    pre: day\n',
    );
    expect(() => budgetsOf({ BUDGETS_FILE: file })).toThrow(
      /budgets.yaml:5:10: .*\n.*budgets.yaml:6:5: .*per/,
    );
    await writeFile(file, 'budgets:\n  - name: team\n    usd: 500\n');
    expect(budgetsOf({ BUDGETS_FILE: file })).toEqual([budget(500)]);
    expect(budgetsOf({})).toEqual([]);
    expect(() => budgetsOf({ BUDGETS_FILE: join(folder, 'none.yaml') })).toThrow(/cannot be read/);
  });
});

describe('the report', () => {
  const query = { project: 'default', days: 7, by: 'stream', now: NOW } as const;

  it('says who spent what, and what an answer costs', async () => {
    const { spend } = await costReport(store, [], query);
    const calls = 0.975 * 7 * 24 * 20;
    expect(spend).toHaveLength(1);
    expect(spend[0]).toMatchObject({ model: 'gpt', version: '1', inferences: calls, priced: 1 });
    expect(spend[0]?.usd).toBeCloseTo(calls * 0.05, 6);
    expect(spend[0]?.answered).toBeCloseTo(0.897, 2);
    expect(spend[0]?.usd_per_answer).toBeCloseTo(0.05 / 0.897, 3);
  });

  it('tells segments apart, and projects', async () => {
    const { spend } = await costReport(store, [], { ...query, by: 'segment' });
    expect(spend.map(({ segment }) => segment).sort()).toEqual(['region=eu', 'region=us']);
    const all = await costReport(store, [budget(500)], { ...query, project: '' });
    expect(all.spend.map(({ project }) => project).sort()).toEqual(['default', 'other']);
    expect((await costReport(store, [budget(500)], { ...query, project: 'other' })).budgets).toEqual([]);
  });

  it('knows how busy the servers were, and no knee where nothing slowed down', async () => {
    const { capacity } = await costReport(store, [], query);
    expect(capacity).toMatchObject([
      {
        model: 'gpt',
        accelerator: 'h100',
        utilization: 0.5,
        queue_ms_p95: null,
        knee: null,
        head_room: null,
      },
    ]);
    // Twenty calls in a minute at most, of 30 s and 600 tokens each.
    expect(capacity[0]?.tokens_per_second_most).toBeCloseTo(200, 6);
    expect(capacity[0]?.concurrency_most).toBeCloseTo(10, 6);
  });

  it('reads well, also of nothing', async () => {
    const terminal = { isColored: false, isAscii: false, isInteractive: false, columns: 200 };
    const text = renderCost(await costReport(store, [budget(500)], query), terminal).join('\n');
    expect(text).toMatch(/gpt 1 +\$164 /);
    expect(text).toMatch(/team +\$500 a month +\$269 +\$7\d\d \[/);
    expect(text).toMatch(/gpt on h100 .*not reached/);
    const nothing = await costReport(store, [], { ...query, project: 'unheard' });
    expect(renderCost(nothing, terminal).join('\n')).toMatch(/No inference in this time/);
  });
});
