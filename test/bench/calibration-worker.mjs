// One simulated installation: four weeks of history, then months without a change, then changes to be found.
import { parentPort, workerData } from 'node:worker_threads';
import { createBudget } from '../../dist/analyzers/budget.js';
import { DETECTOR_SHARE } from '../../dist/analyzers/drift/monitor-signal.js';
import { together } from '../../dist/analyzers/page-evidence.js';
import { fisherMidTail } from '../../dist/analyzers/stats/fisher.js';
import { normalLogSf } from '../../dist/analyzers/stats/normal.js';
import { stepStream } from '../../dist/analyzers/stream.js';
import { DEFAULT_STREAM_OPTIONS } from '../../dist/analyzers/stream-options.js';
import { predecessorFrom } from '../../dist/analyzers/stream-state.js';
import { valueOfBin } from '../../dist/core/grid.js';
import { generator, HOUR_MS, MODELS, streamsOf, windowOf } from './calibration-world.mjs';

const HISTORY_WINDOWS = 4 * 7 * 24;
const MONTH_WINDOWS = 30 * 24;
const CHANGES = [
  { name: 'refusals 1 → 2 %', signal: 'refusal', change: { rates: { refusal: 0.02 } } },
  { name: 'refusals 1 → 5 %', signal: 'refusal', change: { rates: { refusal: 0.05 } } },
  { name: 'latency +30 %', signal: 'latency_ms', change: { factors: { latency_ms: 1.3 } } },
  { name: 'latency spread ×1.5', signal: 'latency_ms', change: { spread: { latency_ms: 1.5 } } },
];
/** Windows after which a change counts as missed. */
const MISSED = 200;
const STARTS = 12;
const TIMED_EVERY = 17;
const VERSIONS = 50;

const { seed, months, streams: count } = workerData;
const streams = streamsOf(count, seed);
const budget = createBudget({
  window: { kind: 'time', ms: HOUR_MS },
  falsePagesPerMonth: 1,
  streams: streams.map(({ key, rows, signals }) => ({
    key,
    rows: rows * 168,
    signals: signals.map(({ name }) => name),
  })),
});
const series = streams.reduce((sum, { signals }) => sum + signals.length, 0);
/** Those that are named have what all signals together said of the window before. */
let [named, ratio] = [new Set(), 0];
const nameOf = (key, signal) => `${key.model}/${key.segment}/${signal}`;
const optionsOf = (key) => ({
  ...DEFAULT_STREAM_OPTIONS,
  isTimed: true,
  levelOf: (signal) => budget.levelOf(key, signal),
  togetherOf: (signal) => (named.has(nameOf(key, signal)) ? ratio : 0),
});
function sayTogether(leaves) {
  const said = together(leaves, budget.total * DETECTOR_SHARE);
  ratio = said.ratio;
  named = new Set(ratio >= 1 ? said.changed.map(({ key, signal }) => nameOf(key, signal)) : []);
}
const leavesOf = ({ key }, { evidence }) =>
  [...evidence].flatMap(([signal, { isStanding, ...found }]) =>
    isStanding ? [] : [{ key, signal, weight: budget.weightOf(key, signal), ...found }],
  );

const watched = streams.map((stream, index) => ({
  ...stream,
  options: optionsOf(stream.key),
  random: generator(seed * 1_000_003 + index * 7919),
  state: null,
}));
const told = {
  pages: 0,
  joint: 0,
  historyPages: 0,
  byMonth: [],
  alarms: [],
  psi: 0,
  wasserstein: 0,
  bonferroni: 0,
  rivalMonths: 0,
  steps: 0,
  seconds: 0,
};
const standing = new Set();

function stepAll(index) {
  const month = index < HISTORY_WINDOWS ? -1 : Math.floor((index - HISTORY_WINDOWS) / MONTH_WINDOWS);
  const leaves = [];
  let pages = 0;
  for (const one of watched) {
    const window = windowOf(one, index, one.random);
    // Asking for the time in every window would cost more than some steps do.
    const before = index % TIMED_EVERY === 0 ? process.cpuUsage() : null;
    const step = stepStream(one.state, window.summaries, window, one.options);
    if (before) {
      const { user, system } = process.cpuUsage(before);
      told.seconds += (user + system) / 1e6;
      told.steps += one.signals.length;
    }
    one.state = step.state;
    pages += pagesOf(one, step, index);
    leaves.push(...leavesOf(one, step));
    if (month === 0) rivals(one, window);
  }
  sayTogether(leaves);
  if (month < 0) {
    told.historyPages += pages;
    return;
  }
  told.pages += pages;
  told.byMonth[month] = (told.byMonth[month] ?? 0) + pages;
}

