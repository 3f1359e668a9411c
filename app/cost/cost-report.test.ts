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
  // A project that is two days old: every fifth call has no price, one is of a tier that has no segment of its own.
  await store.command(
    `INSERT INTO inferences (project, id, timestamp, received_at, model, cost_micro_usd, attributes)
     SELECT 'new', toString(number), fromUnixTimestamp64Milli({now: Int64} - 1 - toInt64(number) * 3600000, 'UTC') AS at, at, 'gpt',
            if(number % 5 = 0, NULL, 125000), map('tier', if(number = 46, 'free', 'pro'))
       FROM numbers(47)`,
    { now: NOW.getTime() },
  );
  const minutes = Array.from({ length: 14 * 24 }, (_, hour) => NOW.getTime() - hour * HOUR_MS - 60_000);
  const admitted = { new: { tier: ['pro', 'team'] } };
  await rollUp(store, minutes, { admitted, bounds: { attributesMax: 8, valuesMax: 2 }, now: new Date() });
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

  it('are an alarm once they are spent, with two days of history and no forecast', async () => {
    const [spent, ample] = [budget(4, { project: 'new' }), budget(40, { project: 'new', name: 'ample' })];
    const gone = await outlookOf(store, spent, NOW);
    expect(gone.forecast).toBeNull();
    expect(gone.finding).toMatchObject({ outcome: 'alarm', direction: 'up', before: 4e6, rowsNeeded: null });
    expect(gone.finding.after).toBeCloseTo(37 * 0.125 * 1e6, 3);
    expect(gone.finding.evidence).toBeGreaterThanOrEqual(1);
    expect((await outlookOf(store, ample, NOW)).finding.outcome).toBe('not_enough_data');
    const report = await costReport(store, [spent, ample], {
      ...{ project: 'new', days: 7, by: 'stream', hasCheaper: false, now: NOW },
    });
    expect(report.budgets.map(({ outcome }) => outcome)).toEqual(['alarm', 'not_enough_data']);
    const text = renderCost(report, { isColored: false, isAscii: false, isInteractive: false, columns: 200 });
    expect(text.join('\n')).toMatch(/team +\$4\.00 a month +\$4\.63 +\$4\.63 at least +– +already/);
    expect(text.join('\n')).toContain('Budget “team” leaves out 10 of 47 calls, whose price is not known.');
  });

  it('say what there is none of, and stay silent for nobody', async () => {
    const ofNew = (name: string, more: Partial<SpendBudget>) => budget(4, { project: 'new', name, ...more });
    const blind = [
      ofNew('free', { segment: 'tier=free' }),
      ofNew('typo', { model: 'gpt-9' }),
      ofNew('nowhere', { project: 'nowhere' }),
    ];
    const outlooks = [];
    for (const one of [...blind, ofNew('pro', { segment: 'tier=pro', model: 'gpt' })])
      outlooks.push(await outlookOf(store, one, NOW));
    expect(outlooks.map(({ calls }) => calls.missing)).toEqual(['segment', 'model', 'project', null]);
    expect(outlooks.at(-1)?.calls).toMatchObject({ calls: 46, priced: 36 });
    const watch = createBudgetWatch(store, blind);
    expect(watch.warnings()).toEqual([]);
    await watch.turn(NOW);
    expect(watch.warnings()).toMatchObject([
      expect.stringMatching(/“free” counts nothing: “tier=free” is no segment .* SEGMENT_VALUES_MAX/),
      expect.stringMatching(/“typo” counts nothing: no inference of model “gpt-9”/),
      expect.stringMatching(/“nowhere” counts nothing: no inference of project “nowhere”/),
    ]);
  });
});

