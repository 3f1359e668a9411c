// Spans per second: 512-span batches of an unmodified exporter decoded and mapped, checked with every default signal and
// with none, and over HTTP into the embedded store; each against JSON.parse of the same batch or the engine's own rate
// from a file, in one run. `-- otlp [--seconds 15] [--no-store]`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { createCheck } from '../../dist/ingest/check-block.js';
import { createOtlpCheck } from '../../dist/ingest/otlp/check-otlp.js';
import { mapOtlp } from '../../dist/ingest/otlp/map-otlp.js';
import { createSignals } from '../../dist/ingest/signals/compute.js';
import { loadPrices } from '../../dist/ingest/signals/prices.js';
import { engineRate, templates } from './load/records.mjs';

const SPANS = 512;
const GOAL_PER_SECOND = 20_000;
const SENDERS = 8;
const ROUNDS = 25;
const OPTIONS = {
  recordBytesMax: 4 * 2 ** 20,
  rowsMax: 100_000,
  rejectionsMax: 100,
  timestampAheadMaxMs: 864e5,
  destination: 'store',
  redaction: null,
};
const ROOT = new URL('../../', import.meta.url).pathname;

/** Spans of generation C with real prompts and responses, about 1.7 kB of text each. */
function spans(lines) {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'api', 'service.version': '8f3c' }),
  });
  const tracer = provider.getTracer('bench', '1.0');
  return Array.from({ length: SPANS }, (_, index) => {
    const { prompt, response, model, version } = JSON.parse(lines[index % lines.length]);
    const parts = (content) => [{ type: 'text', content }];
    const span = tracer.startSpan(`chat ${model}`, {
      kind: 2,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': model,
        'gen_ai.response.model': `${model}-${version}`,
        'gen_ai.response.id': `chatcmpl-${index}`,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 150,
        'gen_ai.usage.output_tokens': 80,
        'gen_ai.request.temperature': 0.5,
        'gen_ai.request.max_tokens': 256,
        'gen_ai.conversation.id': `s-${index % 20}`,
        'server.address': 'api.openai.com',
        'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: parts(prompt) }]),
        'gen_ai.output.messages': JSON.stringify([
          { role: 'assistant', parts: parts(response), finish_reason: 'stop' },
        ]),
      },
    });
    span.end();
    return span;
  });
}

