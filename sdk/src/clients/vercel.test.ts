import { createAnthropic } from 'ai-sdk-anthropic6';
import { createOpenAI as createOpenAI6 } from 'ai-sdk-openai6';
import { createOpenAI as createOpenAI7 } from 'ai-sdk-openai7';
import * as ai6 from 'ai6';
import * as ai7 from 'ai7';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { all, some } from '../../test/both.ts';
import { collectingRecorder } from '../../test/collecting-recorder.ts';
import { OPENAI } from '../../test/vendor-chat.ts';
import { startVendorServer, type VendorServer } from '../../test/vendor-server.ts';
import { vercelMiddleware } from './vercel-middleware.ts';
import { vercelTelemetry } from './vercel-telemetry.ts';

let vendor: VendorServer;
beforeAll(async () => {
  vendor = await startVendorServer();
});
afterAll(() => vendor.close());

const ASKED = { system: 'You are a terse geographer.', prompt: 'What is the capital of France?' };
const BEGUN = {
  provider: 'openai',
  operation: 'chat',
  model: 'gpt-4o-mini',
  system: ASKED.system,
  messages: [{ role: 'user', content: ASKED.prompt }],
};
const TOKENS = {
  input_tokens: OPENAI.usage.input,
  output_tokens: OPENAI.usage.output,
  cached_tokens: OPENAI.usage.cached,
};
const ANSWER = { version: OPENAI.answered, response: OPENAI.text, finish_reason: 'stop', status: 'ok' };
const CALLED = [
  {
    id: OPENAI.tool.id,
    type: 'function',
    function: { name: OPENAI.tool.name, arguments: OPENAI.tool.arguments },
  },
];
const CANCELLED = { status: 'ok', finish_reason: 'cancelled' };

/** What a host does with either version: `telemetry` is what is passed with each call. */
interface Host {
  readonly ai: typeof ai6;
  model(name: string): ai6.LanguageModel;
  embedding(name: string): ai6.EmbeddingModel;
  readonly telemetry: object;
}

const silent = { onError: () => undefined };

/** A host's work with the bare SDK and with ours: same values, same errors, same requests. */
async function both(
  hosts: (recorder?: ReturnType<typeof collectingRecorder>) => Host,
  work: (host: Host) => Promise<unknown>,
) {
  const run = async (host: Host): Promise<unknown> => {
    vendor.forget();
    const outcome = await work(host).then(
      (value) => ({ value }),
      (error: Error) => ({ thrown: error.message, class: error.constructor.name }),
    );
    return [outcome, vendor.requests.map(({ path, body }) => ({ path, body }))];
  };
  const bare = await run(hosts());
  const recorder = collectingRecorder();
  expect(await run(hosts(recorder))).toEqual(bare);
  return recorder;
}

function host6(recorder?: ReturnType<typeof collectingRecorder>): Host {
  const openai = createOpenAI6({ baseURL: `${vendor.url}/v1`, apiKey: 'x' });
  const middleware = recorder && vercelMiddleware(recorder);
  return {
    ai: ai6,
    telemetry: {},
    model: (name) => {
      const model = openai.chat(name);
      return middleware ? ai6.wrapLanguageModel({ model, middleware }) : model;
    },
    embedding: (name) => {
      const model = openai.embedding(name);
      return middleware ? ai6.wrapEmbeddingModel({ model, middleware }) : model;
    },
  };
}

function host7(recorder?: ReturnType<typeof collectingRecorder>): Host {
  const openai = createOpenAI7({ baseURL: `${vendor.url}/v1`, apiKey: 'x' });
  return {
    ai: ai7 as unknown as typeof ai6,
    telemetry: recorder ? { telemetry: { integrations: [vercelTelemetry(recorder)] } } : {},
    model: (name) => openai.chat(name) as unknown as ai6.LanguageModel,
    embedding: (name) => openai.embedding(name) as unknown as ai6.EmbeddingModel,
  };
}

