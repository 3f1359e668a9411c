// What a panel asks, asked of the raw table: what somebody without rollups would write.
const POINT = `toDateTime(intDiv(toUnixTimestamp(timestamp), $__interval_s) * $__interval_s, 'UTC')`;
const STREAM = `concat(model, if(version = '', '', concat(' ', version)))`;
const RANGE = '$__timeFilter_ms(timestamp)';

const overTime = (expression) =>
  `SELECT ${POINT} AS time, ${STREAM} AS series, ${expression} AS value FROM inferences FINAL WHERE ${RANGE} GROUP BY time, series ORDER BY time, series`;
const overall = (expression) => `SELECT ${expression} AS value FROM inferences FINAL WHERE ${RANGE}`;
const bySegment = (expression) =>
  `SELECT ${POINT} AS time, attributes['region'] AS series, ${expression} AS value FROM inferences FINAL WHERE ${RANGE} GROUP BY time, series ORDER BY time, series`;

const QUESTIONS = {
  'overview-inferences': overall('count()'),
  'overview-error-share': overall('avg(error)'),
  'overview-latency-p95': overall('quantile(0.95)(latency_ms)'),
  'overview-refusal-share': overall('avg(refusal)'),
  'overview-cost': overall('sum(cost_micro_usd) / 1e6'),
  'overview-traffic': overTime('count() / ($__interval_s / 60)'),
  'overview-errors': overTime('avg(error)'),
  'overview-latency': overTime('quantile(0.95)(latency_ms)'),
  'overview-refusals': overTime('avg(refusal)'),
  'drift-distribution': `SELECT ${POINT} AS time, quantiles(0.05, 0.25, 0.5, 0.75, 0.95)(latency_ms) AS value FROM inferences FINAL WHERE ${RANGE} GROUP BY time ORDER BY time`,
  'drift-response-words': overTime('quantile(0.5)(response_words)'),
  'drift-readability': overTime('quantile(0.5)(readability)'),
  'drift-tone': overTime('quantile(0.5)(tone)'),
  'drift-prompt-characters': overTime('quantile(0.5)(prompt_characters)'),
  'degradation-latency-median': overTime('quantile(0.5)(latency_ms)'),
  'degradation-latency-p95': overTime('quantile(0.95)(latency_ms)'),
  'degradation-first-token': overTime('quantile(0.95)(time_to_first_token_ms)'),
  'degradation-throughput': overTime('quantile(0.5)(tokens_per_second)'),
  'degradation-errors': overTime('avg(error)'),
  'degradation-json-valid': overTime('avg(json_valid)'),
  'bias-inferences': `SELECT attributes['region'] AS value, count() AS inferences FROM inferences FINAL WHERE ${RANGE} GROUP BY value ORDER BY inferences DESC`,
  'bias-latency': bySegment('quantile(0.5)(latency_ms)'),
  'bias-refusals': bySegment('avg(refusal)'),
  'bias-errors': bySegment('avg(error)'),
  'cost-per-hour': overTime('sum(cost_micro_usd) / 1e6 / ($__interval_s / 3600)'),
  'cost-by-model': `SELECT model, version, count(), sum(cost_micro_usd) / 1e6, sum(input_tokens), sum(cached_tokens), sum(output_tokens) FROM inferences FINAL WHERE ${RANGE} GROUP BY model, version`,
  'cost-tokens-read': overTime('sum(input_tokens) / ($__interval_s / 60)'),
  'cost-queue': overTime('quantile(0.95)(queue_ms)'),
};

/** SQL with Grafana's macros, on \`inferences\`; null where the panel reads what raw rows do not hold. */
export const rawQuestion = (id) => QUESTIONS[id] ?? null;
