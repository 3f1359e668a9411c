// What the SDK's hook costs the host: one run, the same client of OpenAI's bare, with ours, and with the hooks of langfuse and
// posthog. The client's `fetch` answers from memory, so that what is measured is the client and the hook.
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { register } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const OPENAI_IS_6 = `export const resolve = (name, context, next) =>
  next(name.replace(/^openai(?=$|\\/)/, 'openai6'), context);`;
const CALLS = 3_000;
const WARM_CALLS = 500;
const TURNS_BETWEEN = 2;
const CPU_CALLS = 500;
const SERIES_WARM_CALLS = 5;
const PER_SECOND = 1_000;
const LOAD_MS = 5_000;
const HOUR_CALLS = 360_000;
const MESSAGES = Array.from({ length: 6 }, (_, index) => ({
  role: index % 2 === 0 ? 'user' : 'assistant',
  content: `Message ${index}: ${'what is said in a conversation. '.repeat(10)}`,
}));
const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'An answer of some length. '.repeat(40) },
    },
  ],
  usage: { prompt_tokens: 400, completion_tokens: 200, total_tokens: 600 },
});

/** Measures in processes of their own, which can force the collection of garbage. */
export async function bench() {
  const sink = await startSink();
  for (const part of ['overhead', 'load', 'hour']) {
    const { stdout, status, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', '--max-semi-space-size=256', fileURLToPath(import.meta.url), part, sink.url],
      { encoding: 'utf8', env: { ...process.env, LANGFUSE_LOG_LEVEL: 'ERROR' } },
    );
    if (status !== 0) throw new Error(stderr);
    process.stdout.write(stdout);
  }
  sink.stop();
}

/** Takes what any of them sends, in a process of its own: its work is not the host's. */
async function startSink() {
  const { fork } = await import('node:child_process');
  const child = fork(fileURLToPath(import.meta.url), ['sink'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [url] = await new Promise((resolve) => child.once('message', (message) => resolve([message])));
  return { url, stop: () => child.kill() };
}

const fetchFromMemory = async () =>
  new Response(ANSWER, { status: 200, headers: { 'content-type': 'application/json' } });
const clientOptions = {
  apiKey: 'x',
  baseURL: 'http://127.0.0.1:1/v1',
  fetch: fetchFromMemory,
  maxRetries: 0,
};

const HOOKS = {
  bare: async () => {
    const { OpenAI } = await import('openai6');
    return { client: new OpenAI(clientOptions), end: async () => {} };
  },
  plumbline: async (url) => {
    const { OpenAI } = await import('openai6');
    const { createPlumbline } = await import('../dist/index.js');
    const plumbline = createPlumbline({ url });
    return {
      client: plumbline.observe(new OpenAI(clientOptions)),
      end: () => plumbline.shutdown(),
      plumbline,
    };
  },
  langfuse: async (url) => {
    const { OpenAI } = await import('openai6');
    const { observeOpenAI } = await import('@langfuse/openai');
    const { LangfuseSpanProcessor } = await import('@langfuse/otel');
    const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
    const processor = new LangfuseSpanProcessor({ publicKey: 'pk', secretKey: 'sk', baseUrl: url });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.register();
    return { client: observeOpenAI(new OpenAI(clientOptions)), end: () => provider.shutdown() };
  },
  posthog: async (url) => {
    // It imports the client by its own name, which is not that of this workspace.
    register(`data:text/javascript,${encodeURIComponent(OPENAI_IS_6)}`, import.meta.url);
    const { OpenAI } = await import('@posthog/ai/openai');
    const { PostHog } = await import('posthog-node');
    const posthog = new PostHog('phc_x', { host: url });
    return { client: new OpenAI({ ...clientOptions, posthog }), end: () => posthog.shutdown() };
  },
};

const call = (client) => client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES });

async function overhead(url) {
  const hooks = {};
  for (const [name, open] of Object.entries(HOOKS)) hooks[name] = await open(url);
  const names = Object.keys(hooks);
  for (const { client } of Object.values(hooks)) await series(client, WARM_CALLS, []);
  const measured = Object.fromEntries(names.map((name) => [name, { until: [], whole: [], disturbed: 0 }]));
  // One call of each, in turns that begin with another one each time: what else the machine does meets all alike.
  for (let round = 0; round < CALLS; round++)
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length];
      await measureOne(hooks[name].client, measured[name]);
    }
  const cpu = {};
  const bytes = {};
  for (const name of names) cpu[name] = await cpuPerCall(hooks[name].client);
  for (const name of names) bytes[name] = await allocated(hooks[name].client);
  say(`one call, ${CALLS} of each in turns, µs added to the bare client's:`);
  say(
    `  create: until create() has returned; answer: until the answer is there, what was put off not included;`,
  );
  say('  CPU: of all threads for one call, with all that was put off (bytes are of the heap)');
  say('           create p50     p99  answer p10     p50     p90     p99    CPU   bytes  taken off');
  const { bare } = measured;
  for (const name of names) {
    const { until, whole, disturbed } = measured[name];
    const against = (values, base, share) =>
      quantile(values, share) - (name === 'bare' ? 0 : quantile(base, share));
    const columns = [
      ...[0.5, 0.99].map((share) => against(until, bare.until, share)),
      ...[0.1, 0.5, 0.9, 0.99].map((share) => against(whole, bare.whole, share)),
      name === 'bare' ? cpu.bare : cpu[name] - cpu.bare,
    ].map((value) => value.toFixed(1).padStart(8));
    const heap = String(name === 'bare' ? bytes.bare : bytes[name] - bytes.bare).padStart(8);
    say(`${name.padEnd(12)}${columns.join('')}${heap}${String(disturbed).padStart(6)}`);
  }
  for (const { end } of Object.values(hooks)) await end();
}