describe.each([
  ['ai 6, middleware', host6],
  ['ai 7, telemetry', host7],
])('%s', (version, hosts) => {
  it('generateText', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const { text, finishReason, usage } = await ai.generateText({
        ...ASKED,
        ...telemetry,
        model: model('gpt-4o-mini'),
      });
      return [text, finishReason, usage];
    });
    expect(records).toMatchObject([{ ...BEGUN, ...ANSWER, ...TOKENS, latency_ms: expect.any(Number) }]);
  });

  it('streamText, to its end', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const result = ai.streamText({ ...ASKED, ...telemetry, ...silent, model: model('gpt-4o-mini') });
      return [await all(result.textStream), await result.usage, await result.finishReason];
    });
    expect(records).toMatchObject([{ ...BEGUN, ...ANSWER, ...TOKENS }]);
  });

  it('streamText: the first token has its time', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const result = ai.streamText({ ...ASKED, ...telemetry, ...silent, model: model('gpt-4o-mini') });
      return (await all(result.textStream)).length;
    });
    const [record] = records;
    expect((record?.firstTokens ?? 0) > 0 || record?.time_to_first_token_ms !== undefined).toBe(true);
  });

  it('tools: one record for each round', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const tool = ai.tool({
        inputSchema: ai.jsonSchema<{ city: string }>({ type: 'object' }),
        execute: async () => '18 degrees',
      });
      const { text, steps } = await ai.generateText({
        ...ASKED,
        ...telemetry,
        model: model('gpt-4o-mini'),
        tools: { get_weather: tool },
        stopWhen: ai.stepCountIs(3),
      });
      return [text, steps.length];
    });
    expect(records).toMatchObject([
      { ...BEGUN, tool_calls: CALLED, finish_reason: 'tool_call' },
      {
        ...ANSWER,
        messages: [
          BEGUN.messages[0],
          { role: 'assistant', tool_calls: CALLED },
          { role: 'tool', content: '18 degrees', tool_call_id: OPENAI.tool.id },
        ],
      },
    ]);
    expect(records[0]).not.toHaveProperty('response');
  });

  it('tools in a stream', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const tool = ai.tool({ inputSchema: ai.jsonSchema<{ city: string }>({ type: 'object' }) });
      const tools = { get_weather: tool } as unknown as ai6.ToolSet;
      const result = ai.streamText({
        ...ASKED,
        ...telemetry,
        ...silent,
        tools,
        model: model('gpt-4o-mini'),
      });
      return [await all(result.textStream), (await result.toolCalls).length];
    });
    expect(records).toMatchObject([{ tool_calls: CALLED, finish_reason: 'tool_call' }]);
  });

  it('generateObject', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const schema = ai.jsonSchema({ type: 'object', properties: { city: { type: 'string' } } });
      const { object } = await ai.generateObject({
        ...ASKED,
        ...telemetry,
        schema,
        model: model('gpt-4o-mini'),
      });
      return object;
    });
    expect(records).toMatchObject([{ ...BEGUN, response: OPENAI.structured }]);
  });

  it('embed and embedMany', async () => {
    const { records } = await both(hosts, async ({ ai, embedding, telemetry }) => {
      const model = embedding('text-embedding-3-small');
      return [
        (await ai.embed({ ...telemetry, model, value: 'one' })).embedding,
        (await ai.embedMany({ ...telemetry, model, values: ['two'] })).embeddings,
      ];
    });
    const begun = { operation: 'embeddings', model: 'text-embedding-3-small', provider: 'openai' };
    expect(records).toMatchObject([
      { ...begun, prompt: 'one', input_tokens: OPENAI.embeddingTokens, status: 'ok' },
      { ...begun, prompt: 'two', input_tokens: OPENAI.embeddingTokens, status: 'ok' },
    ]);
  });

  it('404', async () => {
    const { records } = await both(hosts, ({ ai, model, telemetry }) =>
      ai.generateText({ ...ASKED, ...telemetry, model: model('missing') }),
    );
    expect(records).toMatchObject([{ ...BEGUN, model: 'missing', status: 'error', error_type: 'not_found' }]);
  });

  it('404 in a stream', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const result = ai.streamText({ ...ASKED, ...telemetry, ...silent, model: model('missing') });
      return (await all(result.fullStream)).map(({ type }) => type);
    });
    expect(records).toMatchObject([{ status: 'error', error_type: 'not_found' }]);
  });

  it('429, then well: retried by the SDK, one record', async () => {
    let isFirst = true;
    const { records } = await both(
      (recorder) => {
        const host = hosts(recorder);
        isFirst = true;
        return host;
      },
      async ({ ai, model, telemetry }) => {
        vendor.busy(() => {
          const answer = isFirst;
          isFirst = false;
          return answer;
        });
        const { text } = await ai.generateText({ ...ASKED, ...telemetry, model: model('gpt-4o-mini') });
        return text;
      },
    );
    expect(vendor.requests).toHaveLength(2);
    expect(records).toMatchObject([ANSWER]);
  });

  it('429 and nothing else: one record, when the SDK gives up', async () => {
    const recorder = await both(hosts, ({ ai, model, telemetry }) =>
      ai.generateText({ ...ASKED, ...telemetry, model: model('busy'), maxRetries: 1 }),
    );
    await vi.waitFor(() => expect(recorder.records).toHaveLength(1), 5000);
    expect(recorder.records).toMatchObject([{ status: 'error', error_type: 'rate_limit' }]);
    expect(recorder.records[0]?.latency_ms ?? 0).toBeLessThan(1000);
  });

  it('aborted by the host', async () => {
    const { records } = await both(hosts, ({ ai, model, telemetry }) => {
      const abort = new AbortController();
      void vi
        .waitFor(() => expect(vendor.requests).toHaveLength(1), { interval: 2 })
        .then(() => abort.abort());
      return ai.generateText({ ...ASKED, ...telemetry, model: model('hangs'), abortSignal: abort.signal });
    });
    expect(records).toMatchObject([CANCELLED]);
  });

  it('a stream that is aborted by the host', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const abort = new AbortController();
      const { textStream } = ai.streamText({
        ...ASKED,
        ...telemetry,
        ...silent,
        model: model('hangs-midway'),
        abortSignal: abort.signal,
      });
      const read: string[] = [];
      for await (const text of textStream) {
        read.push(text);
        abort.abort();
      }
      return read.length > 0;
    });
    await vi.waitFor(() => expect(records).toMatchObject([CANCELLED]), 2000);
  });

  it('a stream that is broken off', async () => {
    const recorder = await both(hosts, async ({ ai, model, telemetry }) => {
      const result = ai.streamText({ ...ASKED, ...telemetry, ...silent, model: model('gpt-4o-mini') });
      return some(result.textStream, 2);
    });
    await vi.waitFor(() => expect(recorder.records).toHaveLength(1), 2000);
    expect(recorder.records).toMatchObject([{ status: 'ok' }]);
  });

  it('a stream whose connection breaks', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const result = ai.streamText({ ...ASKED, ...telemetry, ...silent, model: model('cut') });
      return (await all(result.fullStream)).map(({ type }) => type);
    });
    expect(records).toMatchObject([{ status: 'error' }]);
  });

  it('a stream in which the vendor says that it failed', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const result = ai.streamText({ ...ASKED, ...telemetry, ...silent, model: model('fails-midway') });
      return (await all(result.fullStream)).map(({ type }) => type);
    });
    expect(records).toMatchObject([{ status: 'error' }]);
  });

  it('many at once: each its own record', async () => {
    const { records } = await both(hosts, async ({ ai, model, telemetry }) => {
      const prompts = Array.from({ length: 10 }, (_, index) => `question ${index}`);
      const ask = (prompt: string) => ai.generateText({ ...telemetry, prompt, model: model('gpt-4o-mini') });
      return (await Promise.all(prompts.map(ask))).length;
    });
    expect(new Set(records.map(({ messages }) => JSON.stringify(messages))).size, version).toBe(10);
    expect(records).toHaveLength(10);
  });
});

