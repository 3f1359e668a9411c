import type { Store } from '../../sql/client.ts';
import { rollUp } from '../../sql/rollup.ts';
import { openTempStore } from './temp-store.ts';

const HOUR_MS = 3_600_000;

/** A store whose tables hold what every panel shows, up to `until`. */
export interface PanelStore {
  readonly store: Store;
  /** End of the data, a whole hour. */
  readonly until: Date;
  close(): Promise<void>;
}

/** Inferences of the last four hours and of one minute in each of twenty days before, rolled up; and some of all else. */
export async function openPanelStore(): Promise<PanelStore> {
  const temp = await openTempStore('panels');
  const { store } = temp;
  const untilMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  await addInferences(store, untilMs);
  const recent = Array.from({ length: 240 }, (_, minute) => untilMs - (minute + 1) * 60_000);
  const old = Array.from({ length: 20 }, (_, day) => untilMs - (day + 2) * 24 * HOUR_MS);
  const bounds = { attributesMax: 8, valuesMax: 10 };
  await rollUp(store, [...recent, ...old], { admitted: {}, bounds, now: new Date() });
  // Once more for some: what was there is deleted and written again.
  await rollUp(store, recent.slice(0, 10), { admitted: {}, bounds, now: new Date(Date.now() + 1) });
  await addJudgements(store, untilMs);
  await addDeliveries(store, untilMs);
  return {
    store,
    until: new Date(untilMs),
    close: temp.close,
  };
}

/** 9,600 in four hours, and 20 in one minute of each of twenty days; `late` ones share an id and count once. */
const INFERENCES = `
  INSERT INTO inferences (project, id, timestamp, received_at, model, version, status, error, latency_ms,
    time_to_first_token_ms, queue_ms, input_tokens, output_tokens, cached_tokens, cost_micro_usd, refusal, partial_refusal,
    empty, truncated, repetition, readability, tone, hedging, compressibility, json_like, json_valid, code_fences, toxicity,
    pii, prompt_pii, language_mismatch, response_characters, response_words, response_sentences, prompt_characters,
    tokens_per_second, language, prompt_language, attributes, scores)
  SELECT if(n % 11 = 0, 'shop', 'default') AS project, toString(n), at, at, ['gpt', 'gpt', 'llama'][n % 3 + 1] AS model,
    ['1', '2', ''][n % 3 + 1], if(h % 97 = 0, 'error', 'ok'), h % 97 = 0, 200 + h % 2000 + (h % 7) * 0.25,
    50 + h % 300, h % 40, 100 + h % 900, 20 + h % 500, h % 100, 500 + h % 9000, h % 31 = 0, h % 53 = 0, h % 211 = 0,
    h % 41 = 0, (h % 100) / 1000, 20 + h % 60, (toInt64(h % 200) - 100) / 100, (h % 30) / 10, (h % 50) / 100, h % 3 = 0,
    if(h % 3 = 0, h % 5 != 0, NULL), h % 4, h % 401 = 0, h % 5 = 0, h % 6 = 0, h % 90 = 0, 100 + h % 3000, 20 + h % 600,
    1 + h % 40, 50 + h % 4000, 10 + h % 90, ['en', 'de', 'fr'][h % 3 + 1], ['en', 'de'][h % 2 + 1],
    map('region', ['eu', 'us'][h % 2 + 1]), if(h % 4 = 0, map('correct', toFloat64(h % 8 = 0)), CAST(map(), 'Map(String, Float64)'))
  FROM (
    SELECT number AS n, cityHash64(number) AS h,
           if(n < 9600, fromUnixTimestamp64Milli({until: Int64} - 1 - toInt64(n) * 1500, 'UTC'),
              fromUnixTimestamp64Milli({until: Int64} - toInt64(intDiv(n - 9600, 20) + 2) * 86400000 + toInt64(n % 20) * 2000, 'UTC')) AS at
      FROM numbers(10000))`;

async function addInferences(store: Store, untilMs: number): Promise<void> {
  await store.command(INFERENCES, { until: untilMs });
  await store.command(
    `INSERT INTO inferences SELECT * REPLACE (received_at + 1 AS received_at) FROM inferences WHERE toUInt64(id) % 100 = 0`,
  );
  await store.command(
    `INSERT INTO embeddings (project, inference_id, timestamp, embedded_at, identity, relevance)
     SELECT project, id, timestamp, received_at, 'test', (cityHash64(id) % 100) / 100 FROM inferences FINAL
      WHERE toUInt64(id) % 2 = 0`,
  );
}

