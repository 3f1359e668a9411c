import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from 'anthropic1';
import OpenAI from 'openai6';
import { withContext } from '../src/call-context.ts';
import { createPlumbline } from '../src/create-plumbline.ts';
import type { Plumbline } from '../src/plumbline.ts';
import { startCollector } from './collector.ts';
import { startVendorServer } from './vendor-server.ts';

// A host whose every result is compared with what it has without us, while one function of the SDK after another throws.

type Result = readonly [what: string, outcome: unknown];

declare global {
  var probe: (site: number) => void;
}

const [, , from = '0', to = '0'] = process.argv;
const vendor = await startVendorServer();
const collector = await startCollector();
const escaped: string[] = [];
process.on('uncaughtException', (error) => escaped.push(`uncaught: ${error.stack}`));
process.on('unhandledRejection', (error) => escaped.push(`unhandled: ${(error as Error).stack}`));

/** What the host makes of a call: its value, or how it failed. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify((await call()) ?? null));
  } catch (error) {
    return `threw ${(error as Error).name}: ${(error as Error).message}`;
  }
}

const QUESTION: Anthropic.MessageCreateParamsNonStreaming = {
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'hi' }],
};

const CASES: Readonly<Record<string, (host: Host) => unknown>> = {
  'a value': ({ observe }) => observe(() => ({ text: 'hi' })),
  'a promise': ({ observe }) => observe(async () => ({ text: 'hi' })),
  'a throw': ({ observe }) =>
    observe(() => {
      throw new TypeError('mine');
    }),
  'a rejection': ({ observe }) =>
    observe(async () => {
      throw new RangeError('mine');
    }),
  create: ({ client }) =>
    client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
  withResponse: async ({ client }) => {
    const { data, response } = await client.chat.completions
      .create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
      .withResponse();
    return [data, response.status];
  },
  stream: async ({ client }) => {
    const chunks: unknown[] = [];
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    for await (const chunk of stream) chunks.push(chunk);
    return chunks;
  },
  break: async ({ client }) => {
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    for await (const chunk of stream) return chunk;
    return null;
  },
  'a message': ({ anthropic }) => anthropic.messages.create(QUESTION),
  'a message in a stream': ({ anthropic }) => anthropic.messages.stream(QUESTION).finalMessage(),
  missing: ({ client }) => client.chat.completions.create({ model: 'missing', messages: [] }),
};

interface Host {
  readonly client: OpenAI;
  readonly anthropic: Anthropic;
  readonly observe: <T extends { text: string } | Promise<{ text: string }>>(fn: () => T) => T;
}

const newClient = (): OpenAI => new OpenAI({ baseURL: `${vendor.url}/v1`, apiKey: 'x', maxRetries: 0 });

const newAnthropic = (): Anthropic => new Anthropic({ baseURL: vendor.url, apiKey: 'x', maxRetries: 0 });

async function resultsOf(host: Host, around: <T>(fn: () => T) => T): Promise<Result[]> {
  const results: Result[] = [];
  for (const [what, call] of Object.entries(CASES))
    results.push([what, stable(await outcomeOf(() => around(() => call(host))))]);
  return results;
}

/** What differs from call to call: the vendor's ids and times. */
const stable = (outcome: unknown): string =>
  JSON.stringify(outcome)
    .replace(/"(id|created|_request_id)":("[^"]*"|\d+)/g, '"$1":0')
    .replace(/req_\w+/g, 'req');

async function observed(plumbline: Plumbline): Promise<Result[]> {
  const client = plumbline.observe(newClient());
  const anthropic = plumbline.observe(newAnthropic());
  const observe: Host['observe'] = (fn) =>
    plumbline.observeCall(fn, {
      model: 'm',
      prompt: 'p',
      result: (value) => ({ response: (value as { text: string }).text }),
    });
  const results = await resultsOf({ client, anthropic, observe }, (fn) =>
    withContext({ session: 's', attributes: { a: 1 } }, () => withContext({ user: 'u' }, fn)),
  );
  const call = plumbline.begin(() => ({ model: 'm', messages: [{ role: 'user', content: '\ud800' }] }));
  call.firstToken();
  call.end(() => ({ response: 'x'.repeat(300) }));
  plumbline.begin(() => ({ model: 'never ends' }));
  const value = {};
  plumbline.link(value, call);
  plumbline.score(plumbline.track({ model: 'm', groups: { g: 'a' } }), { thumbs: true });
  plumbline.idOf(value);
  plumbline.stats();
  await plumbline.flush(25);
  await plumbline.shutdown(5);
  return results;
}

globalThis.probe = () => {};
const bare: Host = { client: newClient(), anthropic: newAnthropic(), observe: (fn) => fn() };
const expected = await resultsOf(bare, (fn) => fn());
const failures: unknown[] = [];
let hitCount = 0;
for (let site = Number(from); site < Number(to); site++) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-fuzz-'));
  let hits = 0;
  globalThis.probe = (at) => {
    if (at !== site) return;
    hits++;
    throw new Error(`probe ${site}`);
  };
  try {
    collector.answer({ status: 503 });
    const plumbline = createPlumbline({
      url: collector.url,
      spillFolder: folder,
      sampleRate: 0.9,
      content: 'hashed',
      mask: (record) => record,
      onProblem: () => {},
      limits: { textCharactersMax: 100, queueRecordsMax: 8, openCallsMax: 2 },
    });
    const results = await observed(plumbline);
    for (const [index, [what, outcome]] of results.entries())
      if (outcome !== expected[index]?.[1])
        failures.push({ site, what, outcome, expected: expected[index]?.[1] });
  } catch (error) {
    failures.push({ site, what: 'a call of ours threw', outcome: String((error as Error).stack) });
  }
  await new Promise((resolve) => setImmediate(resolve));
  for (const outcome of escaped.splice(0)) failures.push({ site, what: 'escaped', outcome });
  if (hits > 0) hitCount++;
  rmSync(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ hitCount, failures }));
process.exit(0);
