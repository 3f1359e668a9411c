// Every panel's query on the embedded engine, at 24 hours and at 90 days, and beside it the same question asked of the raw
// table. `-- panels --rows 10000000 --days 90 --runs 7`. Minutes are rolled up for the last days only (`--minute-days 3`):
// beyond two days the panels read hours. The rollups are held against the raw rows, and against what `rollUp` makes.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DASHBOARDS, panelsOf } from '../../dist/dashboards/panels/catalogue.js';
import { expandSql } from '../../dist/dashboards/panels/expand.js';
import { openStore } from '../../dist/sql/client.js';
import { migrate } from '../../dist/sql/migrate.js';
import { summaryQuery } from '../../dist/sql/queries/signal-rows.js';
import { rollUp } from '../../dist/sql/rollup.js';
import { rawQuestion } from './panel-questions.mjs';
import { RETENTION } from './retention.mjs';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const COLUMNS =
  'project, bucket, model, version, segment, signal, revision, is_deleted, count, sum, sum_squares, bins, categories';

const log = (text) => process.stdout.write(`${text}\n`);

/** Rows [from, to), evenly over the day from `sinceMs` on: four streams, five segments, every signal. */
const inferences = ({ from, to, sinceMs }) => `
  INSERT INTO inferences (project, id, timestamp, received_at, model, version, status, error, latency_ms,
    time_to_first_token_ms, queue_ms, input_tokens, output_tokens, cached_tokens, cost_micro_usd, refusal, partial_refusal,
    empty, truncated, repetition, readability, tone, hedging, compressibility, json_like, json_valid, code_fences, toxicity,
    pii, prompt_pii, language_mismatch, response_characters, response_words, response_sentences, prompt_characters,
    tokens_per_second, language, prompt_language, attributes, scores)
  SELECT 'default', toString(n), at, at, ['gpt', 'gpt', 'llama', 'mistral'][n % 4 + 1], ['1', '2', '', ''][n % 4 + 1],
    if(h % 97 = 0, 'error', 'ok'), h % 97 = 0, exp(6 + z), exp(4 + z / 2), h % 40, 100 + h % 900, toUInt64(exp(5 + z / 2)),
    h % 100, 500 + h % 9000, h % 31 = 0, h % 53 = 0, h % 211 = 0, h % 41 = 0, (h % 100) / 1000, 20 + h % 60,
    (toInt64(h % 200) - 100) / 100, (h % 30) / 10, (h % 50) / 100, h % 3 = 0, if(h % 3 = 0, h % 5 != 0, NULL), h % 4,
    h % 401 = 0, h % 5 = 0, h % 6 = 0, h % 90 = 0, toUInt32(exp(7 + z / 2)), toUInt32(exp(5 + z / 2)), 1 + h % 40,
    50 + h % 4000, 10 + h % 90, ['en', 'de', 'fr'][h % 3 + 1], ['en', 'de'][h % 2 + 1],
    map('region', ['eu', 'us', 'ap'][h % 3 + 1], 'plan', ['free', 'pro'][h % 2 + 1]),
    if(h % 10 = 0, map('correct', toFloat64(h % 20 = 0)), CAST(map(), 'Map(String, Float64)'))
  FROM (
    SELECT number AS n, cityHash64(number) AS h, sqrt(-2 * log((h % 1000003 + 1) / 1000004)) * cos(6.2831853 * ((h / 1000003) % 1)) AS z,
           fromUnixTimestamp64Milli(${sinceMs} + intDiv(toInt64(number - ${from}) * ${DAY_MS}, ${to - from}), 'UTC') AS at
      FROM numbers(${from}, ${to - from}))`;