describe('the report', () => {
  const query = { project: 'default', days: 7, by: 'stream', hasCheaper: false, now: NOW } as const;

  it('says who spent what, and what an answer costs', async () => {
    const { spend } = await costReport(store, [], query);
    const calls = 0.975 * 7 * 24 * 20;
    expect(spend).toHaveLength(1);
    expect(spend[0]).toMatchObject({ model: 'gpt', version: '1', inferences: calls, priced: 1 });
    expect(spend[0]?.usd).toBeCloseTo(calls * 0.05, 6);
    expect(spend[0]?.answered).toBeCloseTo(0.897, 2);
    expect(spend[0]?.usd_per_answer).toBeCloseTo(0.05 / 0.897, 3);
  });

  it('asks of answers what calls with a price cost, and nothing where none has one', async () => {
    const { spend } = await costReport(store, [], { ...query, project: 'new' });
    // 37 of 47 have a price, of 12.5 cents; all of them answer.
    expect(spend).toMatchObject([{ inferences: 47, answered: 1 }]);
    expect(spend[0]?.usd_per_answer).toBeCloseTo(0.125, 9);
    const bySegment = (await costReport(store, [], { ...query, project: 'new', by: 'segment' })).spend;
    expect(bySegment.map(({ segment, answered }) => [segment, answered])).toEqual([
      ['tier=pro', 1],
      ['tier=(other)', 1],
    ]);
    for (const { usd_per_answer } of bySegment) expect(usd_per_answer).toBeCloseTo(0.125, 9);
    await store.command(
      `INSERT INTO inferences (project, id, timestamp, received_at, model)
       SELECT 'free', toString(number), fromUnixTimestamp64Milli({now: Int64} - 1, 'UTC') AS at, at, 'own' FROM numbers(9)`,
      { now: NOW.getTime() },
    );
    const bounds = { attributesMax: 8, valuesMax: 10 };
    await rollUp(store, [NOW.getTime() - 60_000], { admitted: {}, bounds, now: new Date() });
    const free = await costReport(store, [], { ...query, project: 'free' });
    expect(free.spend).toMatchObject([{ inferences: 9, priced: 0, answered: 1, usd_per_answer: null }]);
  });

  it('tells segments apart, and projects', async () => {
    const { spend } = await costReport(store, [], { ...query, by: 'segment' });
    // Every second call is from the EU, and all that are refused are among them.
    const perAnswer = new Map(spend.map(({ segment, usd_per_answer }) => [segment, usd_per_answer]));
    expect([...perAnswer.keys()].sort()).toEqual(['region=eu', 'region=us']);
    expect(perAnswer.get('region=eu')).toBeCloseTo(0.05 / 0.8, 9);
    expect(perAnswer.get('region=us')).toBeCloseTo(0.05, 9);
    const all = await costReport(store, [budget(500)], { ...query, project: '' });
    expect(all.spend.map(({ project }) => project)).toEqual(expect.arrayContaining(['default', 'other']));
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

describe('cheaper models', () => {
  const ofShop = { project: 'shop', days: 7, by: 'stream', hasCheaper: true, now: NOW } as const;

  beforeAll(async () => {
    // The last three days of a shop: a dear model, one that is as good, and one that refuses; twenty calls an hour each, 1,440 of each.
    // Every prompt of the first two comes to both; the third has its own.
    for (const [model, cost, refusals, prompts] of [
      ['large', 10_000, 30, 'p'],
      ['small', 2_000, 30, 'p'],
      ['tiny', 500, 4, 't'],
    ] as const)
      await store.command(
        `INSERT INTO inferences (project, id, timestamp, received_at, model, prompt, prompt_language, prompt_characters, latency_ms,
           cost_micro_usd, refusal, error, empty, truncated, attributes, scores)
         SELECT 'shop', concat({model: String}, toString(number)),
                fromUnixTimestamp64Milli({now: Int64} - 1 - toInt64(intDiv(number, 20)) * 3600000 - number % 20, 'UTC') AS at, at,
                {model: String}, concat({prompts: String}, ' question ', toString(number)), 'eng', 20 + number % 40, 800,
                {cost: UInt64} + number % 7, number % {refusals: UInt32} = 0, 0, 0, 0, map('plan', ['free', 'paid'][number % 2 + 1]),
                map('correct', number % 10 != 9)
           FROM numbers(1440)`,
        { now: NOW.getTime(), model, cost, refusals, prompts },
      );
    const minutes = Array.from({ length: 72 }, (_, hour) => NOW.getTime() - hour * HOUR_MS - 60_000);
    await rollUp(store, minutes, {
      admitted: { shop: { plan: ['free', 'paid'] } },
      bounds: { attributesMax: 8, valuesMax: 10 },
      now: new Date(),
    });
  }, 60_000);

  it('are named with what they would have saved a month, and why not', async () => {
    const { cheaper } = await costReport(store, [], ofShop);
    const whole = cheaper?.pairs.filter(({ segment }) => segment === '');
    expect(whole?.map(({ model, cheaper_model, verdict }) => [model, cheaper_model, verdict])).toEqual([
      ['large', 'tiny', 'worse'],
      ['large', 'small', 'served'],
      ['small', 'tiny', 'worse'],
    ]);
    const served = whole?.find(({ verdict }) => verdict === 'served');
    expect(served).toMatchObject({ compared_by: 'prompts', coverage: 1, rows: { pairs: 1_440 } });
    expect(served?.judged_by).toContain('score:correct');
    // 20 calls an hour, 8,000 µ$ each, 730 hours.
    expect(served?.saved_per_month?.value).toBeCloseTo(20 * 730 * 0.008, 0);
    const tiny = whole?.find(({ cheaper_model }) => cheaper_model === 'tiny');
    expect(tiny).toMatchObject({ compared_by: 'strata', worse_in: ['refusal'] });
  });

  it('are compared in each segment, by the rows of that segment', async () => {
    const { cheaper } = await costReport(store, [], ofShop);
    const paid = cheaper?.pairs.find(
      ({ segment, model, cheaper_model }) =>
        segment === 'plan=paid' && model === 'large' && cheaper_model === 'small',
    );
    expect(paid).toMatchObject({ rows: { dear: 720, cheap: 720 } });
    expect(cheaper?.left_out).toBe(1);
  });

  it('read well, and say how much is missing', async () => {
    const terminal = { isColored: false, isAscii: false, isInteractive: false, columns: 200 };
    const text = renderCost(await costReport(store, [], ofShop), terminal).join('\n');
    expect(text).toMatch(/large +small +yes +\$117 \[\$117, \$117\] +100 % +1,440 same prompts/);
    expect(text).toMatch(/large +tiny +no: worse in refusal/);
    expect(text).toMatch(/1 pairs? that would save less/);
    const yesterday = { ...ofShop, days: 1, now: new Date(NOW.getTime() - 70 * HOUR_MS) };
    const early = renderCost(await costReport(store, [], yesterday), terminal).join('\n');
    expect(early).toMatch(/large +small +not enough data \(needs [\d,]+ more\)/);
    const nobody = await costReport(store, [], { ...ofShop, project: 'unheard' });
    expect(renderCost(nobody, terminal).join('\n')).toContain('No two models with a price');
  });
});
