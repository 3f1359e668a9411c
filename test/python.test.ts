import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../core/package-root.ts';
import { type IntakeServer, recordingStore, startIntake } from './fuzz/intake-server.ts';
import * as vendor from './golden/otlp/record/vendor.mjs';
import { tracesJson } from './support/otlp-request.ts';

// What docs/python.md promises: what Python's instrumentations sent, through the real route into rows. Expected is what the
// vendor of the recordings was asked and answered.

const store = recordingStore();
let server: IntakeServer;
beforeAll(async () => {
  server = await startIntake(store);
});
beforeEach(() => {
  store.rows.length = 0;
});
afterAll(() => server.stop());

async function send(body: Uint8Array, contentType: string): Promise<typeof store.rows> {
  const response = await fetch(`${server.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: new Uint8Array(body),
  });
  expect(response.status).toBe(200);
  // A full success must leave the message empty.
  if (contentType === 'application/json') expect(await response.json()).toEqual({});
  else expect((await response.arrayBuffer()).byteLength).toBe(0);
  return store.rows;
}

const sendRecorded = (name: string) =>
  send(readFileSync(join(packageRoot, 'test/golden/otlp', `${name}.traces.bin`)), 'application/x-protobuf');

const CHAT = {
  operation: 'chat',
  provider: 'openai',
  model: vendor.REQUEST_MODEL,
  environment: 'prod',
  release: 'recorder@8f3c',
};
const USER_ASKED = [{ role: 'user', content: vendor.QUESTION }];
const TEXT = {
  ...CHAT,
  system: vendor.SYSTEM,
  response: vendor.ANSWER,
  finish_reason: 'stop',
  status: 'ok',
  input_tokens: vendor.USAGE.input,
  output_tokens: vendor.USAGE.output,
};
const TOOL = {
  ...CHAT,
  finish_reason: 'tool_call',
  input_tokens: vendor.TOOL_USAGE.input,
  output_tokens: vendor.TOOL_USAGE.output,
};
const FAILED = {
  ...CHAT,
  model: 'busy',
  status: 'error',
  error_type: expect.stringContaining('RateLimitError'),
};

/** Messages and tool calls are stored as JSON in a text. */
const unpacked = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);

describe('recorded', () => {
  it("OpenTelemetry's own, texts on the span", async () => {
    const rows = await sendRecorded('python-c-span');
    expect(rows).toMatchObject([TEXT, TOOL, TEXT, FAILED, { operation: 'embeddings' }]);
    expect(unpacked(rows[0]?.['messages'])).toEqual(USER_ASKED);
  });

  it("OpenTelemetry's own, without texts: metadata alone", async () => {
    const rows = await sendRecorded('python-b-no-content');
    const { system: _system, response: _response, ...bare } = TEXT;
    expect(rows.slice(0, 2)).toMatchObject([bare, TOOL]);
    expect(JSON.stringify(rows)).not.toContain(vendor.ANSWER);
  });

  it('LiteLLM', async () => {
    const rows = await sendRecorded('python-litellm');
    expect(rows).toMatchObject([
      { ...TEXT, version: vendor.RESPONSE_MODEL, user: vendor.USER },
      { ...TOOL, version: vendor.RESPONSE_MODEL },
      TEXT,
      { operation: 'embeddings', model: vendor.EMBEDDING_MODEL, input_tokens: vendor.EMBEDDING_TOKENS },
      FAILED,
    ]);
    expect(unpacked(rows[0]?.['messages'])).toEqual(USER_ASKED);
  });

  it('LangChain', async () => {
    const rows = await sendRecorded('python-langchain');
    const { error_type: _kind, ...failed } = FAILED;
    expect(rows).toMatchObject([
      {
        ...TEXT,
        version: vendor.RESPONSE_MODEL,
        session: vendor.SESSION,
        cached_tokens: vendor.USAGE.cached,
        attributes: { tier: 'free', user_id: vendor.USER },
      },
      TOOL,
      { ...TEXT, cached_tokens: vendor.USAGE.cached },
      failed,
    ]);
    expect(unpacked(rows[0]?.['messages'])).toEqual(USER_ASKED);
    const [call] = unpacked(rows[1]?.['tool_calls']) as { function: { name: string; arguments: string } }[];
    expect(call?.function.name).toBe(vendor.TOOL_CALL.name);
    expect(JSON.parse(call?.function.arguments ?? '')).toEqual(JSON.parse(vendor.TOOL_CALL.arguments));
  });
});

describe('rebuilt from the source of vLLM (vllm/v1/engine/output_processor.py, do_tracing)', () => {
  const SPAN = {
    name: 'llm_request',
    scope: 'vllm.llm_engine',
    attributes: {
      'gen_ai.latency.time_to_first_token': 0.25,
      'gen_ai.latency.e2e': 1.5,
      'gen_ai.latency.time_in_queue': 0.004,
      'gen_ai.usage.prompt_tokens': 21,
      'gen_ai.usage.completion_tokens': 9,
      'gen_ai.latency.time_in_model_prefill': 0.2,
      'gen_ai.latency.time_in_model_decode': 1.2,
      'gen_ai.latency.time_in_model_inference': 1.4,
      'gen_ai.request.id': 'chatcmpl-1',
      'gen_ai.request.max_tokens': 64,
      'gen_ai.request.n': 1,
    },
  };

  it('without a model: ignored, and no failure', async () => {
    expect(await send(tracesJson([SPAN]), 'application/json')).toEqual([]);
  });

  it('with the model that a Collector puts in', async () => {
    const named = { 'gen_ai.request.model': 'llama-3.1-8b', 'gen_ai.provider.name': 'vllm' };
    const spans = [{ ...SPAN, attributes: { ...SPAN.attributes, ...named } }];
    expect(await send(tracesJson(spans), 'application/json')).toMatchObject([
      {
        model: 'llama-3.1-8b',
        provider: 'vllm',
        input_tokens: 21,
        output_tokens: 9,
        time_to_first_token_ms: 250,
        queue_ms: 4,
      },
    ]);
  });
});
