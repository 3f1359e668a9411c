// A made installation in which nothing changes: sessions, seasons, and windows that differ by more than their rows.
import { binOf, sessionBin } from '../../dist/core/grid.js';

export const HOUR_MS = 3_600_000;
/** A Monday. */
export const START_MS = Date.UTC(2026, 0, 5);
export const MODELS = 5;

/** Deviation of a window's own mean, in deviations of a row. */
const BETWEEN_SD = 0.05;
/** Chance that a session goes on after a row: 3 rows on average, and an average row is in one of 5. */
const SESSION_STAY = 2 / 3;
/** Rows an hour, on average: whole models, and their segments. */
const WHOLE_ROWS = 200;
const SEGMENT_ROWS = 30;
/** Amplitude of the course of a day: of traffic, of a rate (in its logarithm), and of other values in deviations. */
const SEASON = { traffic: 0.4, rate: 0.2, value: 0.15, weekend: 0.5 };

/** Kinds of signals; `rate` has a share of ones, the others a value made of a normal score. */
export const SIGNALS = [
  { name: 'refusal', rate: 0.01, correlation: 0.05 },
  { name: 'latency_ms', median: 900, sigma: 0.6, correlation: 0.1 },
  { name: 'error', rate: 0.003, correlation: 0.05 },
  { name: 'response_characters', median: 700, sigma: 1, correlation: 0.1 },
  { name: 'json_like', rate: 0.3, correlation: 0.05 },
  { name: 'output_tokens', median: 6, sigma: 0.8, isCount: true, correlation: 0.1 },
  { name: 'truncated', rate: 0.05, correlation: 0.05 },
  // Nearly always the same: 1 in 50 rows has another value.
  { name: 'input_tokens', constant: 7, other: 0.02, correlation: 0.05 },
];

/** mulberry32, without a closure's cost for normals. */
export function generator(seed) {
  let state = seed >>> 0;
  let spare = null;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal };
}

/** Streams with their signals: whole models have all of them, each segment two in turn. */
export function streamsOf(count, seed) {
  const { uniform } = generator(seed);
  return Array.from({ length: count }, (_, index) => {
    const isWhole = index < MODELS;
    const key = {
      project: 'p',
      model: `m${index % MODELS}`,
      version: '',
      segment: isWhole ? '' : `segment=${index}`,
    };
    const first = index % SIGNALS.length;
    const signals = isWhole ? SIGNALS : [SIGNALS[first], SIGNALS[(first + 1) % SIGNALS.length]];
    const rows = isWhole ? WHOLE_ROWS : SEGMENT_ROWS;
    return { key, rows, phase: uniform() * 24, signals };
  });
}

/**
 * One window of one stream, as the store would give it.
 *
 * @param change what is different in it: `rates` and `factors` by signal, `spread` by signal
 */
export function windowOf(stream, index, { uniform, normal }, change = {}) {
  const since = new Date(START_MS + index * HOUR_MS);
  const hour = since.getUTCHours();
  const isWeekend = since.getUTCDay() % 6 === 0;
  const course = Math.sin((2 * Math.PI * (hour + stream.phase)) / 24) - (isWeekend ? SEASON.weekend : 0);
  const wanted = stream.rows * Math.max(0.1, 1 + SEASON.traffic * (course + SEASON.weekend * (2 / 7)));
  const rows = Math.max(1, Math.round(wanted + Math.sqrt(wanted) * normal()));
  const sizes = [];
  for (let left = rows; left > 0; ) {
    let size = 1;
    while (size < left && uniform() < SESSION_STAY) size++;
    sizes.push(size);
    left -= size;
  }
  const summaries = new Map();
  const sessions = new Map();
  for (const signal of stream.signals) {
    const made = summaryOf(signal, sizes, { course, change, uniform, normal });
    summaries.set(signal.name, made.summary);
    sessions.set(signal.name, made.sessions);
  }
  return { key: stream.key, since, until: new Date(since.getTime() + HOUR_MS), rows, summaries, sessions };
}

function summaryOf(signal, sizes, at) {
  const sessionOf = signal.median ? lognormal(signal, at) : urn(signal, at);
  const bins = new Map();
  let [count, sum, sumSquares] = [0, 0, 0];
  const sessions = { rows: 0, squares: 0, binSquares: 0, rowsTimesBins: 0 };
  for (const size of sizes) {
    const value = sessionOf();
    let total = 0;
    for (let row = 0; row < size; row++) {
      const one = value(row);
      const bin = one === 0 ? 0 : one === 1 ? 5000 : binOf(one);
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
      total += sessionBin(bin);
      sum += one;
      sumSquares += one * one;
    }
    count += size;
    sessions.rows += size;
    sessions.squares += size * size;
    sessions.binSquares += total * total;
    sessions.rowsTimesBins += size * total;
  }
  return { summary: { count, sum, sumSquares, bins }, sessions };
}

/** Rows of a session share a part of their normal score, and so do those of a window. */
function lognormal(signal, { course, change, normal }) {
  const spread = signal.sigma * (change.spread?.[signal.name] ?? 1);
  const middle = Math.log(signal.median * (change.factors?.[signal.name] ?? 1));
  const window = SEASON.value * course + BETWEEN_SD * normal();
  const [shared, own] = [Math.sqrt(signal.correlation), Math.sqrt(1 - signal.correlation)];
  return () => {
    const session = shared * normal();
    return () => {
      const value = Math.exp(middle + spread * (window + session + own * normal()));
      return signal.isCount ? Math.floor(value) : value;
    };
  };
}

/** Pólya's urn: within a session a one makes ones likelier (beta-binomial); the window's rate is lognormal. */
function urn(signal, { course, change, uniform, normal }) {
  const base = change.rates?.[signal.name] ?? signal.rate ?? signal.other;
  const level = base * Math.exp(SEASON.rate * course);
  const relative = BETWEEN_SD * Math.sqrt((1 - level) / level);
  const logVariance = Math.log1p(relative * relative);
  const rate = Math.min(0.95, level * Math.exp(Math.sqrt(logVariance) * normal() - logVariance / 2));
  const balls = 1 / signal.correlation - 1;
  const [low, high] = signal.rate ? [0, 1] : [signal.constant, signal.constant + 1];
  return () => {
    let ones = 0;
    return (row) => {
      const isOne = uniform() * (balls + row) < rate * balls + ones;
      if (isOne) ones++;
      return isOne ? high : low;
    };
  };
}
