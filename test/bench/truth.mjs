// How often the detectors are wrong, and how soon they are right, on real logs whose truth is known:
// `npm run bench -- truth [ORDERS] [SPLITS]`. Versions are hidden unless said; every number is printed with its sample size.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { compareSummaries } from '../../dist/analyzers/compare.js';
import { stepStream } from '../../dist/analyzers/stream.js';
import { DEFAULT_STREAM_OPTIONS } from '../../dist/analyzers/stream-options.js';
import {
  baselineState,
  parseStreamState,
  predecessorFrom,
  serializeStreamState,
} from '../../dist/analyzers/stream-state.js';
import { aspectOf } from '../../dist/core/signals.js';
import { summarize } from '../../dist/core/summary.js';
import { createSignals } from '../../dist/ingest/signals/compute.js';
import { loadPrices } from '../../dist/ingest/signals/prices.js';

const DATA = new URL('../../demo/llmdrift_prime.jsonl.gz', import.meta.url);
const WINDOW_ROWS = 25;
const START_MS = Date.UTC(2026, 0, 1);
/** What must be found, by model: signal → what its incident says. */
const EXPECTED = {
  'gpt-4': { response_characters: 'change', latency_ms: 'improvement', 'score:correct': 'regression' },
  'gpt-3.5': { response_characters: 'change', 'score:correct': 'improvement' },
};

export async function bench([orders = '40', splits = '200']) {
  const rows = gunzipSync(readFileSync(DATA))
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  measureSignals(rows);
  const cells = new Map();
  for (const row of rows) {
    const cell = `${row.model} ${row.period}`;
    cells.set(cell, [...(cells.get(cell) ?? []), row]);
  }
  stableStreams(cells, Number(orders));
  changedStreams(cells, Number(orders));
  declaredVersions(cells, Number(orders));
  stableComparisons(cells, Number(splits));
}

/** (a) Incidents where nothing changed: one half of a cell against the other. */
function stableStreams(cells, orders) {
  for (const [cell, rows] of cells) {
    let [windows, incidents] = [0, 0];
    for (let seed = 1; seed <= orders; seed++) {
      const [baseline, stream] = halves(shuffled(rows, seed));
      const opened = replay(baselineState(summariesOf(baseline), 'half'), stream).opened;
      windows += Math.ceil(stream.length / WINDOW_ROWS);
      incidents += opened.length;
      for (const { signal, direction, at } of opened)
        console.log(`  ${cell} seed ${seed}: ${signal} ${direction} at ${at}`);
    }
    console.log(`stable   ${cell}: ${incidents} incidents in ${windows} windows, ${orders} orders`);
  }
}

/** (b) Rows after the change at which each signal's incident opens; versions hidden. */
function changedStreams(cells, orders) {
  for (const [model, expected] of Object.entries(EXPECTED)) {
    const runs = [];
    for (let seed = 1; seed <= orders; seed++) {
      const [baseline, stable] = halves(shuffled(cells.get(`${model} 2023-03`), seed));
      const changed = shuffled(cells.get(`${model} 2023-06`), seed + 1000);
      const state = baselineState(summariesOf(baseline), 'half');
      const { firstAlarms } = replay(state, [...stable, ...changed]);
      runs.push({ firstAlarms, changeAt: stable.length });
    }
    for (const signal of signalsIn(runs)) {
      const found = runs.map(({ firstAlarms, changeAt }) => delayOf(firstAlarms.get(signal), changeAt));
      const alarms = runs.map(({ firstAlarms }) => firstAlarms.get(signal)).filter(Boolean);
      console.log(
        `changed  ${model} ${signal}: ${summaryOfDelays(found)} ${tally(alarms)} (wanted ${expected[signal] ?? 'anything'})`,
      );
    }
  }
}

/** (d) The new version is declared: looks at 50, 100, 200, 400, 800 rows. */
function declaredVersions(cells, orders) {
  for (const model of Object.keys(EXPECTED)) {
    const unchanged = declaredRuns({ cells, model, orders, isChanged: false });
    const wrong = unchanged.filter(({ firstAlarms }) => firstAlarms.size > 0).length;
    console.log(`declared ${model} unchanged: ${wrong} of ${orders} orders alarm`);
    const changed = declaredRuns({ cells, model, orders, isChanged: true });
    for (const signal of signalsIn(changed)) {
      const alarms = changed.map(({ firstAlarms }) => firstAlarms.get(signal));
      const found = alarms.map((alarm) => delayOf(alarm, 0));
      console.log(`declared ${model} ${signal}: ${summaryOfDelays(found)} ${tally(alarms.filter(Boolean))}`);
    }
  }
}