/** The statements of sql/rollup.ts, without its bound of minutes: a day at a time. */
async function rollUpDay(store, sinceMs, isWithMinutes) {
  // It is a time, doubled: a row that is older than the retention goes.
  const revision = Date.now() * 2;
  const bucket = isWithMinutes ? 'toStartOfMinute' : 'toStartOfHour';
  const summary = summaryQuery({
    where: `timestamp >= fromUnixTimestamp64Milli(${sinceMs}) AND timestamp < fromUnixTimestamp64Milli(${sinceMs + DAY_MS}) AND toStartOfMinute(timestamp) >= toDateTime(${sinceMs / 1000}) AND toStartOfMinute(timestamp) < toDateTime(${(sinceMs + DAY_MS) / 1000})`,
    keep: [
      `toDateTime(${bucket}(timestamp), 'UTC') AS bucket`,
      `arrayJoin(arrayConcat([''], arrayMap((k, v) -> concat(k, '=', v), mapKeys(attributes), mapValues(attributes)))) AS segment`,
    ],
    groupBy: ['bucket', 'segment'],
  });
  const table = isWithMinutes ? 'rollup_minute' : 'rollup_hour';
  await store.command(
    `INSERT INTO ${table} (${COLUMNS}) SELECT project, bucket, model, version, segment, signal, ${revision}, 0, count, sum, sum_squares, bins, categories FROM (${summary})`,
  );
  if (!isWithMinutes) return;
  await store.command(
    `INSERT INTO rollup_hour (${COLUMNS}) SELECT project, toStartOfHour(m.bucket) AS hour, model, version, segment, signal, ${revision}, 0, sum(m.count), sum(m.sum), sum(m.sum_squares), sumMap(m.bins), sumMap(m.categories) FROM rollup_minute AS m FINAL WHERE bucket >= toDateTime(${sinceMs / 1000}) AND bucket < toDateTime(${(sinceMs + DAY_MS) / 1000}) GROUP BY project, hour, model, version, segment, signal`,
  );
}

async function build(store, { total, days, minuteDays, untilMs }) {
  const startMs = performance.now();
  for (let day = 0; day < days; day++) {
    const [from, to] = [day, day + 1].map((one) => Math.floor((total * one) / days));
    const sinceMs = untilMs - (days - day) * DAY_MS;
    await store.command(inferences({ from, to, sinceMs }));
    await rollUpDay(store, sinceMs, days - day <= minuteDays);
    if (day === 0 || day % 15 === 14)
      log(`built ${day + 1} of ${days} days in ${Math.round((performance.now() - startMs) / 1000)} s`);
  }
  await addJudgements(store, { days, untilMs });
}

/** Findings of every signal and stream each hour, and two thousand incidents. */
async function addJudgements(store, { days, untilMs }) {
  await store.command(`
    INSERT INTO findings (project, model, version, segment, signal, until, since, family, detector, outcome, direction, verdict, evidence, body, revision)
    SELECT 'default', ['gpt', 'gpt', 'llama', 'mistral'][number % 4 + 1], ['1', '2', '', ''][number % 4 + 1], '',
           concat('signal_', toString(intDiv(number, 4) % 30)), fromUnixTimestamp64Milli(${untilMs} - toInt64(intDiv(number, 120)) * 3600000),
           fromUnixTimestamp64Milli(${untilMs} - toInt64(intDiv(number, 120) + 1) * 3600000),
           ['drift', 'degradation', 'cost'][intDiv(number, 4) % 3 + 1], 'continuous', if(number % 50 = 0, 'alarm', 'quiet'), 'up', 'regression',
           (cityHash64(number) % 150) / 100, '{"before":1,"after":2,"effect":{"value":0.5}}', now64(6)
      FROM numbers(${days * 24 * 120})`);
  await store.command(`
    INSERT INTO incidents (project, id, model, version, segment, signal, family, aspect, verdict, rule, severity, title, state, since, opened_at, closed_at, body, revision)
    SELECT 'default', toString(number), ['gpt', 'llama', 'mistral'][number % 3 + 1], '', '', 'latency_ms', 'degradation', concat('aspect_', toString(number % 12)),
           'regression', 'default', ['info', 'warning', 'critical'][number % 3 + 1], 'Latency rose', if(number < 5, 'open', 'closed'), opened, opened,
           if(number < 5, NULL, opened + 3600), '{}', now64(6)
      FROM (SELECT number, fromUnixTimestamp64Milli(${untilMs} - toInt64(number + 1) * ${Math.floor((days * DAY_MS) / 2100)}) AS opened FROM numbers(2000))`);
}

