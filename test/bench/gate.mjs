// What the release gate says of real pairs whose truth is known, how often it is wrong, and what it can see:
// `npm run bench -- gate [RUNS] [real|null|power|canary]`. Needs ../shared/data, which is not part of the project (its prompts are CC-BY-NC).
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DEFAULT_CANARY_OPTIONS, startCanary, stepCanary } from '../../dist/analyzers/gate/canary.js';
import { DEFAULT_GATE_OPTIONS, gate } from '../../dist/analyzers/gate/gate.js';
import { sideOf } from '../../dist/analyzers/gate/side.js';
import { seededRandom } from '../../dist/core/seeded-random.js';
import { createSignals } from '../../dist/ingest/signals/compute.js';
import { loadPrices } from '../../dist/ingest/signals/prices.js';

const DATA = new URL('../../../shared/data/', import.meta.url);
const LEVEL = DEFAULT_GATE_OPTIONS.familyWise;

/** `npm run bench -- gate 1500 null` and so on; without a number each part runs as often as docs/gate.md says. */
export async function bench([runs = '', part = 'all']) {
  const is = (name) => part === 'all' || part === name;
  const times = (usual) => Number(runs) || usual;
  if (is('real')) await realPairs();
  if (is('null')) await typeOne(times(1500));
  if (is('power')) await power(times(100));
  if (is('canary')) await sequential(times(100));
}

function recordsIn(name) {
  const file = new URL(name, DATA);
  if (!existsSync(file)) return [];
  return gunzipSync(readFileSync(file)).toString('utf8').split('\n').filter(Boolean).map(JSON.parse);
}

async function realPairs() {
  const signalsOf = createSignals({ enabled: 'all', prices: loadPrices() });
  const rowOf = (record, index) => {
    const inference = { timestamp: '', status: 'ok', ...record };
    const numbers = {};
    for (const [name, value] of Object.entries(signalsOf(inference)))
      if (typeof value === 'number') numbers[name] = value;
    for (const [name, value] of Object.entries(record.scores ?? {})) numbers[`score:${name}`] = value;
    // Wins are counted against text_davinci_003, which is therefore at a tie with itself: 1.5 between lost (1) and won (2).
    if (record.model === 'text_davinci_003') numbers['score:alpaca_eval_gpt4'] = 1.5;
    if (record.score !== undefined) numbers['score:correct'] = record.score;
    if (record.latency_s !== undefined) numbers.latency_ms = record.latency_s * 1000;
    const id = `${record.model}${index}`;
    return { id, unit: id, pair: record.prompt, numbers, categories: {}, groups: {} };
  };
  const alpaca = grouped(recordsIn('alpaca_eval_4models.jsonl.gz'), ({ model }) => model);
  const prime = grouped(recordsIn('llmdrift_prime.jsonl.gz'), ({ model, period }) => `${model} ${period}`);
  const names = [...alpaca.keys()];
  const vicuna = names.filter((name) => name.startsWith('vicuna'));
  const declared = [
    ['alpaca', alpaca, 'text_davinci_003', 'text_davinci_001'],
    ['alpaca', alpaca, 'text_davinci_001', 'text_davinci_003'],
    ['alpaca', alpaca, ...vicuna],
    ['alpaca', alpaca, ...vicuna.toReversed()],
    ['llmdrift', prime, 'gpt-4 2023-03', 'gpt-4 2023-06'],
    ['llmdrift', prime, 'gpt-3.5 2023-03', 'gpt-3.5 2023-06'],
  ];
  for (const [data, sides, a, b] of declared) {
    if (!sides.has(a) || !sides.has(b)) {
      console.log(`real     ${data} ${a} → ${b}: not there`);
      continue;
    }
    const result = await gate(
      sideOf(sides.get(a).map(rowOf)),
      sideOf(sides.get(b).map(rowOf)),
      DEFAULT_GATE_OPTIONS,
    );
    const told = (verdict) =>
      result.guarded
        .filter((one) => one.verdict === verdict)
        .map(({ signal }) => signal)
        .join(' ') || '–';
    console.log(
      `real     ${data} ${a} → ${b}: ${result.verdict}, ${result.pairs} pairs; worse ${told('worse')}; better ${told('better')}; needs data ${told('not_enough_data')} (${result.rowsNeeded ?? 0} more); changes ${result.changes.map(({ signal }) => signal).join(' ') || '–'}`,
    );
  }
}

