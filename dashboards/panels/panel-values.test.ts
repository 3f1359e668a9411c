import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPanelStore, type PanelStore } from '../../test/support/panel-store.ts';
import { DASHBOARDS, panelsOf } from './catalogue.ts';
import { expandSql, type PanelContext } from './expand.ts';

const HOUR_MS = 3_600_000;
let data: PanelStore;
beforeAll(async () => {
  data = await openPanelStore();
}, 120_000);
afterAll(() => data.close());

const context = (hours: number): PanelContext => ({
  since: new Date(data.until.getTime() - hours * HOUR_MS),
  until: data.until,
  intervalMs: Math.max(60_000, (hours * HOUR_MS) / 600),
  variables: { project: null, model: null, version: null, signal: 'latency_ms', attribute: 'region' },
});
const rows = (sql: string, given: PanelContext): Promise<Record<string, unknown>[]> =>
  data.store.rows(expandSql(sql, given)) as Promise<Record<string, unknown>[]>;
const allPanels = DASHBOARDS.flatMap(panelsOf);

/** The same question asked of the rows themselves, with ClickHouse's own aggregates: `POINT` and `RANGE` as the panel cuts them. */
const RAW: readonly (readonly [id: string, sql: string])[] = [
  ['overview-inferences', 'SELECT count() AS value FROM i'],
  ['overview-error-share', 'SELECT avg(error) AS value FROM i'],
  ['overview-refusal-share', 'SELECT avg(refusal) AS value FROM i'],
  ['overview-cost', 'SELECT sum(cost_micro_usd) / 1e6 AS value FROM i'],
  ['overview-latency-p95', 'SELECT quantileExactInclusive(0.95)(latency_ms) AS value FROM i'],
  ['overview-errors', 'SELECT time, series, avg(error) AS value FROM i GROUP BY time, series'],
  [
    'overview-latency',
    'SELECT time, series, arraySort(groupArray(latency_ms)) AS v, v[toUInt64(greatest(1, ceil(0.95 * length(v))))] AS value FROM i GROUP BY time, series',
  ],
  [
    'degradation-json-valid',
    'SELECT time, series, avg(json_valid) AS value FROM i GROUP BY time, series HAVING count(json_valid) > 0',
  ],
  [
    'degradation-format-valid',
    'SELECT time, series, avg(format_valid) AS value FROM i GROUP BY time, series HAVING count(format_valid) > 0',
  ],
  [
    'degradation-tool-calls',
    'SELECT time, series, avg(tool_call_invalid) AS value FROM i GROUP BY time, series HAVING count(tool_call_invalid) > 0',
  ],
  ['degradation-looping', 'SELECT time, series, avg(looping) AS value FROM i GROUP BY time, series'],
  [
    'degradation-unsupported-numbers',
    'SELECT time, series, avg(unsupported_numbers) AS value FROM i GROUP BY time, series HAVING count(unsupported_numbers) > 0',
  ],
  ['degradation-repetition', 'SELECT time, series, avg(repetition) AS value FROM i GROUP BY time, series'],
  [
    'drift-tone',
    'SELECT time, series, arraySort(groupArray(tone)) AS v, v[toUInt64(greatest(1, ceil(0.5 * length(v))))] AS value FROM i GROUP BY time, series',
  ],
  [
    'drift-languages',
    'SELECT time, language AS series, count() / sum(count()) OVER (PARTITION BY time) AS value FROM i GROUP BY time, series',
  ],
  [
    'cost-per-thousand',
    'SELECT time, series, avg(cost_micro_usd) / 1e3 AS value FROM i GROUP BY time, series',
  ],
  ['bias-inferences', `SELECT attributes['region'] AS value, count() AS inferences FROM i GROUP BY value`],
  [
    'bias-refusals',
    `SELECT time, attributes['region'] AS series, avg(refusal) AS value FROM i GROUP BY time, series`,
  ],
];