const insert = (store: Store, table: string, rows: readonly Record<string, unknown>[]): Promise<void> =>
  store.insertLines(table, Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));

const sqlTime = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');

const FAMILIES = ['drift', 'degradation', 'bias', 'cost'] as const;
const SIGNAL_OF = {
  drift: 'response_words',
  degradation: 'latency_ms',
  bias: 'disparity:refusal',
  cost: 'cost_micro_usd',
} as const;

async function addJudgements(store: Store, untilMs: number): Promise<void> {
  const at = (hoursBefore: number): string => sqlTime(untilMs - hoursBefore * HOUR_MS);
  const findings = FAMILIES.flatMap((family) =>
    [0, 1, 2, 3].map((hoursBefore) => ({
      project: 'default',
      model: 'gpt',
      version: '2',
      segment: family === 'bias' ? 'region=eu' : '',
      signal: SIGNAL_OF[family],
      since: at(hoursBefore + 1),
      until: at(hoursBefore),
      family,
      detector: 'continuous',
      outcome: hoursBefore === 0 ? 'alarm' : hoursBefore === 3 ? 'not_enough_data' : 'quiet',
      direction: 'up',
      verdict: 'regression',
      evidence: 2 - hoursBefore / 2,
      body: JSON.stringify({
        before: 1,
        after: 2.5,
        effect: { name: 'rate_ratio', value: 2.5, low: 1.8, high: 3.4 },
        samples: { baseline: 900, current: 300 },
      }),
      revision: at(hoursBefore),
    })),
  );
  await insert(store, 'findings', findings);
  await insert(store, 'incidents', incidentRows(at));
}

const incidentRows = (at: (hoursBefore: number) => string): Record<string, unknown>[] => {
  const common = {
    project: 'default',
    model: 'gpt',
    version: '2',
    segment: '',
    family: 'degradation',
    body: '{}',
  };
  const row = (id: string, more: Record<string, unknown>) => ({
    ...common,
    id,
    signal: 'latency_ms',
    aspect: 'speed',
    verdict: 'regression',
    rule: 'latency',
    severity: 'critical',
    title: 'Latency rose',
    state: 'open',
    since: at(3),
    opened_at: at(2),
    closed_at: null,
    muted_by: '',
    acknowledged_by: '',
    revision: at(0),
    ...more,
  });
  return [
    row('open', { acknowledged_by: 'ann' }),
    row('recovering', { aspect: 'refusal', signal: 'refusal', state: 'recovering', severity: 'warning' }),
    row('muted', { segment: 'region=eu', muted_by: 'open' }),
    row('pending', { aspect: 'error', signal: 'error', state: 'pending' }),
    row('dropped', { aspect: 'error', signal: 'error', state: 'dropped' }),
    row('closed', {
      aspect: 'length',
      signal: 'response_words',
      verdict: 'change',
      severity: 'info',
      title: '',
      state: 'closed',
      opened_at: at(3),
      closed_at: at(1),
    }),
    row('other', { model: 'llama', version: '', verdict: 'improvement', severity: 'info' }),
    row('ancient', { state: 'closed', opened_at: at(2000), closed_at: at(1999) }),
  ];
};

async function addDeliveries(store: Store, untilMs: number): Promise<void> {
  const at = (hoursBefore: number): string => sqlTime(untilMs - hoursBefore * HOUR_MS);
  await insert(
    store,
    'deliveries',
    ['sent', 'waiting', 'failed', 'skipped'].map((state, index) => ({
      project: 'default',
      id: `open:slack:${index + 1}`,
      incident_id: 'open',
      receiver: 'slack',
      sequence: index + 1,
      kind: 'firing',
      severity: 'critical',
      state,
      attempts: index,
      error: state === 'failed' ? 'channel_not_found' : '',
      handle: '{}',
      decided_at: at(1),
      next_at: at(0),
      sent_at: state === 'sent' ? at(1) : null,
      revision: at(0),
    })),
  );
  await insert(store, 'silences', [
    {
      project: '',
      id: 'silence',
      matchers: ['model=gpt*', 'severity!=critical'],
      starts_at: at(1),
      ends_at: at(-24),
      author: 'ann',
      comment: 'a load test',
      created_at: at(1),
      revision: at(1),
    },
  ]);
}