/** What the exporter puts on the wire. */
async function batchOf(Exporter, all) {
  const { createServer } = await import('node:http');
  let body;
  const server = createServer(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    body = Buffer.concat(chunks);
    res.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const exporter = new Exporter({ url: `http://127.0.0.1:${server.address().port}/v1/traces` });
  await new Promise((resolve) => exporter.export(all, resolve));
  await exporter.shutdown();
  server.close();
  return body;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Spans per second of processor time, the median of rounds: the same on a busy machine. The first are the compiler's. */
function rate(work) {
  const rates = [];
  for (let round = 0; round < ROUNDS + 3; round++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    if (round >= 3) rates.push((SPANS * 1e6) / (user + system));
  }
  return { middle: median(rates), best: Math.max(...rates) };
}

function measureThread(bodies) {
  const now = new Date();
  const prices = loadPrices(undefined);
  const checks = Object.fromEntries(
    ['all', 'none'].map((enabled) => {
      const signals = createSignals({ enabled, prices });
      return [
        enabled,
        createOtlpCheck(
          createCheck(OPTIONS, (one) => ({ ...signals(one) })),
          OPTIONS,
        ),
      ];
    }),
  );
  const text = bodies.json.toString('utf8');
  const parse = rate(() => JSON.parse(text));
  process.stdout.write(
    `${SPANS} spans, ${bodies.protobuf.length} bytes of protobuf, ${bodies.json.length} of JSON; JSON.parse alone ${Math.round(parse.middle)} spans/s (best round ${Math.round(parse.best)})\n`,
  );
  for (const [encoding, body] of Object.entries(bodies)) {
    const task = { signal: 'traces', encoding };
    const bounds = { itemsMax: OPTIONS.rowsMax, itemBytesMax: OPTIONS.recordBytesMax };
    const steps = {
      'decoded and mapped': () => mapOtlp(body, { ...task, now, bounds }).inferences.places.length,
      'and checked, no signals': () => checks.none(body, task, now).inferences.indexes.length,
      'and checked, all signals': () => checks.all(body, task, now).inferences.indexes.length,
    };
    for (const [name, work] of Object.entries(steps)) {
      if (work() !== SPANS) throw new Error('a span of the benchmark is refused');
      const { middle, best } = rate(work);
      process.stdout.write(
        `  ${encoding}, ${name}: ${Math.round(middle)} spans/s on one core (best round ${Math.round(best)}), ratio to JSON.parse ${(middle / parse.middle).toFixed(3)} (${(best / parse.best).toFixed(3)})\n`,
      );
    }
  }
}

/** Batches whose trace ids are written anew for each sending: cheap, so that it measures the service. */
function batchMaker(body) {
  const places = [];
  // An id of 16 bytes opens each span: field 1, length 16, then field 2 of 8 bytes.
  for (let at = body.indexOf('0a10', 0, 'hex'); at !== -1; at = body.indexOf('0a10', at + 18, 'hex'))
    if (body[at + 18] === 0x12 && body[at + 19] === 8) places.push(at + 2);
  if (places.length !== SPANS) throw new Error(`${places.length} ids for ${SPANS} spans`);
  let next = 1;
  return () => {
    const copy = Buffer.from(body);
    for (const place of places) copy.writeUInt32BE(next++, place);
    return copy;
  };
}

async function startService(folder, signals) {
  const child = spawn(process.execPath, [join(ROOT, 'dist/app/main.js'), 'serve', '--json'], {
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      LOG_LEVEL: 'error',
      EMBEDDINGS: 'off',
      SIGNALS: signals,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { listening } = JSON.parse(line);
    if (!listening) continue;
    child.stdout.resume();
    return { url: new URL('/v1/traces', listening), child };
  }
  throw new Error('the service did not start');
}

function post(agent, url, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-protobuf', 'Content-Length': body.length };
    const req = request(url, { method: 'POST', agent, headers });
    req.on('response', (res) => {
      let bytes = 0;
      res.on('data', (chunk) => {
        bytes += chunk.length;
      });
      // An answer with something in it is a partial success.
      res.on('end', () => resolve(res.statusCode === 200 && bytes === 0));
    });
    req.on('error', reject);
    req.end(body);
  });
}

async function load(url, make, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  let [stored, refused] = [0, 0];
  const startMs = performance.now();
  const sender = async () => {
    while (performance.now() < startMs + seconds * 1000) {
      if (await post(agent, url, make())) stored += SPANS;
      else {
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  agent.destroy();
  return { perSecond: (stored * 1000) / (performance.now() - startMs), refused };
}

async function measureStore(body, engine, { signals, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const { url, child } = await startService(folder, signals);
  try {
    const make = batchMaker(body);
    await load(url, make, 4);
    const { perSecond, refused } = await load(url, make, seconds);
    process.stdout.write(
      `stored over HTTP, signals ${signals}: ${Math.round(perSecond)} spans/s, ${refused} batches refused, ratio to the engine ${(perSecond / engine).toFixed(3)} (goal ${GOAL_PER_SECOND} spans/s)\n`,
    );
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function bench(args) {
  const seconds = args.includes('--seconds') ? Number(args[args.indexOf('--seconds') + 1]) : 15;
  const lines = templates();
  const all = spans(lines);
  const bodies = { protobuf: await batchOf(ProtobufExporter, all), json: await batchOf(JsonExporter, all) };
  measureThread(bodies);
  if (args.includes('--no-store')) return;
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const { median: engine } = await engineRate(lines, folder);
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`engine from a file into the same table: ${Math.round(engine)} rows/s\n`);
  for (const signals of ['all', 'none']) await measureStore(bodies.protobuf, engine, { signals, seconds });
}