/** Rollups say what the raw rows say, over all of it; and one hour is what `rollUp` makes of it, row for row. */
async function verify(store, { total, untilMs }) {
  const [sums] = await store.rows(`
    SELECT sumIf(r.count, signal = 'inferences') AS rows, sumIf(r.sum, signal = 'error') AS errors, sumIf(r.sum, signal = 'input_tokens') AS tokens,
           (SELECT count() FROM inferences FINAL) AS raw_rows, (SELECT sum(error) FROM inferences FINAL) AS raw_errors,
           (SELECT sum(input_tokens) FROM inferences FINAL) AS raw_tokens
      FROM rollup_hour AS r FINAL WHERE segment = ''`);
  const agree = ['rows', 'errors', 'tokens'].every((one) => Number(sums[one]) === Number(sums[`raw_${one}`]));
  if (!agree || Number(sums.rows) !== total)
    throw new Error(`rollups and rows differ: ${JSON.stringify(sums)}`);
  const hash = () =>
    store.rows(`SELECT count() AS rows, sum(cityHash64(bucket, model, version, segment, signal, count, arraySort(mapKeys(bins)), arraySort(mapValues(bins)))) AS hash
                  FROM rollup_minute FINAL WHERE bucket >= toDateTime(${untilMs / 1000 - 3600}) AND bucket < toDateTime(${untilMs / 1000})`);
  const before = JSON.stringify(await hash());
  const minutes = Array.from({ length: 60 }, (_, minute) => untilMs - (minute + 1) * 60_000);
  await rollUp(store, minutes, {
    admitted: {},
    bounds: { attributesMax: 8, valuesMax: 20 },
    now: new Date(),
  });
  const after = JSON.stringify(await hash());
  if (before !== after) throw new Error(`rollUp makes something else of the last hour: ${before} ${after}`);
  log(`the rollups agree with the ${total} rows (counts, errors, tokens), and their last hour with rollUp's`);
}

const percentile = (sorted, share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];

async function time(store, sql, runs) {
  const took = [];
  for (let run = 0; run < runs; run++) {
    const startMs = performance.now();
    await store.rows(sql);
    took.push(performance.now() - startMs);
  }
  took.sort((a, b) => a - b);
  return { p50: percentile(took, 0.5), p95: percentile(took, 0.95) };
}

const text = ({ p50, p95 }) => `${p50.toFixed(0).padStart(6)} ${p95.toFixed(0).padStart(6)}`;

async function measure(store, { days, untilMs, runs, only, rawRuns }) {
  const variables = { project: null, model: null, version: null, signal: 'latency_ms', attribute: 'region' };
  const panels = DASHBOARDS.flatMap(panelsOf).filter(
    ({ kind, id }) => kind !== 'text' && (only === null || id.includes(only)),
  );
  for (const [rangeMs, goalMs] of [
    [DAY_MS, 200],
    [days * DAY_MS, 1000],
  ]) {
    log(`\n${rangeMs / HOUR_MS} hours, goal p95 < ${goalMs} ms; load ${loadavg()[0].toFixed(1)}`);
    log(
      `${'panel'.padEnd(32)} ${'p50'.padStart(6)} ${'p95'.padStart(6)}   raw: ${'p50'.padStart(3)}    p95 ms`,
    );
    const context = {
      since: new Date(untilMs - rangeMs),
      until: new Date(untilMs - 1),
      intervalMs: Math.max(60_000, rangeMs / 700),
      variables,
    };
    let missed = 0;
    for (const panel of panels) {
      const took = await time(store, expandSql(panel.sql, context), runs);
      if (took.p95 >= goalMs) missed++;
      const question = rawQuestion(panel.id);
      const raw =
        question === null || rawRuns === 0
          ? ''
          : text(await time(store, expandSql(question, context), rawRuns));
      log(`${panel.id.padEnd(32)} ${text(took)}   ${raw}${took.p95 >= goalMs ? '   MISSED' : ''}`);
    }
    log(`${panels.length - missed} of ${panels.length} panels meet the goal`);
  }
}

export async function bench(args) {
  const option = (name, fallback) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
  const total = Number(option('--rows', 10_000_000));
  const days = Number(option('--days', 90));
  const untilMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const kept = option('--data', null);
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const store = await openStore({ kind: 'embedded', path: folder });
  await migrate(store, { retention: RETENTION, cluster: null });
  const plan = { total, days, minuteDays: Number(option('--minute-days', 3)), untilMs };
  const [{ there }] = await store.rows('SELECT count() AS there FROM inferences');
  if (Number(there) === 0) await build(store, plan);
  await verify(store, plan);
  await measure(store, {
    ...plan,
    runs: Number(option('--runs', 7)),
    rawRuns: Number(option('--raw-runs', 3)),
    only: option('--only', null),
  });
  await store.close();
  if (kept === null) rmSync(folder, { recursive: true, force: true });
}
