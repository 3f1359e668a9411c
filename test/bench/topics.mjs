// What a change of topics costs to see, on real prompts whose topics are known (clinc150, ten domains of 2,250 prompts):
// `npm run bench -- topics [RUNS] [all|sequential|fixed|speed]`. One domain in turn is held out; the other nine make the reference map and the stream.
// Vectors are made once by the shipped model and kept under .cache. Needs the data set: CLINC150, or ../shared/data.
import { signalWeights } from '../../dist/analyzers/budget.js';
import { DEFAULT_CATEGORY_OPTIONS } from '../../dist/analyzers/categories/options.js';
import { MATURE_MS } from '../../dist/analyzers/drift/maturing.js';
import { monitorSignal, watchFrom } from '../../dist/analyzers/drift/monitor-signal.js';
import { DEFAULT_DETECTOR_OPTIONS } from '../../dist/analyzers/drift/options.js';
import { sampleOf } from '../../dist/analyzers/drift/sample.js';
import { SCORES } from '../../dist/analyzers/drift/scores.js';
import { NO_SESSIONS } from '../../dist/analyzers/drift/sessions.js';
import { compareEmbeddings } from '../../dist/analyzers/embeddings/compare-embeddings.js';
import { embeddingFamily } from '../../dist/analyzers/embeddings/family.js';
import { fitReferenceMap } from '../../dist/analyzers/embeddings/fit-map.js';
import { projectOnto } from '../../dist/analyzers/embeddings/reference-map.js';
import { seededRandom } from '../../dist/core/seeded-random.js';
import { SIGNALS, signalSpec } from '../../dist/core/signals.js';
import { summarize } from '../../dist/core/summary.js';
import { readRows } from './topics-rows.mjs';

/** Windows of an hour. */
const OF_TIME = { ...DEFAULT_CATEGORY_OPTIONS, isTimed: true };
const WINDOW_ROWS = 300;
const FIT_ROWS = 3_000;
const REFERENCE_ROWS = Number(process.env.REFERENCE_ROWS ?? 6_000);
const HOUR = 3_600_000;
const never = Number.POSITIVE_INFINITY;
/** 1,000 streams, a window an hour, one false page in a month of 30 days. */
const STREAM_LEVEL = 1 / 720_000;
const KEY = { project: 'default', model: 'm', version: '', segment: '' };

export async function bench([runs = '2', part = 'all']) {
  const rows = await readRows();
  const domains = [...new Set(rows.map(({ group }) => group))].filter((group) => group !== 'oos');
  const weight = signalWeights(SIGNALS.map(({ name }) => name)).get('prompt_cell');
  console.log(
    `${rows.length} prompts, ${domains.length} domains; map of ${FIT_ROWS}, reference of ${REFERENCE_ROWS} others, windows of ${WINDOW_ROWS}`,
  );
  console.log(
    `level of one stream among 1,000: 1 in ${1 / STREAM_LEVEL} windows; of prompt_cell in it: weight ${weight.toFixed(4)}, 1 in ${Math.round(1 / STREAM_LEVEL / weight)}`,
  );
  const settings = [];
  for (const domain of domains)
    for (let run = 1; run <= Number(runs); run++) settings.push(settingOf(rows, domain, run));
  if (part === 'all' || part === 'sequential')
    for (const [name, level] of [
      ['stream', STREAM_LEVEL],
      ['signal', STREAM_LEVEL * weight],
    ])
      await sequential(settings, { name, level, domains });
  if (part === 'all' || part === 'fixed') fixedSize(settings);
  if (part === 'all' || part === 'fixed' || part === 'speed') await speed(settings[0]);
}

