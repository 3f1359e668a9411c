// Coverage and width of the prediction-powered mean against the labels alone, for judges of several strengths; coverage of the
// confidence sequence over time; false alarms and delay of the judged family. All simulated, seeded.
import { createJudgedFamily } from '../../dist/analyzers/quality/judged-family.js';
import { NO_OBSERVATIONS, observe, sequenceInterval } from '../../dist/analyzers/quality/mean-sequence.js';
import { addMoments, momentsOf } from '../../dist/analyzers/quality/moments.js';
import { qualityObservations } from '../../dist/analyzers/quality/observations.js';
import { labelledMean, predictionPoweredMean } from '../../dist/analyzers/quality/prediction-powered.js';
import { seededRandom } from '../../dist/core/seeded-random.js';

const ALPHA = 0.05;
const DRAWS = 2_000;
const BUCKETS = 32;
const WINDOWS = 300;
const CALM_WINDOWS = 100;

/** People's score and the judge's for one inference: 0 or 1, the judge right with some chance, or shifted by a constant. */
const JUDGES = {
  'right for 95 %': (y, random) => (random() < 0.95 ? y : 1 - y),
  'right for 85 %': (y, random) => (random() < 0.85 ? y : 1 - y),
  'right for 70 %': (y, random) => (random() < 0.7 ? y : 1 - y),
  'a coin': (_, random) => (random() < 0.5 ? 1 : 0),
  'kind: a third of the bad called good': (y, random) => (y === 1 || random() < 1 / 3 ? 1 : 0),
};

export async function bench(args) {
  const draws = Number(args[0]) || DRAWS;
  fixedSize(draws);
  overTime(Math.ceil(draws / 4));
  await detection(Math.ceil(draws / 20));
}

function fixedSize(draws) {
  console.log(
    `Fixed size, ${draws} draws: coverage of 95 % intervals, mean width, and width against labels alone`,
  );
  console.log(
    'judge                                  truth  labels  others  covers  width  labels alone: covers  width  ratio',
  );
  for (const [name, judge] of Object.entries(JUDGES))
    for (const truth of [0.8, 0.5])
      for (const [labels, others] of [
        [30, 1_000],
        [100, 2_000],
        [400, 8_000],
      ]) {
        const random = seededRandom(labels + others);
        const seen = { powered: [0, 0], alone: [0, 0] };
        for (let draw = 0; draw < draws; draw++) {
          const halves = [0, 1].map(() =>
            momentsOf(rows({ truth, judge, random, labels: labels / 2, others: others / 2 })),
          );
          note(seen.powered, predictionPoweredMean(halves, ALPHA), truth);
          note(seen.alone, labelledMean(addMoments(...halves), ALPHA), truth);
        }
        const [powered, alone] = [seen.powered, seen.alone].map(([hits, width]) => [
          hits / draws,
          width / draws,
        ]);
        console.log(
          `${name.padEnd(38)} ${truth.toFixed(2).padStart(5)} ${String(labels).padStart(7)} ${String(others).padStart(7)} ${powered[0].toFixed(3).padStart(7)} ${powered[1].toFixed(3).padStart(6)} ${alone[0].toFixed(3).padStart(21)} ${alone[1].toFixed(3).padStart(6)} ${(powered[1] / alone[1]).toFixed(2).padStart(6)}`,
        );
      }
}

function note(seen, interval, truth) {
  if (!interval) return;
  if (interval.low <= truth && truth <= interval.high) seen[0]++;
  seen[1] += interval.high - interval.low;
}

function* rows({ truth, judge, random, labels, others }) {
  for (let index = 0; index < labels + others; index++) {
    const y = random() < truth ? 1 : 0;
    yield { judge: judge(y, random), label: index < labels ? y : null };
  }
}

/** Buckets of one window. */
function bucketsOf(setting) {
  const buckets = Array.from({ length: BUCKETS }, () => []);
  for (const row of rows(setting)) buckets[Math.floor(setting.random() * BUCKETS)].push(row);
  return buckets
    .map((some, bucket) => ({ bucket, ...momentsOf(some) }))
    .filter(({ labels, others }) => labels + others > 0);
}

