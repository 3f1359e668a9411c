// How often everything that is watched raises a false alarm together, and how soon a change is found at that price:
// `npm run bench -- calibration [MONTHS] [STREAMS]`. Nothing changes in MONTHS simulated months of hourly windows over STREAMS
// streams, with sessions, seasons and windows that differ by more than their rows (calibration-world.mjs).
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { MODELS } from './calibration-world.mjs';

const MONTHS_PER_INSTALLATION = 5;
const WANTED = {
  'refusals 1 → 2 %': 24,
  'refusals 1 → 5 %': 3,
  'latency +30 %': 2,
  'latency spread ×1.5': 4,
};

export async function bench([months = '20', streams = '1000']) {
  const installations = Math.max(1, Math.ceil(Number(months) / MONTHS_PER_INSTALLATION));
  const each = Math.min(Number(months), MONTHS_PER_INSTALLATION);
  const waiting = Array.from({ length: installations }, (_, index) => index + 1);
  const results = [];
  const run = async () => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      results.push(await simulate({ seed, months: each, streams: Number(streams) }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, run));
  print(results, installations * each, Number(streams));
}

function simulate(workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./calibration-worker.mjs', import.meta.url), { workerData });
    worker.on('message', ({ progress, result }) => {
      if (result) resolve(result);
      // Hours pass with a thousand streams.
      else
        console.error(
          `installation ${workerData.seed}: month ${progress.month} of ${workerData.months} done, ${progress.pages} false pages so far`,
        );
    });
    worker.once('error', reject);
  });
}

function print(results, months, streams) {
  const sum = (read) => results.reduce((total, result) => total + read(result), 0);
  const { series } = results[0];
  console.log(
    `${streams} streams (${MODELS} whole models of 200 rows an hour with 8 signals, segments of 30 with 2), ${series} series;\n` +
      `${results.length} installations, each with four weeks learned by itself and ${months / results.length} months of 720 windows; budget 1 false page a month`,
  );
  const monthly = results.flatMap(({ byMonth }) =>
    Array.from({ length: months / results.length }, (_, i) => byMonth[i] ?? 0),
  );
  console.log(`\nfalse pages a month, over ${months} months (by month: ${monthly.join(' ')})`);
  console.log(`  plumbline                      ${(sum(({ pages }) => pages) / months).toFixed(2)}`);
  console.log(`  of these, called together      ${(sum(({ joint }) => joint) / months).toFixed(2)}`);
  const rival = results.length;
  console.log(`of the first month of each (${rival} months), windows that alarm:`);
  console.log(`  PSI ≥ .1                       ${Math.round(sum(({ psi }) => psi) / rival)}`);
  console.log(
    `  Wasserstein / σ ≥ .1           ${Math.round(sum(({ wasserstein }) => wasserstein) / rival)}`,
  );
  console.log(`  exact test, Bonferroni         ${Math.round(sum(({ bonferroni }) => bonferroni) / rival)}`);
  console.log(
    `from nothing, in the first four weeks: ${(sum(({ historyPages }) => historyPages) / rival).toFixed(2)} false pages`,
  );
  console.log('\nwindows (hours) to the alarm, whole models at 200 rows an hour, default priority');
  for (const [name, wanted] of Object.entries(WANTED)) {
    const all = results.flatMap(({ delays }) => delays).filter((one) => one.name === name);
    const sorted = all.map(({ delay }) => delay ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    const missed = sorted.filter((delay) => delay === Number.POSITIVE_INFINITY).length;
    console.log(
      `  ${name.padEnd(22)} median ${at(0.5)}, p90 ${at(0.9)} (wanted ${wanted}); ${missed} of ${sorted.length} missed in 200`,
    );
  }
  const versions = (name) => sum(({ versions: called }) => called[name]);
  console.log(
    `\ndeclared versions in which nothing is new: ${versions('plumbline')} of ${versions('of')} called different (1 in 100 allowed); by exact tests of rows ${versions('rows')}`,
  );
  const steps = sum(({ steps: one }) => one);
  const micros = (1e6 * sum(({ seconds }) => seconds)) / steps;
  console.log(
    `\n${micros.toFixed(1)} µs a step of one signal (${steps} measured); state of a whole model ${results[0].stateBytes} bytes`,
  );
  if (process.env.CALIBRATION_ALARMS) {
    for (const alarm of results.flatMap(({ alarms }) => alarms)) console.log(JSON.stringify(alarm));
    for (const score of results[0].scores) console.log(JSON.stringify(score));
  }
}
