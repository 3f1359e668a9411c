// Inferences per second over HTTP, through Kafka, into the store, everything on this machine, against the engine's own
// rate from a file into the same table, in one run; the delay from an acknowledged body to rows that a SELECT sees; and
// memory. `-- log [--shape one|separate] [--signals all|none] [--seconds 20] [--delay-seconds 20] [--memory-seconds 600]`.
// Embeddings are off. A rate counts what is stored until nothing waits on the log any more: it can be kept up.
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openLogShape, SHAPES } from './load/log-shapes.mjs';
import { bodyMaker, engineRate, RECORD_BYTES, ROWS_PER_BODY, templates } from './load/records.mjs';
import { cpuSeconds, post, residentMb } from './load/service.mjs';

const SENDERS = Number(process.env.SENDERS ?? 12);
const GOALS = { all: 0.07, none: 0.2 };
const DELAY_GOAL_MS = 5_000;
const WARM_UP_SECONDS = 10;
/** Of the sustained rate. */
const DELAY_SHARE = 0.5;
const MEMORY_SHARE = 0.8;
const MEMORY_STEP_SECONDS = 60;

const print = (text) => process.stdout.write(`${text}\n`);

export async function bench(args) {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: 'string' },
      signals: { type: 'string' },
      seconds: { type: 'string', default: '20' },
      'delay-seconds': { type: 'string', default: '20' },
      'memory-seconds': { type: 'string', default: '0' },
    },
  });
  const lines = templates();
  for (const shape of values.shape ? [values.shape] : Object.keys(SHAPES)) {
    for (const signals of values.signals ? [values.signals] : ['all', 'none']) {
      await measure(lines, { shape, signals, seconds: secondsOf(values, signals) });
    }
  }
}

/** Memory is watched with every signal computed: the other way has less of everything. */
const secondsOf = (values, signals) => ({
  load: Number(values.seconds),
  delay: Number(values['delay-seconds']),
  memory: signals === 'all' ? Number(values['memory-seconds']) : 0,
});

async function measure(lines, { shape, signals, seconds }) {
  const engineBefore = await engine(lines);
  const system = await openLogShape(shape, { SIGNALS: signals });
  const run = { system, make: bodyMaker(lines), acknowledged: 0 };
  try {
    await load(run, WARM_UP_SECONDS);
    await system.drained();
    const { perSecond, cpuMicros } = await sustained(run, {
      title: `${SHAPES[shape]}, signals ${signals}`,
      seconds: seconds.load,
    });
    const engineAfter = await engine(lines);
    const ratio = (2 * perSecond) / (engineBefore.median + engineAfter.median);
    const perCpu = engineAfter.cpuMicrosPerRow / cpuMicros;
    print(
      `  ratio to the engine ${ratio.toFixed(3)} (goal ${GOALS[signals]}); by CPU time, with ${availableParallelism()} cores against its one, ${(availableParallelism() * perCpu).toFixed(3)}`,
    );
    if (seconds.delay > 0) await delay(run, { perSecond: perSecond * DELAY_SHARE, seconds: seconds.delay });
    if (seconds.memory > 0)
      await memory(run, { perSecond: perSecond * MEMORY_SHARE, seconds: seconds.memory });
    await system.drained();
    const { rows, inserts } = await system.countStored();
    const isRight = rows === run.acknowledged;
    print(
      `  acknowledged ${run.acknowledged}, stored ${rows}${isRight ? '' : ': WRONG'} in ${inserts} inserts of ${Math.round(rows / inserts)}`,
    );
    if (!isRight) process.exitCode = 1;
  } finally {
    await system.stop();
  }
}

/** Measured before and after each rate: on a machine with other work, both then meet about the same of it. */
async function engine(lines) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const rate = await engineRate(lines, folder);
  rmSync(folder, { recursive: true, force: true });
  print(
    `engine from a file into the same table: ${Math.round(rate.median)} rows/s (median of ${rate.runs.map(Math.round).join(', ')}), ${rate.cpuMicrosPerRow.toFixed(1)} µs of CPU a row; records of ${RECORD_BYTES} bytes, embeddings off`,
  );
  return rate;
}