function overTime(draws) {
  console.log(
    `\nOver time, ${draws} runs of 400 windows of 4 labels and 100 others, truth .8: holds at every window, and width after 25, 100, 400`,
  );
  for (const [name, judge] of Object.entries(JUDGES)) {
    const random = seededRandom(7);
    const lambda = 0.8;
    let [held, heldAlone] = [0, 0];
    const widths = [0, 1].map(() => ({ 25: [], 100: [], 400: [] }));
    for (let draw = 0; draw < draws; draw++) {
      const sequences = [NO_OBSERVATIONS, NO_OBSERVATIONS];
      const isHeld = [true, true];
      for (let window = 1; window <= 400; window++) {
        const buckets = bucketsOf({ truth: 0.8, judge, random, labels: 4, others: 100 });
        [lambda, 0].forEach((own, index) => {
          const scale = 1 + 2 * own;
          const values = qualityObservations(buckets, own).map(({ value }) => (value + own) / scale);
          sequences[index] = observe(sequences[index], values, ALPHA);
          const { low, high } = sequenceInterval(sequences[index], ALPHA);
          const [from, to] = [low, high].map((end) => end * scale - own);
          if (from > 0.8 || to < 0.8) isHeld[index] = false;
          if ([25, 100, 400].includes(window))
            widths[index][window].push(Math.min(1, to) - Math.max(0, from));
        });
      }
      held += isHeld[0] ? 1 : 0;
      heldAlone += isHeld[1] ? 1 : 0;
    }
    const mean = (values) => (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
    const text = (index) => [25, 100, 400].map((window) => mean(widths[index][window])).join(' ');
    console.log(
      `${name.padEnd(38)} with judge ${(held / draws).toFixed(3)} width ${text(0)} | labels alone ${(heldAlone / draws).toFixed(3)} width ${text(1)}`,
    );
  }
}

async function detection(draws) {
  console.log(
    `\nThe family, ${draws} runs of ${WINDOWS} hourly windows of 4 labels and 100 others at 1/10,000 a window; the change comes ${CALM_WINDOWS} windows after the baseline`,
  );
  const judge = JUDGES['right for 85 %'];
  const kinder = (y, random) => (y === 1 || random() < 0.5 ? 1 : judge(y, random));
  const before = { truth: 0.8, judge };
  for (const [name, after] of Object.entries({
    'nothing changes': before,
    'quality .8 → .7': { truth: 0.7, judge },
    'quality .8 → .6': { truth: 0.6, judge },
    'quality .8 → .4': { truth: 0.4, judge },
    'the judge turns kind, quality stays': { truth: 0.8, judge: kinder },
  })) {
    const random = seededRandom(11);
    const found = { 'quality:x': [], 'judge_bias:x': [] };
    for (let draw = 0; draw < draws; draw++) {
      const first = await firstAlarms({ before, after, random });
      for (const [signal, delay] of first) found[signal].push(delay);
    }
    const text = Object.entries(found).map(([signal, delays]) => delayWords(signal, delays, draws));
    console.log(`${name.padEnd(38)} ${text.join(' | ')}`);
  }
}

/** Windows from the change to the first alarm of each signal; negative for one before it. */
async function firstAlarms({ before, after, random }) {
  const first = new Map();
  let [state, changesAt, window] = [null, Number.POSITIVE_INFINITY, 0];
  const family = createJudgedFamily({
    pairs: [{ judge: 'j', label: 'x', low: 0, high: 1 }],
    delayMs: 0,
    bucketsOf: async () => [
      bucketsOf({ ...(window >= changesAt ? after : before), random, labels: 4, others: 100 }),
    ],
  });
  for (; window < WINDOWS; window++) {
    const [since, until] = [window, window + 1].map((at) => new Date(at * 3.6e6));
    const nothing = { rows: 104, summaries: new Map(), categories: new Map() };
    const step = await family.step(
      state,
      { key: {}, since, until, ...nothing },
      { levelOf: () => 1e-4, versionShare: 1, siblings: [] },
    );
    state = step.state;
    if (changesAt > WINDOWS && state.x?.phase === 'watching') changesAt = window + 1 + CALM_WINDOWS;
    for (const { signal, outcome } of step.readings)
      if (outcome === 'alarm' && !first.has(signal)) first.set(signal, window - changesAt + 1);
  }
  return first;
}

function delayWords(signal, delays, draws) {
  const [early, late] = [(delay) => delay <= 0, (delay) => delay > 0].map((is) => delays.filter(is));
  late.sort((a, b) => a - b);
  const median = late.length * 2 > draws ? late[Math.floor(draws / 2)] : '–';
  return `${signal}: found in ${late.length} of ${draws}, median ${median} windows, ${early.length} before`;
}
