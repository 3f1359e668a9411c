// Inferences per second over HTTP into the embedded store, against the engine's own rate from a file into the same
// table, in one run. `-- ingest [--seconds 20] [--memory-seconds 300]`.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bodyMaker, engineRate, RECORD_BYTES, ROWS_PER_BODY, templates } from './load/records.mjs';
import { post, residentMb, startService } from './load/service.mjs';

const SENDERS = Number(process.env.SENDERS ?? 12);
const GOALS = { all: 0.12, none: 0.3 };

async function load(url, lines, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const make = bodyMaker(lines);
  let stored = 0;
  let refused = 0;
  const end = performance.now() + seconds * 1000;
  const sender = async () => {
    while (performance.now() < end) {
      const status = await post(agent, url, make().body);
      if (status === 200) stored += ROWS_PER_BODY;
      else {
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: SENDERS }, sender));
  agent.destroy();
  return { perSecond: (stored * 1000) / (performance.now() - startMs), refused };
}

async function loopDelayP99Ms(url) {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return 1000 * Number(/^\S*nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)[1]);
}

async function measure(lines, signals, { seconds, memorySeconds }) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const { url, child } = await startService(folder, { SIGNALS: signals });
  try {
    await load(url, lines, 5);
    await loopDelayP99Ms(url);
    const { perSecond, refused } = await load(url, lines, seconds);
    const delayMs = await loopDelayP99Ms(url);
    process.stdout.write(
      `signals ${signals}: ${Math.round(perSecond)} inferences/s, ${refused} bodies refused, event-loop delay p99 ${delayMs.toFixed(1)} ms, resident ${Math.round(residentMb(child.pid))} MB\n`,
    );
    if (memorySeconds > 0) await memory({ url, child, lines, memorySeconds });
    return perSecond;
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function memory({ url, child, lines, memorySeconds }) {
  const parts = 10;
  process.stdout.write(`memory over ${memorySeconds} s at this load, MB:`);
  for (let part = 0; part < parts; part++) {
    await load(url, lines, memorySeconds / parts);
    process.stdout.write(` ${Math.round(residentMb(child.pid))}`);
  }
  process.stdout.write(`; event-loop delay p99 of the whole ${(await loopDelayP99Ms(url)).toFixed(1)} ms\n`);
}

export async function bench(args) {
  const option = (name, fallback) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback);
  const seconds = option('--seconds', 20);
  const memorySeconds = option('--memory-seconds', 0);
  const lines = templates();
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const engine = await engineRate(lines, folder);
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(
    `engine from a file into the same table: ${Math.round(engine.median)} rows/s (median of ${engine.runs.map(Math.round).join(', ')}), records of ${RECORD_BYTES} bytes\n`,
  );
  for (const signals of ['all', 'none']) {
    const perSecond = await measure(lines, signals, {
      seconds,
      memorySeconds: signals === 'all' ? memorySeconds : 0,
    });
    const ratio = perSecond / engine.median;
    process.stdout.write(`  ratio to the engine ${ratio.toFixed(3)} (goal ${GOALS[signals]})\n`);
  }
}