/** Changes that were called in this window and did not stand before. */
function pagesOf(one, step, index) {
  let pages = 0;
  for (const { signal, outcome, direction, effect, evidence, samples } of step.findings) {
    const name = nameOf(one.key, signal);
    if (outcome !== 'alarm') standing.delete(name);
    else if (!standing.has(name)) {
      standing.add(name);
      pages++;
      if (index >= HISTORY_WINDOWS && named.has(name)) told.joint++;
      told.alarms.push({ index, name, direction, effect: effect?.value, evidence, rows: samples.current });
    }
  }
  return pages;
}

/** What thresholds on distances, and a test in every window, say of the same windows against the same four weeks. */
function rivals(one, window) {
  for (const { name } of one.signals) {
    const { baseline } = one.state.signals[name].watch;
    const bins = [...window.summaries.get(name).bins].sort(([a], [b]) => a - b);
    const current = { bins, count: window.summaries.get(name).count };
    if (psi(baseline, current) >= 0.1) told.psi++;
    if (wasserstein(baseline, current) >= 0.1) told.wasserstein++;
    const isRate = baseline.bins.every(([bin]) => bin === 0 || bin === 5000);
    const logP = Math.LN2 + (isRate ? fisher(baseline, current) : rank(baseline, current));
    if (logP <= Math.log(1 / MONTH_WINDOWS / series)) told.bonferroni++;
  }
}

const onesOf = ({ bins, count: trials }) => ({
  successes: trials - (bins.find(([bin]) => bin === 0)?.[1] ?? 0),
  trials,
});
const fisher = (baseline, current) => fisherMidTail(onesOf(baseline), onesOf(current)).logP;

function rank(baseline, current) {
  let [below, at, sum] = [0, 0, 0];
  for (const [bin, rows] of current.bins) {
    while (at < baseline.bins.length && baseline.bins[at][0] < bin) below += baseline.bins[at++][1];
    const ties = baseline.bins[at]?.[0] === bin ? baseline.bins[at][1] : 0;
    sum += rows * (below + ties / 2);
  }
  const deviation = Math.sqrt((1 / current.count + 1 / baseline.count) / 12);
  return normalLogSf(Math.abs(sum / current.count / baseline.count - 0.5) / deviation);
}

/** On tenths of the baseline, or its values where these are fewer; empty cells count as 1e-4, as Evidently has it. */
function psi(baseline, current) {
  const cells = [];
  let [seen, at] = [0, 0];
  for (const [bin, rows] of baseline.bins) {
    seen += rows;
    if (seen >= ((cells.length + 1) * baseline.count) / 10) cells.push(bin);
  }
  cells[cells.length - 1] = Number.POSITIVE_INFINITY;
  const shares = ({ bins, count: rows }) => {
    const found = cells.map(() => 0);
    at = 0;
    for (const [bin, here] of bins) {
      while (bin > cells[at]) at++;
      found[at] += here / rows;
    }
    return found.map((share) => Math.max(share, 1e-4));
  };
  const [p, q] = [shares(baseline), shares(current)];
  if (cells.length === 1) {
    const [a, b] = [onesOf(baseline), onesOf(current)].map(({ successes, trials }) =>
      Math.max(1e-4, successes / trials),
    );
    return (b - a) * Math.log(b / a) + (a - b) * Math.log((1 - b) / (1 - a));
  }
  return p.reduce((sum, share, index) => sum + (q[index] - share) * Math.log(q[index] / share), 0);
}