/** A map, its reference, and what streams are drawn from. */
function settingOf(rows, domain, run) {
  const random = seededRandom(run * 1_000 + domain.length * 31 + domain.charCodeAt(0));
  const usual = shuffled(
    rows.filter(({ group }) => group !== domain && group !== 'oos'),
    random,
  );
  const fit = usual.slice(0, FIT_ROWS);
  const calibration = usual.slice(FIT_ROWS, FIT_ROWS + REFERENCE_ROWS);
  const about = { project: 'default', model: 'm', side: 'prompt', identity: 'e', createdAt: new Date(0) };
  const startedAt = performance.now();
  const asText = ({ vector, prompt }) => ({ vector, text: prompt });
  const map = fitReferenceMap(
    { about, fit: fit.map(asText), calibration: calibration.slice(0, 3_000).map(asText) },
    random,
  );
  if (run === 1)
    console.log(
      `  ${domain}: map ${map.id} of ${map.centres.length} centres in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    );
  const on = (list) => list.map((row) => ({ ...row, at: projectOnto(map, row.vector) }));
  return {
    domain,
    run,
    map,
    reference: on(calibration),
    stream: on(usual.slice(FIT_ROWS + REFERENCE_ROWS)),
    fresh: on(
      shuffled(
        rows.filter(({ group }) => group === domain),
        random,
      ),
    ),
    oos: on(
      shuffled(
        rows.filter(({ group }) => group === 'oos'),
        random,
      ),
    ),
  };
}

/** Windows until the family alarms: median over runs for each domain, and over all of them. */
async function sequential(settings, { name, level, domains }) {
  console.log(`\nsequential, at the level of the ${name} (1 in ${Math.round(1 / level)})`);
  let [windows, cells, distance] = [0, 0, 0];
  for (const setting of settings) {
    const run = await replay(setting, { share: 0, from: [], level });
    windows += run.windows;
    if (run.cells !== null) cells++;
    if (run.distance !== null) distance++;
  }
  console.log(
    `  nothing changed: cells and topics alarm in ${cells}, distance in ${distance} of ${settings.length} runs, ${windows} windows`,
  );
  for (const share of [0.05, 0.1]) {
    const found = [];
    for (const setting of settings)
      for (const kind of ['fresh', 'oos'])
        found.push({
          kind,
          domain: setting.domain,
          ...(await replay(setting, { share, from: setting[kind], level })),
        });
    const first = ({ cells, distance }) => Math.min(cells ?? never, distance ?? never);
    for (const [label, of] of [
      ['cells and topics', ({ cells }) => cells ?? never],
      ['distance', ({ distance }) => distance ?? never],
      ['whichever is first', first],
    ]) {
      const waits = (filter) => median(found.filter(filter).map(of));
      const each = domains.map(
        (domain) => `${domain} ${waits((run) => run.kind === 'fresh' && run.domain === domain)}`,
      );
      console.log(
        `  ${share * 100} % new, ${label}: median ${waits(({ kind }) => kind === 'fresh')} windows (${each.join(', ')}); out of scope ${waits(({ kind }) => kind === 'oos')}`,
      );
    }
  }
}

async function replay({ reference, stream }, { share, from, level }) {
  const family = embeddingFamily({
    history: async ({ signal }) => windowsOf(reference, signal),
    options: OF_TIME,
  });
  const context = { levelOf: () => level, versionShare: 1, siblings: [] };
  const fresh = Math.round(share * WINDOW_ROWS);
  const count = Math.floor(stream.length / (WINDOW_ROWS - fresh));
  // A window like the reference comes first, so that all that follow are judged as those of an old stream.
  const first = await family.step(null, windowOf(-1, reference.slice(0, WINDOW_ROWS)), context);
  let [state, watch] = [matured(first.state), watchFrom(distances(reference), VARIATION)];
  const found = { cells: null, distance: null };
  let window = 0;
  for (; window < count && (found.cells === null || found.distance === null); window++) {
    const usual = stream.slice(window * (WINDOW_ROWS - fresh), (window + 1) * (WINDOW_ROWS - fresh));
    const added = Array.from({ length: fresh }, (_, i) => from[(window * fresh + i) % from.length]);
    const rows = [...usual, ...added];
    const stepped = await family.step(state, windowOf(window, rows), context);
    state = JSON.parse(JSON.stringify(stepped.state));
    if (stepped.readings.some(({ outcome }) => outcome === 'alarm')) found.cells ??= window + 1;
    const followed = monitorSignal(
      watch,
      { since: new Date(window * HOUR), until: new Date((window + 1) * HOUR), sample: distances(rows) },
      { spec: signalSpec('prompt_distance'), level, isTimed: true, options: DEFAULT_DETECTOR_OPTIONS },
    );
    watch = followed.state;
    if (followed.reading.outcome === 'alarm') found.distance ??= window + 1;
  }
  return { ...found, windows: window };
}

/** What is known of remoteness after four weeks in which windows differed by .05 standard deviations of a row. */
const VARIATION = {
  ...{ since: new Date(0).toISOString(), spanMs: MATURE_MS, windows: 672, sessions: NO_SESSIONS },
  scores: SCORES.continuous.map(() => ({
    hours: null,
    betweenRatio: 0.0025,
    freedom: 600,
    autocorrelation: 0,
  })),
};

/** As if it had been watched for four weeks before; it has no season, as the prompts have none. */
function matured(state) {
  for (const signal of Object.values(state.signals)) {
    if (signal.reference) signal.reference.spanMs = MATURE_MS;
    delete signal.course;
  }
  return state;
}

const distances = (rows) => sampleOf(summarize(rows.map(({ at }) => at.distance)));

const side = (rows) => ({ projections: rows.map(({ at }) => at), sessions: rows.map(() => null) });
const isCalled = (baseline, current) =>
  compareEmbeddings(side(baseline), side(current), { level: 0.01 }).outcome === 'alarm';

/** Two fixed sets: how often each share of a new topic is found, and false alarms. */
function fixedSize(settings) {
  console.log('\nfixed size, level 0.01, baseline 3,000');
  for (const rows of [300, 1_000]) {
    const line = [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5].map((share) => {
      const draws = settings.flatMap((setting) =>
        [0, 1, 2].map((draw) => foundIn(setting, { rows, share, draw })),
      );
      return `${share * 100} %: ${draws.filter(Boolean).length}/${draws.length}`;
    });
    console.log(`  ${rows} rows: ${line.join(', ')}`);
  }
  const splits = settings.flatMap(({ fresh, oos, stream }) =>
    [fresh, oos, stream].flatMap((pool) =>
      [0, 1, 2, 3, 4].map((draw) => {
        const mixed = shuffled(pool, seededRandom(draw + 17 * pool.length));
        const half = Math.min(1_000, mixed.length >> 1);
        return isCalled(mixed.slice(0, half), mixed.slice(half, 2 * half));
      }),
    ),
  );
  console.log(
    `  two halves of one domain, of out-of-scope, of in-scope: ${splits.filter(Boolean).length} of ${splits.length} alarm`,
  );
}

/** Of rows that neither made the map nor calibrated it. */
function foundIn({ reference, stream, fresh, domain, run }, { rows, share, draw }) {
  const random = seededRandom(draw * 7 + rows + run * 131 + domain.length);
  const added = shuffled(fresh, random).slice(0, Math.round(share * rows));
  const usual = shuffled(stream, random).slice(0, rows - added.length);
  return isCalled(reference.slice(3_000, 6_000), [...usual, ...added]);
}

async function speed({ map, reference, stream }) {
  const many = (rows, count) => Array.from({ length: count }, (_, i) => rows[i % rows.length]);
  const [baseline, current] = [many(reference, 10_000), many(stream, 2_000)];
  const [old, now] = [side(baseline), side(current)];
  await timed('2,000 embeddings against 10,000, p-value and effect', () =>
    compareEmbeddings(old, now, { level: 0.01 }),
  );
  const family = embeddingFamily({
    history: async ({ signal }) => windowsOf(baseline, signal),
    options: OF_TIME,
  });
  const context = { levelOf: () => STREAM_LEVEL, versionShare: 1, siblings: [] };
  const { state } = await family.step(null, windowOf(0, stream.slice(0, 300)), context);
  await timed('a window of 2,000 against 10,000 in the stream, e-value and effect', () =>
    family.step(state, windowOf(1, current), context),
  );
  await timed('placing 2,000 texts on a map, once, when they are embedded', () => {
    for (const { vector } of current) projectOnto(map, vector);
  });
}

async function timed(what, work) {
  const spent = [];
  for (let i = 0; i < 15; i++) {
    const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
    await work();
    const { user, system } = process.cpuUsage(cpu);
    spent.push({ wall: performance.now() - startedAt, cpu: (user + system) / 1_000 });
  }
  const [wall, cpu] = ['wall', 'cpu'].map((kind) => median(spent.map((run) => run[kind])).toFixed(0));
  console.log(`${what}: median ${wall} ms, of the processor ${cpu} ms`);
}

function windowOf(window, rows) {
  return {
    key: KEY,
    since: new Date(window * HOUR),
    until: new Date((window + 1) * HOUR),
    rows: rows.length,
    summaries: new Map(),
    categories: new Map(['prompt_cell', 'prompt_topic'].map((signal) => [signal, countsBy(rows, signal)])),
  };
}

function windowsOf(rows, signal) {
  return Array.from({ length: Math.floor(rows.length / WINDOW_ROWS) }, (_, window) =>
    countsBy(rows.slice(window * WINDOW_ROWS, (window + 1) * WINDOW_ROWS), signal),
  );
}

function countsBy(rows, signal) {
  const counts = new Map();
  for (const { at } of rows) {
    const value = signal === 'prompt_cell' ? at.cell : at.topic;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function median(values) {
  const middle = [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];
  return middle === Number.POSITIVE_INFINITY ? 'never' : middle;
}

function shuffled(list, random) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) copy.push(...copy.splice(Math.floor(random() * (i + 1)), 1));
  return copy;
}