/** A call during which the machine took the processor away says nothing of the hook: it is counted, and left out. */
async function measureOne(client, measured) {
  const before = process.resourceUsage().involuntaryContextSwitches;
  const began = performance.now();
  const promise = call(client);
  const returned = performance.now();
  await promise;
  const answered = performance.now();
  if (process.resourceUsage().involuntaryContextSwitches === before) {
    measured.until.push((returned - began) * 1000);
    measured.whole.push((answered - began) * 1000);
  } else measured.disturbed++;
  // What was put off has its turn, as while a host waits for its vendor.
  for (let turn = 0; turn < TURNS_BETWEEN; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** In µs, of all threads: what was put off, the compression and the sending count too. */
async function cpuPerCall(client) {
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    await series(client, CPU_CALLS, []);
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / CPU_CALLS);
  }
  return quantile(rounds, 0.5);
}

async function series(client, count, times) {
  for (let index = 0; index < count; index++) {
    const began = performance.now();
    await call(client);
    // The first ones wake up what the pause put to sleep, and the hooks that were before.
    if (index >= SERIES_WARM_CALLS) times.push((performance.now() - began) * 1000);
  }
  // What was put off has its turn between the series, as between the calls of a host that waits for its vendor.
  await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Of the heap, while nothing is collected: the young generation is larger than what is measured. */
async function allocated(client) {
  const COUNT = 500;
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < COUNT; index++) await call(client);
    rounds.push((process.memoryUsage().heapUsed - before) / COUNT);
  }
  return Math.round(quantile(rounds, 0.5));
}

async function load(url) {
  say(
    `\nevent loop under ${PER_SECOND} calls/s for ${LOAD_MS / 1000} s, delay in ms (the timer's own millisecond included)`,
  );
  for (const [name, open] of Object.entries(HOOKS)) {
    const { client, end, plumbline } = await open(url);
    await series(client, WARM_CALLS, []);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const calls = [];
    const began = performance.now();
    while (performance.now() - began < LOAD_MS) {
      const due = Math.floor(((performance.now() - began) / 1000) * PER_SECOND);
      // A host that awaits each: the client's promise reads nothing before.
      while (calls.length < due) calls.push(call(client).then(() => {}));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await Promise.all(calls);
    delay.disable();
    const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) =>
      (ns / 1e6).toFixed(1).padStart(7),
    );
    await end();
    const stats = plumbline?.stats();
    say(
      `${name.padEnd(12)} p50 ${p50}  p99 ${p99}  max ${max}${stats ? `  sent ${stats.sent}, dropped ${JSON.stringify(stats.dropped)}` : ''}`,
    );
  }
}

/** An hour of 100 calls a second, as fast as it goes, with nobody at the address. */
async function hour() {
  const { createPlumbline } = await import('../dist/index.js');
  const plumbline = createPlumbline({ url: 'http://127.0.0.1:1', onProblem() {} });
  const megabytes = [];
  for (let index = 1; index <= HOUR_CALLS; index++) {
    const open = plumbline.begin(() => ({ model: 'm', messages: MESSAGES }));
    open.firstToken();
    open.end(() => ({ response: `answer ${index} `.repeat(50) }));
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (index % (HOUR_CALLS / 10) === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      globalThis.gc();
      megabytes.push((process.memoryUsage().heapUsed / 2 ** 20).toFixed(1));
    }
  }
  const { queued, queuedBytes, dropped } = plumbline.stats();
  say(`\n${HOUR_CALLS} calls with the collector down: heap in MiB after each tenth: ${megabytes.join(' ')}`);
  say(`queued ${queued} (${(queuedBytes / 2 ** 20).toFixed(1)} MiB), dropped ${JSON.stringify(dropped)}`);
  await plumbline.shutdown(1);
}

function sink() {
  const server = createServer((request, response) => {
    request
      .resume()
      .on('end', () => response.end('{"accepted":0,"rejected":[],"rejected_count":0,"status":1}'));
  });
  server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`));
}

const say = (line) => process.stdout.write(`${line}\n`);
const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
};

const PARTS = { overhead, load, hour, sink };
if (process.argv[1] === fileURLToPath(import.meta.url)) await PARTS[process.argv[2]](process.argv[3]);