/** Wasserstein-1 over the baseline's deviation, on the values of bins. */
function wasserstein(baseline, current) {
  const values = new Map();
  for (const [bin, rows] of baseline.bins) values.set(bin, rows / baseline.count);
  for (const [bin, rows] of current.bins) values.set(bin, (values.get(bin) ?? 0) - rows / current.count);
  const bins = [...values].sort(([a], [b]) => a - b);
  let [gap, distance] = [0, 0];
  for (let i = 0; i + 1 < bins.length; i++) {
    gap += bins[i][1];
    distance += Math.abs(gap) * (valueOfBin(bins[i + 1][0]) - valueOfBin(bins[i][0]));
  }
  let [sum, squares] = [0, 0];
  for (const [bin, rows] of baseline.bins) {
    sum += rows * valueOfBin(bin);
    squares += rows * valueOfBin(bin) ** 2;
  }
  const mean = sum / baseline.count;
  return distance / Math.max(1e-3, Math.sqrt(squares / baseline.count - mean * mean));
}

/** From the state that streams have after their months without a change: windows until the alarm; null for missed. */
function delays(start) {
  return CHANGES.flatMap(({ name, signal, change }) =>
    watched.slice(0, MODELS).flatMap((one, model) => {
      const { [signal]: own } = one.state.signals;
      if (own.watch.standing) return [];
      const alone = {
        ...one,
        signals: one.signals.filter((other) => other.name === signal),
        state: { ...one.state, signals: { [signal]: own } },
      };
      return Array.from({ length: STARTS }, (_, run) => {
        const random = generator(seed * 31 + run * 1009 + model * 65_537 + name.length);
        // Each run begins at another hour of the week, after calm windows.
        return { name, delay: delayOf(alone, { start, calm: run * 14, random, signal, change }) };
      }).filter(({ delay }) => delay !== 'before');
    }),
  );
}

function delayOf(one, { start, calm, random, signal, change }) {
  let { state } = one;
  for (let index = 0; index < calm + MISSED; index++) {
    const window = windowOf(one, start + index, random, index < calm ? {} : change);
    const step = stepStream(state, window.summaries, window, one.options);
    state = step.state;
    const isAlarm = step.findings.some((finding) => finding.signal === signal && finding.outcome === 'alarm');
    if (isAlarm) return index < calm ? 'before' : index - calm + 1;
  }
  return null;
}

/** Declared versions in which nothing is new, of whole models, that begin at any hour: how many are called different, here and by tests of rows. */
function versionsCalled(start) {
  const called = { plumbline: 0, rows: 0, of: VERSIONS * MODELS };
  for (const [model, one] of watched.slice(0, MODELS).entries()) {
    const before = predecessorFrom('1', one.state);
    for (let version = 0; version < VERSIONS; version++) {
      const at = { from: start + ((version * 37) % 168), seed: seed * 131 + version * 1009 + model * 65_537 };
      if (isVersionCalled(one, before, { ...at, isTimed: true })) called.plumbline++;
      if (isVersionCalled(one, before, { ...at, isTimed: false })) called.rows++;
    }
  }
  return called;
}

function isVersionCalled(one, before, { from, seed: own, isTimed }) {
  const random = generator(own);
  let state = null;
  for (let index = from; state?.phase !== 'watching'; index++) {
    const { sessions, ...window } = windowOf(one, index, random);
    const told = isTimed ? { ...window, sessions } : window;
    const step = stepStream(state, window.summaries, told, { ...one.options, isTimed }, before);
    state = step.state;
    if (
      step.findings.some(({ outcome, detector }) => outcome === 'alarm' && detector === 'version_comparison')
    )
      return true;
  }
  return false;
}

const end = HISTORY_WINDOWS + months * MONTH_WINDOWS;
for (let index = 0; index < end; index++) {
  stepAll(index);
  const done = index + 1 - HISTORY_WINDOWS;
  if (done > 0 && done % MONTH_WINDOWS === 0) {
    parentPort.postMessage({ progress: { month: done / MONTH_WINDOWS, pages: told.pages } });
  }
}
const state = JSON.stringify(watched[0].state);
const scores = watched.slice(0, 3).flatMap(({ state: { signals } }) =>
  Object.entries(signals).map(([name, { watch }]) => ({
    name,
    ratio: watch.variation.scores.map(({ betweenRatio }) => betweenRatio),
    correlations: watch.variation.scores.map(({ autocorrelation }) => autocorrelation),
    session: watch.variation.sessions.products / watch.variation.sessions.pairs,
  })),
);
parentPort.postMessage({
  result: {
    ...told,
    delays: delays(end),
    versions: versionsCalled(end),
    series,
    stateBytes: state.length,
    scores,
  },
});
