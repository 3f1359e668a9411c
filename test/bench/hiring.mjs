// Who is chosen, on real lists whose truth is known, and how often the detectors are wrong where there is nothing:
// `npm run bench -- hiring [STREAMS]`. Every number is printed with its sample size.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { compareGroups } from '../../dist/analyzers/fairness/compare-groups.js';
import { createDisparities } from '../../dist/analyzers/fairness/disparities.js';
import { disparitiesOf } from '../../dist/analyzers/fairness/disparities-of.js';
import { DEFAULT_FAIRNESS_OPTIONS } from '../../dist/analyzers/fairness/options.js';
import { GRID_ONE } from '../../dist/core/grid.js';
import { effectWords } from '../../dist/core/incident-words.js';
import { seededRandom } from '../../dist/core/seeded-random.js';

const DATA = new URL('../data/hiring_candidates.csv.gz', import.meta.url);
const SETTINGS = { familyWise: 0.05, fairness: DEFAULT_FAIRNESS_OPTIONS };
const SIGNAL = 'score:selected';
const RUNS_PER_WINDOW = 25;
/** One false alarm in a month of hours, of all groups of a stream together. */
const LEVEL = 1 / 720;

export async function bench([streams = '200']) {
  const [header, ...lines] = gunzipSync(readFileSync(DATA)).toString('utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
  for (const job of ['financial analyst', 'retail'])
    await lists(
      job,
      rows.filter((row) => row.job === job),
    );
  fourFifths(1000);
  await equalGroups(Number(streams));
  await unequalGroups(50);
}

async function lists(job, rows) {
  console.log(`\n${job}: ${rows.length} candidates in ${rows.length / 8} lists`);
  const attributes = ['race', 'gender'];
  say('fixed', disparitiesOf(tableOf(rows, attributes), SETTINGS));
  say('fixed, race by gender', disparitiesOf(tableOf(rows, ['group']), SETTINGS));
  const runs = [...new Set(rows.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1)).map(({ run }) => run))];
  const early = new Set(runs.slice(0, runs.length / 2));
  const halves = [true, false].map((isEarly) => rows.filter(({ run }) => early.has(run) === isEarly));
  const compared = compareGroups(...halves.map((half) => tableOf(half, [...attributes, 'group'])), SETTINGS);
  const outcomes = compared.map(({ attribute, value, outcome }) => `${attribute}=${value} ${outcome}`);
  const changed = outcomes.filter((outcome) => /worse|better/.test(outcome));
  console.log(`  halves in time: ${changed.join(', ') || 'silent'} (${outcomes.length} groups)`);
  for (const [name, half] of [
    ['all', rows],
    ['first half', halves[0]],
    ['second half', halves[1]],
  ]) {
    console.log(
      `  smallest over largest rate, ${name}: race ${minOverMax(half, 'race')}, group ${minOverMax(half, 'group')} (below 0.8 the naive rule alarms)`,
    );
  }
  const windows = [];
  for (let at = 0; at < runs.length; at += RUNS_PER_WINDOW) {
    const ofWindow = new Set(runs.slice(at, at + RUNS_PER_WINDOW));
    windows.push(
      tableOf(
        rows.filter(({ run }) => ofWindow.has(run)),
        attributes,
      ),
    );
  }
  const found = await replay(windows, LEVEL);
  const told = found.map(
    ({ segment, direction, window }) =>
      `${segment} ${direction} after ${(window + 1) * RUNS_PER_WINDOW} lists`,
  );
  console.log(
    `  sequential, level 1 in 720 windows of ${RUNS_PER_WINDOW} lists: ${told.join(', ') || 'silent'}`,
  );
}

function say(name, found) {
  for (const { attribute, value, outcome, gap, logP, shrunk } of found) {
    if (outcome !== 'alarm') continue;
    console.log(
      `  ${name}: ${attribute}=${value} ${(100 * gap.group).toFixed(1)} % against ${(100 * gap.rest).toFixed(1)} %, ${effectWords(gap.effect)}; p ${Math.exp(logP).toExponential(1)}, shrunk ratio ${Math.exp(shrunk).toFixed(2)}`,
    );
  }
  const alarms = found.filter(({ outcome }) => outcome === 'alarm').length;
  console.log(`  ${name}: ${alarms} of ${found.length} groups alarm`);
}

/** Candidates of one list are compared with each other: the list is the stratum. */
function tableOf(rows, attributes) {
  const cells = new Map();
  for (const row of rows) {
    for (const attribute of attributes) {
      const key = `${attribute} ${row[attribute]} ${row.run}`;
      const cell = cells.get(key) ?? {
        attribute,
        value: row[attribute],
        stratum: row.run,
        count: 0,
        events: 0,
      };
      cell.count++;
      cell.events += Number(row.selected);
      cells.set(key, cell);
    }
  }
  return { tallies: [...cells.values()].map((cell) => tallyOf(cell, SIGNAL)), pairs: [] };
}

