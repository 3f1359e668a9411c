// Inferences per second over HTTP into the embedded store, against the engine's own rate from a file into the same
// table, in one run. `-- ingest [--seconds 20] [--memory-seconds 300]`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ID_DIGITS, RECORD_BYTES, templates } from './ingest-records.mjs';

const ROWS_PER_BODY = 1_000;
const SENDERS = Number(process.env.SENDERS ?? 12);
const FILE_ROWS = 100_000;
const ROOT = new URL('../../', import.meta.url).pathname;
const GOALS = { all: 0.12, none: 0.3 };

let nextId = 0;

/** Bodies whose ids and timestamps are written anew in place for each sending: cheap, so that it measures the service. */
function bodyMaker(lines) {
  const text = Array.from({ length: ROWS_PER_BODY }, (_, i) => `${lines[i % lines.length]}\n`).join('');
  const body = Buffer.from(text);
  const ids = [];
  const times = [];
  for (let at = 0; at < body.length; ) {
    ids.push(body.indexOf('"id":"', at) + 6);
    times.push(body.indexOf('"timestamp":"', at) + 13);
    at = body.indexOf('\n', at) + 1;
  }
  return () => {
    const copy = Buffer.from(body);
    const now = new Date().toISOString();
    for (let i = 0; i < ids.length; i++) {
      copy.write(String(nextId++).padStart(ID_DIGITS, '0'), ids[i], 'latin1');
      copy.write(now, times[i], 'latin1');
    }
    return copy;
  };
}

async function engineRate(lines, folder) {
  const file = join(folder, 'rows.ndjson');
  const make = bodyMaker(lines);
  writeFileSync(file, Buffer.concat(Array.from({ length: FILE_ROWS / ROWS_PER_BODY }, make)));
  const child = spawn(
    process.execPath,
    [new URL('./engine-rate.mjs', import.meta.url).pathname, folder, file],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  await once(child, 'exit');
  return JSON.parse(out);
}

async function startService(folder, settings) {
  const child = spawn(process.execPath, [join(ROOT, 'dist/app/main.js'), 'serve', '--json'], {
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      LOG_LEVEL: 'error',
      EMBEDDINGS: 'off',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { listening } = JSON.parse(line);
    if (listening) {
      child.stdout.resume();
      return { url: new URL(listening), child };
    }
  }
  throw new Error('the service did not start');
}

function post(agent, url, body) {
  return new Promise((resolve, reject) => {
    const req = request(new URL('/v1/inferences', url), {
      method: 'POST',
      agent,
      headers: { 'Content-Length': body.length },
    });
    req.on('response', (res) => {
      res.resume();
      res.on('end', () => resolve(res.statusCode));
    });
    req.on('error', reject);
    req.end(body);
  });
}

async function load(url, lines, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const make = bodyMaker(lines);
  let stored = 0;
  let refused = 0;
  const end = performance.now() + seconds * 1000;
  const sender = async () => {
    while (performance.now() < end) {
      const status = await post(agent, url, make());
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

const residentMb = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

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