async function sustained(run, { title, seconds }) {
  const { system } = run;
  const before = cpuOfAll(system);
  const startMs = performance.now();
  const { rows, refused } = await load(run, seconds);
  const sentMs = performance.now() - startMs;
  await system.drained();
  const totalMs = performance.now() - startMs;
  const perSecond = (rows * 1_000) / totalMs;
  print(
    `${title}: ${Math.round(perSecond)} inferences/s stored (${Math.round((rows * 1_000) / sentMs)}/s acknowledged for ${(sentMs / 1_000).toFixed(0)} s, the rest stored ${((totalMs - sentMs) / 1_000).toFixed(1)} s later), ${refused} bodies refused`,
  );
  const used = cpuOfAll(system).map(({ name, all, main }, place) => {
    const micros = (now, then) => ((now - then) * 1e6) / rows;
    const of = { all: micros(all, before[place].all), main: micros(main, before[place].main) };
    return { name, ...of };
  });
  const total = used.reduce((sum, { all }) => sum + all, 0);
  print(
    `  CPU, µs a record: ${used.map(({ name, all, main }) => `${name} ${all.toFixed(0)} (main thread ${main.toFixed(0)})`).join(', ')}; in all ${total.toFixed(0)}`,
  );
  return { perSecond, cpuMicros: total };
}

function cpuOfAll({ pids }) {
  return Object.entries({ ...pids(), sender: process.pid }).map(([name, pid]) => ({
    name,
    ...cpuSeconds(pid),
  }));
}

/** Sends as fast as answers come, or at a pace: then `onAcknowledged` may look at the last id of each body. */
async function load(run, seconds, { perSecond = Number.POSITIVE_INFINITY, onAcknowledged = () => {} } = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const startMs = performance.now();
  const totals = { rows: 0, refused: 0 };
  let begun = 0;
  const sender = async () => {
    for (;;) {
      const dueMs = startMs + (begun++ * ROWS_PER_BODY * 1_000) / perSecond;
      if (Math.max(dueMs, performance.now()) >= startMs + seconds * 1_000) return;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
      const { body, lastId } = run.make();
      const status = await post(agent, run.system.url, body);
      if (status === 200) {
        totals.rows += ROWS_PER_BODY;
        onAcknowledged(lastId);
      } else {
        totals.refused++;
        await sleep(200);
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  agent.destroy();
  run.acknowledged += totals.rows;
  return totals;
}

async function delay(run, { perSecond, seconds }) {
  const watch = run.system.watchDelays();
  await load(run, seconds, { perSecond, onAcknowledged: (id) => watch.acknowledged(id) });
  const delaysMs = (await watch.end()).sort((a, b) => a - b);
  const at = (share) =>
    delaysMs[Math.min(delaysMs.length - 1, Math.floor(share * delaysMs.length))] ?? Number.NaN;
  print(
    `  at ${Math.round(perSecond)}/s, from the answer to ${run.system.delayMeans}: p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms, longest ${at(1).toFixed(0)} ms of ${delaysMs.length} (goal: p99 below ${DELAY_GOAL_MS} ms)`,
  );
}

async function memory(run, { perSecond, seconds }) {
  print(`  memory over ${seconds} s at ${Math.round(perSecond)}/s, MB:`);
  for (let at = 0; at < seconds; at += MEMORY_STEP_SECONDS) {
    const step = Math.min(MEMORY_STEP_SECONDS, seconds - at);
    await load(run, step, { perSecond });
    const sizes = Object.entries(run.system.pids()).map(
      ([name, pid]) => `${name} ${Math.round(residentMb(pid))}`,
    );
    print(`    after ${at + step} s: ${sizes.join(', ')}; ${await run.system.lag()} messages wait`);
  }
}