/** Signals that alarmed in any run, the most frequent first. */
function signalsIn(runs) {
  const counts = new Map();
  for (const { firstAlarms } of runs) {
    for (const signal of firstAlarms.keys()) counts.set(signal, (counts.get(signal) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([signal]) => signal);
}

function declaredRuns({ cells, model, orders, isChanged }) {
  return Array.from({ length: orders }, (_, index) => {
    const seed = index + 1;
    const [old, other] = halves(shuffled(cells.get(`${model} 2023-03`), seed));
    const predecessor = predecessorFrom('old', replay(null, old).state);
    const next = isChanged ? shuffled(cells.get(`${model} 2023-06`), seed + 1000) : other;
    return replay(null, next, predecessor);
  });
}

/** (c) Fixed-n comparisons of two halves of one cell. */
function stableComparisons(cells, splits) {
  let total = 0;
  for (const [cell, rows] of cells) {
    let wrong = 0;
    for (let seed = 1; seed <= splits; seed++) {
      const [a, b] = halves(shuffled(rows, seed));
      if (compareSummaries(summariesOf(a), summariesOf(b)).verdict !== 'same') wrong++;
    }
    total += wrong;
    console.log(`compare  ${cell}: ${wrong} of ${splits} splits not "same"`);
  }
  console.log(`compare  all cells: ${total} of ${splits * cells.size}`);
  for (const model of Object.keys(EXPECTED)) {
    const sides = ['2023-03', '2023-06'].map((period) => summariesOf(cells.get(`${model} ${period}`)));
    const { verdict, findings } = compareSummaries(...sides);
    const told = findings
      .filter(({ outcome }) => outcome === 'alarm')
      .map(({ signal, direction }) => `${signal} ${direction}`);
    console.log(`compare  ${model} old and new: ${verdict} (${told.join(', ')})`);
  }
}

/** Windows in a row without the change before an incident closes, as in alerts/default-rules.yaml. */
const QUIET_WINDOWS = 3;

/**
 * Steps windows through the detector; an incident is an aspect that alarms and has not for three windows. The state passes
 * through its JSON each time, as it does in the store.
 */
function replay(state, rows, predecessor = null) {
  const firstAlarms = new Map();
  const incidents = incidentsOf();
  for (let at = 0; at < rows.length; at += WINDOW_ROWS) {
    const part = rows.slice(at, at + WINDOW_ROWS);
    const end = at + part.length;
    const window = {
      since: new Date(START_MS + at * 1000),
      until: new Date(START_MS + end * 1000),
      rows: part.length,
    };
    const step = stepStream(
      state && parseStreamState(serializeStreamState(state)),
      summariesOf(part),
      window,
      DEFAULT_STREAM_OPTIONS,
      predecessor,
    );
    state = step.state;
    const alarms = step.findings.filter(({ outcome }) => outcome === 'alarm');
    incidents.add(alarms, end);
    for (const finding of alarms) {
      if (!firstAlarms.has(finding.signal)) firstAlarms.set(finding.signal, { ...finding, at: end });
    }
  }
  return { state, opened: incidents.opened, firstAlarms };
}

/** Opens an incident for an aspect that alarms, and closes it after the windows of quiet. */
function incidentsOf() {
  const opened = [];
  const quiet = new Map();
  return {
    opened,
    add(alarms, at) {
      const aspects = new Map(alarms.map((finding) => [aspectOf(finding.signal), finding]));
      for (const [aspect, windows] of quiet) {
        if (windows + 1 >= QUIET_WINDOWS) quiet.delete(aspect);
        else quiet.set(aspect, windows + 1);
      }
      for (const [aspect, finding] of aspects) {
        if (!quiet.has(aspect)) opened.push({ ...finding, at });
        quiet.set(aspect, 0);
      }
    },
  };
}

/** Every signal that the writer would compute, and what was sent; `embedding` signals and categories are left out. */
function measureSignals(rows) {
  const signalsOf = createSignals({ enabled: 'all', prices: loadPrices() });
  for (const row of rows) {
    const sent = {
      latency_ms: row.latency_s * 1000,
      output_tokens: row.answer_tokens,
      'score:correct': row.score,
    };
    const { prompt, response, model, cost_usd } = row;
    const inference = {
      model,
      timestamp: '',
      status: 'ok',
      finish_reason: 'stop',
      prompt,
      response,
      cost_usd,
    };
    const computed = signalsOf({
      ...inference,
      latency_ms: sent.latency_ms,
      output_tokens: sent.output_tokens,
    });
    row.signals = Object.entries({ ...computed, ...sent }).filter(([, value]) => typeof value === 'number');
  }
}

function summariesOf(rows) {
  const values = new Map();
  for (const { signals } of rows) {
    for (const [name, value] of signals) {
      const list = values.get(name);
      if (list) list.push(value);
      else values.set(name, [value]);
    }
  }
  return new Map([...values].map(([name, list]) => [name, summarize(list)]));
}

/** Rows from the change to the alarm; null for none or one before the change. */
function delayOf(alarm, changeAt) {
  return alarm && alarm.at > changeAt ? alarm.at - changeAt : null;
}

function summaryOfDelays(delays) {
  const found = delays.filter((delay) => delay !== null).sort((a, b) => a - b);
  const quantile = (share) => found[Math.min(found.length - 1, Math.ceil(share * found.length) - 1)] ?? '-';
  const within = found.filter((delay) => delay <= 50).length;
  return `median ${quantile(0.5)}, p90 ${quantile(0.9)} rows; ${within} of ${delays.length} within 50, ${delays.length - found.length} never;`;
}

function tally(alarms) {
  const counts = new Map();
  for (const { direction, verdict } of alarms) {
    const key = `${direction} ${verdict}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => `${key} ×${count}`).join(', ');
}

function halves(rows) {
  const middle = rows.length >> 1;
  return [rows.slice(0, middle), rows.slice(middle)];
}

/** Fisher–Yates with the generator mulberry32, on a copy. */
function shuffled(rows, seed) {
  const copy = [...rows];
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}
