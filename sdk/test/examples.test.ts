import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Collector, startCollector } from './collector.ts';
import { OPENAI } from './vendor-chat.ts';
import { startVendorServer, type VendorServer } from './vendor-server.ts';

// The examples, as a host runs them: processes of their own, with the built package, against servers on this machine.

const EXAMPLES = join(import.meta.dirname, '../examples');
const ANSWER = { response: OPENAI.text, finish_reason: 'stop' };
const GPT = { ...ANSWER, model: 'gpt-4o-mini', operation: 'chat' };

const EXPECTED: Readonly<Record<string, readonly object[]>> = {
  'openai.mjs': [
    {
      ...GPT,
      session: 'session-81',
      user: 'user-4',
      attributes: { tier: 'free' },
      input_tokens: OPENAI.usage.input,
    },
    { ...GPT, session: 'session-81', time_to_first_token_ms: expect.any(Number) },
  ],
  'azure.mjs': [{ ...GPT, provider: 'azure.ai.openai' }],
  'anthropic.mjs': [
    { ...ANSWER, model: 'claude-sonnet-4-5' },
    { ...ANSWER, time_to_first_token_ms: expect.any(Number) },
  ],
  'vercel-6.mjs': [GPT, { ...GPT, time_to_first_token_ms: expect.any(Number) }],
  'vercel-7.mjs': [GPT, { ...GPT, time_to_first_token_ms: expect.any(Number) }],
  'anything.mjs': [
    { model: 'our-model', response: OPENAI.text, input_tokens: OPENAI.usage.input },
    { model: 'our-model', response: 'Paris.', latency_ms: 120 },
  ],
};

let vendor: VendorServer;
let collector: Collector;
beforeAll(async () => {
  vendor = await startVendorServer();
});
beforeEach(async () => {
  collector = await startCollector();
  return () => collector.close();
});
afterAll(() => vendor.close());

it('every example is run here', () => {
  expect(readdirSync(EXAMPLES).sort()).toEqual(Object.keys(EXPECTED).sort());
});

it.each(Object.entries(EXPECTED))('%s', async (name, records) => {
  const child = spawn(
    process.execPath,
    ['--import', join(import.meta.dirname, 'vendor-names.mjs'), join(EXAMPLES, name)],
    {
      env: {
        PATH: process.env['PATH'],
        PLUMBLINE_URL: collector.url,
        OPENAI_API_KEY: 'x',
        OPENAI_BASE_URL: name === 'azure.mjs' ? undefined : `${vendor.url}/v1`,
        OPENAI_API_VERSION: '2024-10-21',
        AZURE_OPENAI_API_KEY: 'x',
        AZURE_OPENAI_ENDPOINT: vendor.url,
        ANTHROPIC_API_KEY: 'x',
        ANTHROPIC_BASE_URL: vendor.url,
        VERCEL_VERSION: name === 'vercel-6.mjs' ? '6' : '7',
      },
    },
  );
  let output = '';
  child.stdout.on('data', (piece) => {
    output += piece;
  });
  let errors = '';
  child.stderr.on('data', (piece) => {
    errors += piece;
  });
  const [code] = await once(child, 'close');
  expect(errors).not.toContain('Plumbline');
  expect([code, errors.includes('Error')], errors).toEqual([0, false]);
  expect(output).toContain(OPENAI.text);
  const inferences = collector.received
    .filter(({ path }) => path.endsWith('/inferences'))
    .flatMap((request) => request.records)
    .filter((record) => record['model'] !== undefined);
  expect(inferences).toMatchObject(records);
  if (name === 'openai.mjs') {
    const scores = collector.received
      .filter(({ path }) => path.endsWith('/scores'))
      .flatMap((request) => request.records);
    expect(JSON.stringify(scores)).toContain(String(inferences[0]?.['id']));
  }
});