function grouped(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

/** Rows of sessions with a level of their own; `worse` moves rates and latencies the wrong way. */
function simulated(random, { rows, session, worse, isPaired }, side) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let level = 0;
  return Array.from({ length: rows }, (_, index) => {
    if (index % session === 0) level = session > 1 ? 0.4 * normal() : 0;
    const moved = side === 'b' ? worse : { refusal: 0, latency: 1, correct: 0 };
    const flip = (rate) => Number(random() < Math.min(1, Math.max(0, rate * Math.exp(level))));
    const numbers = {
      refusal: flip(0.05 + moved.refusal),
      error: flip(0.01),
      empty: flip(0.003),
      latency_ms: 800 * moved.latency * Math.exp(0.6 * normal() + level),
      cost_micro_usd: 50 * Math.exp(0.8 * normal() + level),
      repetition: random() < 0.8 ? 0 : random(),
      'score:correct': Number(random() < 0.85 - moved.correct),
      'score:rating': Math.ceil(5 * Math.sqrt(random())),
    };
    const id = `${side}${index}`;
    const unit = session > 1 ? `${side}s${Math.floor(index / session)}` : id;
    return { id, unit, pair: isPaired ? `p${index}` : null, numbers, categories: {}, groups: {} };
  });
}

const NOTHING = { refusal: 0, latency: 1, correct: 0 };

async function repeated(runs, design) {
  const counts = {};
  for (let seed = 1; seed <= runs; seed++) {
    const random = seededRandom(seed * 7919);
    const [a, b] = ['a', 'b'].map((side) => sideOf(simulated(random, design, side)));
    const { verdict } = await gate(a, b, DEFAULT_GATE_OPTIONS);
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  return counts;
}

const share = (counts, verdict, runs) => `${((100 * (counts[verdict] ?? 0)) / runs).toFixed(1)} %`;

async function typeOne(runs) {
  const rows = 500;
  for (const [name, session, isPaired] of [
    ['rows', 1, false],
    ['pairs', 1, true],
    ['rows in sessions of 10', 10, false],
    ['pairs in sessions of 10', 10, true],
  ]) {
    const counts = await repeated(runs, { rows, session, isPaired, worse: NOTHING });
    console.log(
      `null     ${rows} ${name}: worse in ${counts.worse ?? 0} of ${runs} (level ${100 * LEVEL} %), better in ${counts.better ?? 0}, same in ${counts.same ?? 0}`,
    );
  }
}

async function power(runs) {
  // What a canary sees as well: how many rows it would take at a fixed number.
  for (const rows of [200, 260, 320]) {
    const worse = { ...NOTHING, refusal: 0.1 };
    const counts = await repeated(runs, { rows, session: 1, isPaired: false, worse });
    console.log(`power    ${rows} rows, refusal 5→15 %: worse ${share(counts, 'worse', runs)}, ${runs} runs`);
  }
  for (const rows of [200, 500, 1000, 2000]) {
    for (const [name, worse] of [
      ['nothing worse', NOTHING],
      ['refusal 5→10 %', { ...NOTHING, refusal: 0.05 }],
      ['latency +30 %', { ...NOTHING, latency: 1.3 }],
      ['correct 85→75 %', { ...NOTHING, correct: 0.1 }],
      ['at the margin: correct −5 points', { ...NOTHING, correct: 0.05 }],
    ]) {
      const counts = await repeated(runs, { rows, session: 1, isPaired: false, worse });
      console.log(
        `power    ${rows} rows, ${name}: worse ${share(counts, 'worse', runs)}, same or better ${((100 * ((counts.same ?? 0) + (counts.better ?? 0))) / runs).toFixed(1)} %, needs more ${share(counts, 'not_enough_data', runs)}, ${runs} runs`,
      );
    }
  }
}

/** A look after every match, which is as often as one can. */
async function sequential(runs) {
  const matchesMax = 5_000;
  const options = { ...DEFAULT_CANARY_OPTIONS, matchesMax };
  for (const [name, worse] of [
    ['nothing worse', NOTHING],
    ['at the margin: refusal +2 points', { ...NOTHING, refusal: 0.02 }],
    ['refusal 5→15 %', { ...NOTHING, refusal: 0.1 }],
    ['latency +30 %', { ...NOTHING, latency: 1.3 }],
    ['correct 85→65 %', { ...NOTHING, correct: 0.2 }],
  ]) {
    const counts = {};
    const stops = [];
    for (let seed = 1; seed <= runs; seed++) {
      const random = seededRandom(seed * 104729);
      const design = { rows: matchesMax, session: 1, isPaired: false, worse };
      const unitsOf = (side, rows) =>
        simulated(random, { ...design, rows }, side).map(({ numbers }) => ({ pair: null, numbers }));
      let state = startCanary(unitsOf('a', 500), options);
      for (let at = 0; at < matchesMax && state.verdict === 'continue'; at += 100)
        state = stepCanary(state, { baseline: unitsOf('a', 100), candidate: unitsOf('b', 100) }, options);
      counts[state.verdict] = (counts[state.verdict] ?? 0) + 1;
      if (state.verdict !== 'not_enough_data') stops.push(state.matches);
    }
    stops.sort((a, b) => a - b);
    console.log(
      `canary   ${name}: roll_back ${share(counts, 'roll_back', runs)} (level ${100 * options.familyWise} %), promote ${share(counts, 'promote', runs)} (risk ${100 * options.riskOfPassing} %), median stop ${stops[stops.length >> 1] ?? '–'} matches, ${runs} runs`,
    );
  }
}
