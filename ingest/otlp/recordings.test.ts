import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Inference } from '../../core/inference.ts';
import { checkInference, TIMESTAMP_MIN_MS } from '../../core/inference-check.ts';
import { packageRoot } from '../../core/package-root.ts';
import * as vendor from '../../test/golden/otlp/record/vendor.mjs';
import { type Mapped, mapped } from '../../test/support/otlp-mapped.ts';
import { mergeContent } from './merge-content.ts';

// What real instrumentations sent (test/golden/otlp/made-with.json) for calls of a vendor on this machine; expected is
// what that vendor was asked and answered (test/golden/otlp/record/vendor.mjs), never what we made of it once.

const FOLDER = join(packageRoot, 'test/golden/otlp');

function recording(name: string, signal: 'traces' | 'logs' = 'traces'): Mapped {
  const file = readdirSync(FOLDER).find((one) => one.startsWith(`${name}.${signal}.`)) ?? name;
  const encoding = file.endsWith('.json') ? 'json' : 'protobuf';
  return mapped(readFileSync(join(FOLDER, file)), { signal, encoding });
}

const ASKED = {
  system: vendor.SYSTEM,
  messages: [{ role: 'user', content: vendor.QUESTION }],
};
const TOOL_CALLS = [
  {
    id: vendor.TOOL_CALL.id,
    type: 'function',
    function: { name: vendor.TOOL_CALL.name, arguments: vendor.TOOL_CALL.arguments },
  },
];
const OF_ALL = {
  provider: 'openai',
  environment: 'prod',
  release: 'recorder@8f3c',
  attributes: expect.objectContaining({ 'service.name': 'recorder' }),
};
const CHAT = { ...OF_ALL, model: vendor.REQUEST_MODEL, version: vendor.RESPONSE_MODEL, operation: 'chat' };
const TEXT = {
  ...CHAT,
  ...ASKED,
  response: vendor.ANSWER,
  finish_reason: 'stop',
  status: 'ok',
  input_tokens: vendor.USAGE.input,
  output_tokens: vendor.USAGE.output,
};
const TOOL = {
  ...CHAT,
  messages: [{ role: 'user', content: vendor.WEATHER_QUESTION }],
  tool_calls: TOOL_CALLS,
  finish_reason: 'tool_call',
  status: 'ok',
  input_tokens: vendor.TOOL_USAGE.input,
  output_tokens: vendor.TOOL_USAGE.output,
};
const STREAM = { ...CHAT, ...ASKED, response: vendor.ANSWER, finish_reason: 'stop', status: 'ok' };
const COUNTED = { input_tokens: vendor.USAGE.input, output_tokens: vendor.USAGE.output };
const EMBEDDING = {
  ...OF_ALL,
  model: vendor.EMBEDDING_MODEL,
  operation: 'embeddings',
  status: 'ok',
  input_tokens: vendor.EMBEDDING_TOKENS,
};
const FAILED = { ...OF_ALL, model: 'busy', operation: 'chat', status: 'error' };
const CACHED = { cached_tokens: vendor.USAGE.cached };
const CALLER = { user: vendor.USER, session: vendor.SESSION };

/** Without content: everything else is still there. */
const CONTENT: readonly string[] = ['messages', 'system', 'response', 'tool_calls'];
const bare = (record: object) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !CONTENT.includes(name)));

describe('every recording', () => {
  const names = readdirSync(FOLDER).filter((file) => /\.(traces|logs)\.(bin|json)$/.test(file));
  it.each(names)('%s: has no refusal, and every record passes the check', (file) => {
    const [name = '', signal] = file.split('.');
    const { records, contents, items, ignored, rejected } = recording(name, signal as 'traces' | 'logs');
    expect(rejected).toEqual([]);
    expect(records.length + contents.length + ignored).toBe(items);
    for (const record of records) {
      const bounds = { minMs: TIMESTAMP_MIN_MS, maxMs: Date.parse('2100-01-01') };
      expect(checkInference(record, bounds)).toMatchObject({ ok: true, isAsSent: true });
      expect(record.id).toBe(`${record.trace_id}:${record.span_id}`);
      expect(record.latency_ms).toBeGreaterThan(0);
      expect(record.latency_ms).toBeLessThan(10_000);
    }
  });
});