/** Of rows that are units of their own. */
function tallyOf({ count, events, ...names }, signal) {
  const bins = [
    [0, count - events],
    [GRID_ONE, events],
  ].filter(([, rows]) => rows > 0);
  const [sum, sumSquares, units] = [events, events, count];
  return {
    ...names,
    signal,
    count,
    bins,
    sum,
    sumSquares,
    units,
    unitRowSquares: count,
    unitCross: sum,
    unitSumSquares: sum,
  };
}

function minOverMax(rows, attribute) {
  const rates = new Map();
  for (const row of rows) {
    const rate = rates.get(row[attribute]) ?? { count: 0, events: 0 };
    rates.set(row[attribute], { count: rate.count + 1, events: rate.events + Number(row.selected) });
  }
  const all = [...rates.values()].map(({ count, events }) => events / count);
  return (Math.min(...all) / Math.max(...all)).toFixed(2);
}

/** First alarm of each group. */
async function replay(tables, level) {
  let at = 0;
  const family = createDisparities({ read: async () => tables[at] });
  const first = new Map();
  let state = null;
  for (; at < tables.length; at++) {
    const window = {
      key: { project: '', model: 'm', version: '', segment: '' },
      since: new Date(at * 3.6e6),
      until: new Date((at + 1) * 3.6e6),
    };
    const step = await family.step(state, window, { levelOf: () => level, versionShare: 1, siblings: [] });
    state = step.state;
    for (const { segment, outcome, direction } of step.readings) {
      if (outcome === 'alarm' && !first.has(segment)) first.set(segment, { segment, direction, window: at });
    }
  }
  return [...first.values()];
}

/** Methods finding 9, measured again: groups with equal rates, the ratio of their rates, and the same with confidence. */
function fourFifths(trials) {
  console.log(
    `\nequal rates, ${trials} draws each: smallest over largest below 0.8, against alarms here (any group, 5 % allowed)`,
  );
  for (const [groups, rate, rows] of [
    [2, 0.1, 200],
    [2, 0.1, 1000],
    [2, 0.05, 200],
    [2, 0.1, 10_000],
    [5, 0.1, 200],
    [10, 0.1, 200],
    [10, 0.1, 2000],
  ]) {
    const random = seededRandom(rows + groups);
    let [naive, ours] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const table = drawn(Array(groups).fill(rate), rows, random);
      const rates = table.tallies.map(({ sum, count }) => sum / count);
      if (Math.min(...rates) < 0.8 * Math.max(...rates)) naive++;
      if (disparitiesOf(table, SETTINGS).some(({ outcome }) => outcome === 'alarm')) ours++;
    }
    console.log(
      `  ${groups} groups, rate ${rate}, ${rows} rows each: naive ${percent(naive, trials)}, ours ${percent(ours, trials)}`,
    );
  }
}

function drawn(rates, rows, random) {
  const tallies = rates.map((rate, index) => {
    let events = 0;
    for (let i = 0; i < rows; i++) if (random() < rate) events++;
    return tallyOf({ attribute: 'group', value: `g${index}`, stratum: '', count: rows, events }, 'refusal');
  });
  return { tallies, pairs: [] };
}

/** Streams of groups that are served alike: alarms in a month of hours at a level of one a month for each stream. */
async function equalGroups(streams) {
  console.log(
    `\nsequential, groups served alike, ${streams} streams of 720 hours at a level of 1 in 720 each`,
  );
  for (const [groups, rate, rows] of [
    [2, 0.05, 100],
    [5, 0.05, 40],
    [5, 0.3, 40],
  ]) {
    let alarms = 0;
    for (let seed = 0; seed < streams; seed++) {
      const random = seededRandom(seed * 31 + rows);
      const tables = Array.from({ length: 720 }, () => drawn(Array(groups).fill(rate), rows, random));
      alarms += (await replay(tables, LEVEL)).length;
    }
    console.log(
      `  ${groups} groups, rate ${rate}, ${rows} rows an hour each: ${alarms} alarms (allowed ${streams})`,
    );
  }
}

async function unequalGroups(streams) {
  console.log(
    `\nsequential, unfair from the first hour, ${streams} streams, same level: median hours to alarm (missed in 720)`,
  );
  for (const [of, rest, rows] of [
    [0.06, 0.03, 100],
    [0.08, 0.032, 100],
    [0.2, 0.1, 100],
    [0.15, 0.1, 100],
    [0.3, 0.15, 25],
  ]) {
    const delays = [];
    for (let seed = 0; seed < streams; seed++) {
      const random = seededRandom(seed * 17 + rows);
      const tables = Array.from({ length: 720 }, () => drawn([of, rest], rows, random));
      const [first] = await replay(tables, LEVEL);
      delays.push(first ? first.window + 1 : Number.POSITIVE_INFINITY);
    }
    delays.sort((a, b) => a - b);
    const missed = delays.filter((delay) => !Number.isFinite(delay)).length;
    console.log(`  ${of} against ${rest}, ${rows} rows an hour each: ${delays[streams >> 1]} (${missed})`);
  }
}

const percent = (count, all) => `${((100 * count) / all).toFixed(1)} %`;