it('ai 6: Anthropic’s tokens are summed', async () => {
  const anthropic = createAnthropic({ baseURL: `${vendor.url}/v1`, apiKey: 'x' });
  const recorder = collectingRecorder();
  const model = ai6.wrapLanguageModel({
    model: anthropic('claude-sonnet-4-5'),
    middleware: vercelMiddleware(recorder),
  });
  await ai6.generateText({ ...ASKED, model });
  expect(recorder.records).toMatchObject([
    { provider: 'anthropic', input_tokens: 49, output_tokens: 9, cached_tokens: 30, finish_reason: 'stop' },
  ]);
});

it('ai 6: no part of a stream is asked for before the host asks', async () => {
  let pulls = 0;
  const stream = new ReadableStream(
    {
      pull(controller) {
        pulls++;
        controller.enqueue({ type: 'text-delta', id: '1', delta: 'word ' });
      },
    },
    { highWaterMark: 0 },
  );
  const recorder = collectingRecorder();
  const { stream: ours } = await vercelMiddleware(recorder).wrapStream({
    params: { prompt: [] },
    model: { modelId: 'm', provider: 'p' },
    doStream: async () => ({ stream }),
  });
  const reader = ours.getReader();
  await reader.read();
  await reader.read();
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(pulls).toBe(2);
  await reader.cancel();
  expect(recorder.records).toMatchObject([{ ...CANCELLED, response: 'word word ', firstTokens: 1 }]);
});

it('ai 7: registered once for all calls', async () => {
  const recorder = collectingRecorder();
  ai7.registerTelemetry(vercelTelemetry(recorder));
  const openai = createOpenAI7({ baseURL: `${vendor.url}/v1`, apiKey: 'x' });
  await ai7.generateText({ ...ASKED, model: openai.chat('gpt-4o-mini') });
  expect(recorder.records).toMatchObject([{ ...BEGUN, ...ANSWER }]);
});

it('ai 7: what the host keeps from telemetry is not recorded', async () => {
  const recorder = collectingRecorder();
  const openai = createOpenAI7({ baseURL: `${vendor.url}/v1`, apiKey: 'x' });
  await ai7.generateText({
    ...ASKED,
    model: openai.chat('gpt-4o-mini'),
    telemetry: { integrations: [vercelTelemetry(recorder)], recordInputs: false, recordOutputs: false },
  });
  expect(recorder.records).toMatchObject([{ model: 'gpt-4o-mini', ...TOKENS }]);
  for (const name of ['messages', 'system', 'response']) expect(recorder.records[0]).not.toHaveProperty(name);
});