describe.each([3, 24 * 30])('over %i hours, what the rollups say is what the rows say', (hours) => {
  it.each(RAW)('%s', async (id, sql) => {
    const given = context(hours);
    const stepS =
      hours <= 48 ? Math.ceil(given.intervalMs / 60_000) * 60 : Math.ceil(given.intervalMs / HOUR_MS) * 3600;
    const since = Math.floor(given.since.getTime() / 1000 / stepS) * stepS;
    const raw = `WITH i AS (
      SELECT *, toDateTime(intDiv(toUnixTimestamp(timestamp), ${stepS}) * ${stepS}, 'UTC') AS time,
             concat(if(project = 'shop', 'shop / ', ''), trimRight(concat(model, ' ', version))) AS series
        FROM inferences FINAL WHERE timestamp >= toDateTime(${since})) ${sql}`;
    const found = await rows(allPanels.find((one) => one.id === id)?.sql ?? '', given);
    const expected = (await data.store.rows(raw)) as Record<string, unknown>[];
    const keyOf = (row: Record<string, unknown>): string =>
      id === 'bias-inferences' ? String(row['value']) : `${row['time']} ${row['series']}`;
    const numberOf = (row: Record<string, unknown> | undefined): number =>
      Number(id === 'bias-inferences' ? row?.['inferences'] : row?.['value']);
    const byKey = new Map(expected.map((row) => [keyOf(row), numberOf(row)]));
    expect(found.map(keyOf).sort()).toEqual([...byKey.keys()].sort());
    // A quantile is the middle of its bin, at most 0.5 % from the value; all else is exact but for the order of sums.
    const isQuantile = /quantile|arraySort/.test(sql);
    for (const row of found) {
      const want = byKey.get(keyOf(row)) ?? Number.NaN;
      const tolerance = Math.abs(want) * (isQuantile ? 0.0051 : 1e-6) + 1e-9;
      expect(Math.abs(numberOf(row) - want), keyOf(row)).toBeLessThanOrEqual(tolerance);
    }
  });
});

it('a rate counts the minutes that the range covers of its last point', async () => {
  const given = { ...context(3), until: new Date(data.until.getTime() - HOUR_MS), intervalMs: 600_000 };
  const found = await rows(allPanels.find((one) => one.id === 'overview-traffic')?.sql ?? '', given);
  const perMinute = new Map<string, number>();
  for (const row of found)
    perMinute.set(String(row['time']), (perMinute.get(String(row['time'])) ?? 0) + Number(row['value']));
  const rates = [...perMinute.values()];
  // 40 a minute arrive, all the time.
  for (const rate of rates) expect(rate).toBeGreaterThan(30);
  for (const rate of rates) expect(rate).toBeLessThan(50);
});

it.each([
  ['degradation-judged-quality', [['gpt 2: human', 0.75]]],
  ['degradation-judge-bias', [['gpt 2: human', 0.1]]],
  // Of four judgements one saw too little.
  ['bias-disparities', Array.from({ length: 3 }, () => ['gpt 2 (region=eu): refusal', 2.5])],
])('%s says what was judged', async (id, expected) => {
  const found = await rows(allPanels.find((one) => one.id === id)?.sql ?? '', context(5));
  expect(found.map(({ series, value }) => [series, value])).toEqual(expected);
});

it.each(['jailbreak', 'injection'])('the share of %s is that of the vectors', async (signal) => {
  const stepMs = 3 * HOUR_MS;
  const found = await rows(allPanels.find((one) => one.id === `degradation-${signal}`)?.sql ?? '', {
    ...context(3),
    intervalMs: stepMs,
  });
  // A panel's points are cut at multiples of the step, and begin with the one that the range begins in.
  const since = Math.floor((data.until.getTime() - stepMs) / stepMs) * (stepMs / 1000);
  const raw = await data.store.rows(
    `SELECT toDateTime(intDiv(toUnixTimestamp(i.timestamp), ${stepMs / 1000}) * ${stepMs / 1000}, 'UTC') AS time,
            concat(if(i.project = 'shop', 'shop / ', ''), trimRight(concat(model, ' ', version))) AS series, avg(e.${signal}) AS value
       FROM embeddings AS e FINAL INNER JOIN inferences AS i FINAL ON i.project = e.project AND i.id = e.inference_id
      WHERE i.timestamp >= toDateTime(${since}) GROUP BY time, series`,
  );
  const valuesOf = (of: readonly unknown[]) =>
    new Map(
      (of as Record<string, unknown>[]).map((row) => [
        `${row['time']} ${row['series']}`,
        Number(row['value']),
      ]),
    );
  const [hits, expected] = [valuesOf(found), valuesOf(raw)];
  expect([...hits.keys()].sort()).toEqual([...expected.keys()].sort());
  expect(expected.size).toBeGreaterThan(0);
  for (const [at, value] of expected) expect(hits.get(at), at).toBeCloseTo(value, 6);
});
