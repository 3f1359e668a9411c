// Coverage and width of the prediction-powered mean against the labels alone, for judges of several strengths; coverage of the
// confidence sequence over time; false alarms and delay of the judged family. All simulated, seeded.
import { createJudgedFamily } from '../../dist/analyzers/quality/judged-family.js';
import { NO_OBSERVATIONS, observe, sequenceInterval } from '../../dist/analyzers/quality/mean-sequence.js';
import { addMoments, momentsOf, NO_MOMENTS } from '../../dist/analyzers/quality/moments.js';
import { qualityObservations } from '../../dist/analyzers/quality/observations.js';
import { labelledMean, predictionPoweredMean } from '../../dist/analyzers/quality/prediction-powered.js';
import { seededRandom } from '../../dist/core/seeded-random.js';

const ALPHA = 0.05;
const DRAWS = 2_000;
const BUCKETS = 32;

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
    const widths = [[], []];
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
            (widths[index][window] ??= []).push(Math.min(1, to) - Math.max(0, from));
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
    `\nThe family, ${draws} runs of 300 hourly windows of 4 labels and 100 others at 1/10,000 a window; the change comes 100 windows after the baseline`,
  );
  const judge = JUDGES['right for 85 %'];
  const kinder = (y, random) => (y === 1 || random() < 0.5 ? 1 : judge(y, random));
  for (const [name, after] of Object.entries({
    'nothing changes': { truth: 0.8, judge },
    'quality .8 → .7': { truth: 0.7, judge },
    'quality .8 → .6': { truth: 0.6, judge },
    'quality .8 → .4': { truth: 0.4, judge },
    'the judge turns kind, quality stays': { truth: 0.8, judge: kinder },
  })) {
    const random = seededRandom(11);
    const found = { 'quality:x': [], 'judge_bias:x': [] };
    const falsely = { 'quality:x': 0, 'judge_bias:x': 0 };
    for (let draw = 0; draw < draws; draw++) {
      let [state, since, learnt] = [null, 0, null];
      const alarmed = new Set();
      for (let window = 0; window < 300; window++, since += 3.6e6) {
        const isAfter = learnt !== null && window >= learnt + 100;
        const setting = isAfter ? after : { truth: 0.8, judge };
        const family = createJudgedFamily({
          pairs: [{ judge: 'j', label: 'x', low: 0, high: 1 }],
          delayMs: 0,
          bucketsOf: async () => bucketsOf({ ...setting, random, labels: 4, others: 100 }),
        });
        const step = await family.step(
          state,
          {
            key: {},
            since: new Date(since),
            until: new Date(since + 3.6e6),
            rows: 104,
            summaries: new Map(),
            categories: new Map(),
          },
          { levelOf: () => 1e-4, siblings: [] },
        );
        state = step.state;
        if (learnt === null && state.x?.phase === 'watching') learnt = window + 1;
        for (const { signal, outcome } of step.readings) {
          if (outcome !== 'alarm' || alarmed.has(signal)) continue;
          alarmed.add(signal);
          if (isAfter) found[signal].push(window - learnt - 100 + 1);
          else falsely[signal]++;
        }
      }
    }
    const text = Object.entries(found).map(([signal, delays]) => {
      delays.sort((a, b) => a - b);
      const median = delays.length * 2 > draws ? (delays[Math.floor(draws / 2)] ?? delays.at(-1)) : '–';
      return `${signal}: found in ${delays.length} of ${draws}, median ${median} windows, ${falsely[signal]} before`;
    });
    console.log(`${name.padEnd(38)} ${text.join(' | ')}`);
  }
}