describe('OpenLLMetry', () => {
  it('JS 0.27: a text, a tool, a stream', () => {
    expect(recording('traceloop').records).toMatchObject([TEXT, TOOL, STREAM]);
  });

  it('JS 0.27, Anthropic: tokens from the cache are counted in', () => {
    const { input, output, cacheRead, cacheWrite } = vendor.CLAUDE_USAGE;
    const [record] = recording('traceloop-anthropic').records;
    expect(record).toMatchObject({
      ...ASKED,
      provider: 'anthropic',
      model: vendor.CLAUDE_MODEL,
      response: vendor.ANSWER,
      finish_reason: 'stop',
      input_tokens: input + cacheRead + cacheWrite,
      output_tokens: output,
      cached_tokens: cacheRead,
    });
    expect(record).not.toHaveProperty('version');
  });

  it('Python 0.62, the present one', () => {
    const { records } = recording('python-traceloop');
    expect(records).toMatchObject([
      { ...TEXT, ...CACHED },
      TOOL,
      { ...STREAM, ...COUNTED, ...CACHED, time_to_first_token_ms: expect.any(Number) },
      { ...EMBEDDING, messages: [{ role: 'user', content: vendor.EMBEDDED }] },
      { ...FAILED, ...ASKED, error_type: 'RateLimitError' },
    ]);
    const stream = records[2];
    expect(stream?.time_to_first_token_ms).toBeLessThan(stream?.latency_ms ?? 0);
  });

  it('Python 0.40, with numbered attributes', () => {
    const { records } = recording('python-traceloop-a');
    expect(records).toMatchObject([
      { ...TEXT, ...CACHED },
      TOOL,
      { ...STREAM, time_to_first_token_ms: expect.any(Number) },
      { ...EMBEDDING, messages: [{ role: 'user', content: vendor.EMBEDDED }] },
      { ...FAILED, ...ASKED },
    ]);
    expect(records.map(({ attributes }) => attributes?.['otel.semconv'])).toEqual(
      Array(5).fill('openllmetry'),
    );
  });
});

describe('OpenInference', () => {
  it('JS 4.2: a text, a tool, an embedding, with user, session and metadata', () => {
    const attributes = expect.objectContaining({ tier: 'free', 'otel.semconv': 'openinference' });
    expect(recording('openinference').records).toMatchObject([
      { ...TEXT, ...CACHED, ...CALLER, attributes },
      { ...TOOL, ...CALLER, attributes },
      {
        ...OF_ALL,
        ...CALLER,
        model: vendor.EMBEDDING_MODEL,
        operation: 'embeddings',
        prompt: vendor.EMBEDDED,
        attributes,
      },
    ]);
  });
});

describe("Vercel's SDK", () => {
  it('6: only the leaves, the caller from the metadata', () => {
    const { records, ignored } = recording('vercel-6');
    const named = {
      ...CALLER,
      prompt_name: 'capitals',
      attributes: expect.objectContaining({ tier: 'free' }),
    };
    expect(records).toMatchObject([
      { ...TEXT, ...CACHED, ...named },
      { ...TOOL, ...named },
      { ...STREAM, ...COUNTED, ...named, time_to_first_token_ms: expect.any(Number) },
      { ...EMBEDDING, ...named, prompt: vendor.EMBEDDED },
      { ...FAILED, ...named, messages: ASKED.messages, error_type: 'AI_APICallError' },
    ]);
    expect(ignored).toBe(5);
  });

  it('7: only the leaves, the caller from the spans around them', () => {
    const { records, items } = recording('vercel-7');
    const named = { ...CALLER, prompt_name: 'capitals' };
    const calls = records.filter(({ operation }) => operation === 'chat');
    expect(calls).toMatchObject([
      { ...TEXT, ...CACHED, ...named },
      { ...TOOL, ...named },
      { ...STREAM, ...COUNTED, ...named, time_to_first_token_ms: expect.any(Number) },
      { ...FAILED, ...named, messages: ASKED.messages, error_type: 'AI_APICallError' },
    ]);
    expect(items - records.length).toBeGreaterThanOrEqual(8);
  });
});

describe("OpenTelemetry's Python instrumentation", () => {
  it('generation B without content: metadata alone is a good record', () => {
    const { records } = recording('python-b-no-content');
    const stream = { ...CHAT, ...COUNTED, status: 'ok' };
    expect(records).toMatchObject([
      bare(TEXT),
      bare(TOOL),
      stream,
      EMBEDDING,
      { ...FAILED, error_type: 'RateLimitError' },
    ]);
    expect(records.every((record) => record.messages === undefined && record.response === undefined)).toBe(
      true,
    );
  });

  it('generation B: log events complete their spans', () => {
    expect(completed('python-b')).toMatchObject([
      TEXT,
      TOOL,
      { ...STREAM, ...COUNTED },
      EMBEDDING,
      { ...FAILED, ...ASKED, error_type: 'RateLimitError' },
    ]);
  });

  it('generation B without content: its events say which tools were called, and no texts', () => {
    const { contents, ignored } = recording('python-b-no-content', 'logs');
    expect(ignored).toBe(7);
    expect(contents.map(({ piece }) => Object.keys(JSON.parse(piece)))).toEqual([
      ['finish_reason'],
      ['tool_calls', 'finish_reason'],
      ['finish_reason'],
    ]);
  });

  it('generation C on spans', () => {
    expect(recording('python-c-span').records).toMatchObject([
      TEXT,
      TOOL,
      { ...STREAM, ...COUNTED },
      { ...FAILED, ...ASKED, error_type: 'openai.RateLimitError' },
      EMBEDDING,
    ]);
  });

  it('generation C on events: one event completes a span', () => {
    expect(completed('python-c-event')).toMatchObject([
      TEXT,
      TOOL,
      { ...STREAM, ...COUNTED },
      { ...FAILED, ...ASKED, error_type: 'openai.RateLimitError' },
      EMBEDDING,
    ]);
  });

  function completed(name: string): readonly Inference[] {
    const { contents } = recording(name, 'logs');
    return recording(name).records.map((record) =>
      mergeContent(
        record,
        contents.filter(({ id }) => id === record.id),
      ),
    );
  }
});
