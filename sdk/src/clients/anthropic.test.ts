import Anthropic from 'anthropic1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, both, some } from '../../test/both.ts';
import { ANTHROPIC } from '../../test/vendor-anthropic.ts';
import { startVendorServer, type VendorServer } from '../../test/vendor-server.ts';

let vendor: VendorServer;
beforeAll(async () => {
  vendor = await startVendorServer();
});
afterAll(() => vendor.close());

const SYSTEM = 'You are a terse geographer.';
const QUESTION = { role: 'user' as const, content: 'What is the capital of France?' };
const ASKED = { model: 'claude-sonnet-5', max_tokens: 100, system: SYSTEM, messages: [QUESTION] };
const TOOLS = [{ name: 'get_weather', input_schema: { type: 'object' as const } }];
const CALLED = [
  {
    id: ANTHROPIC.tool.id,
    type: 'function',
    function: { name: ANTHROPIC.tool.name, arguments: JSON.stringify(ANTHROPIC.tool.input) },
  },
];
const BEGUN = {
  provider: '127.0.0.1',
  operation: 'chat',
  model: ASKED.model,
  system: SYSTEM,
  messages: [QUESTION],
};
const { input, output, cacheRead, cacheWrite } = ANTHROPIC.usage;
const ANSWER = {
  version: ANTHROPIC.answered,
  response: ANTHROPIC.text,
  finish_reason: 'stop',
  status: 'ok',
  input_tokens: input + cacheRead + cacheWrite,
  output_tokens: output,
  cached_tokens: cacheRead,
};
const CANCELLED = { status: 'ok', finish_reason: 'cancelled' };

const make = (options: object = {}): Anthropic =>
  new Anthropic({ baseURL: vendor.url, apiKey: 'x', maxRetries: 0, ...options });
const run = (work: (client: Anthropic) => Promise<unknown>, options: object = {}) =>
  both(vendor, () => make(options), work);

describe('messages', () => {
  it('create', async () => {
    const { records } = await run((client) => client.messages.create(ASKED));
    expect(records).toEqual([
      { id: 'call-1', ...BEGUN, ...ANSWER, latency_ms: expect.any(Number), firstTokens: 0 },
    ]);
  });

  it('withResponse and asResponse', async () => {
    const { records } = await run(async (client) => {
      const { data, response, request_id } = await client.messages.create(ASKED).withResponse();
      const head = await client.messages.create(ASKED).asResponse();
      return [data, response.status, request_id, head.bodyUsed, await head.json()];
    });
    expect(records).toMatchObject([
      { ...BEGUN, ...ANSWER },
      { ...BEGUN, status: 'ok' },
    ]);
    expect(records[1]).not.toHaveProperty('response');
  });

  it('a system prompt in blocks, a conversation with tools, an image', async () => {
    const { records } = await run((client) =>
      client.messages.create({
        ...ASKED,
        system: [{ type: 'text', text: SYSTEM, cache_control: { type: 'ephemeral' } }],
        tools: TOOLS,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'How warm is it there?' },
              {
                type: 'image',
                source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(4000) },
              },
            ],
          },
          { role: 'assistant', content: [{ type: 'tool_use', ...ANTHROPIC.tool }] },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: ANTHROPIC.tool.id, content: '18 degrees' }],
          },
        ],
      }),
    );
    expect(records).toMatchObject([
      {
        system: SYSTEM,
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'How warm is it there?' }, { type: 'image' }] },
          { role: 'assistant', tool_calls: CALLED },
          { role: 'tool', content: '18 degrees', tool_call_id: ANTHROPIC.tool.id },
        ],
      },
    ]);
  });

  it('a tool call', async () => {
    const { records } = await run((client) => client.messages.create({ ...ASKED, tools: TOOLS }));
    expect(records).toMatchObject([{ tool_calls: CALLED, finish_reason: 'tool_call' }]);
    expect(records[0]).not.toHaveProperty('response');
  });

  it('refused, and empty', async () => {
    const { records } = await run(async (client) => [
      await client.messages.create({ ...ASKED, model: 'refuses' }),
      await client.messages.create({ ...ASKED, model: 'silent' }),
    ]);
    expect(records).toMatchObject([
      { response: '', finish_reason: 'refusal' },
      { response: '', finish_reason: 'stop' },
    ]);
  });

  it.each([
    ['missing', 'not_found'],
    ['busy', 'rate_limit'],
    ['broken', 'server_error'],
    ['garbage', 'invalid_response'],
  ])('%s: the host gets the error, the record the kind %s', async (model, error_type) => {
    const { records } = await run((client) => client.messages.create({ ...ASKED, model }));
    expect(records).toMatchObject([{ ...BEGUN, model, status: 'error', error_type }]);
  });

  it('429, then well: retried by the client, one record', async () => {
    const { records } = await run((client) => client.messages.create({ ...ASKED, model: 'busy-once' }), {
      maxRetries: 2,
    });
    expect(vendor.requests).toHaveLength(2);
    expect(records).toMatchObject([{ ...ANSWER, model: 'busy-once' }]);
  });

  it('aborted, and timed out', async () => {
    const { records } = await run(async (client) => {
      const hangs = { ...ASKED, model: 'hangs' };
      const abort = new AbortController();
      void vendor.asked().then(() => abort.abort());
      return [
        await client.messages.create(hangs, { signal: abort.signal }).catch((error: Error) => error.message),
        await client.messages.create(hangs, { timeout: 300 }).catch((error: Error) => error.message),
      ];
    });
    expect(records).toMatchObject([CANCELLED, { status: 'error', error_type: 'timeout' }]);
  });

  it('parse', async () => {
    const { records } = await run((client) =>
      client.messages.parse({
        ...ASKED,
        output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
      }),
    );
    expect(records).toMatchObject([{ ...BEGUN, response: ANTHROPIC.structured }]);
  });
});

describe('a stream', () => {
  const STREAM = { ...ASKED, stream: true as const };

  it('to its end: pings are passed over, tokens summed', async () => {
    const { records } = await run(async (client) => all(await client.messages.create(STREAM)));
    expect(records).toEqual([{ id: 'call-1', ...BEGUN, ...ANSWER, firstTokens: 1 }]);
  });

  it('thinking is neither the answer nor its first token', async () => {
    const { records } = await run(async (client) =>
      all(await client.messages.create({ ...STREAM, thinking: { type: 'enabled', budget_tokens: 1024 } })),
    );
    expect(records).toMatchObject([{ ...ANSWER, firstTokens: 1 }]);
    expect(JSON.stringify(records)).not.toContain(ANTHROPIC.thinking);
  });

  it('a tool call, in pieces', async () => {
    const { records } = await run(async (client) =>
      all(await client.messages.create({ ...STREAM, tools: TOOLS })),
    );
    expect(records).toMatchObject([{ tool_calls: CALLED, finish_reason: 'tool_call', firstTokens: 1 }]);
  });

  it('break, abort, tee, toReadableStream', async () => {
    const { records } = await run(async (client) => {
      const aborted = await client.messages.create({ ...STREAM, model: 'hangs-midway' });
      const read: unknown[] = [];
      for await (const event of aborted) {
        read.push(event);
        if (event.type === 'content_block_delta') aborted.controller.abort();
      }
      const [left, right] = (await client.messages.create(STREAM)).tee();
      const text = new Response((await client.messages.create(STREAM)).toReadableStream()).text();
      return [
        read,
        await some(await client.messages.create(STREAM), 3),
        await all(left),
        await all(right),
        await text,
      ];
    });
    expect(records.map(({ finish_reason }) => finish_reason).sort()).toEqual([
      'cancelled',
      'cancelled',
      'stop',
      'stop',
    ]);
  });

  it('the connection breaks', async () => {
    const { records } = await run(async (client) =>
      all(await client.messages.create({ ...STREAM, model: 'cut' })),
    );
    expect(records).toMatchObject([{ status: 'error', error_type: 'connection' }]);
  });

  it('an error event', async () => {
    const { records } = await run(async (client) =>
      all(await client.messages.create({ ...STREAM, model: 'fails-midway' })),
    );
    expect(records).toMatchObject([{ status: 'error', error_type: 'overloaded' }]);
  });

  it('stream(): the helper', async () => {
    const { records } = await run(async (client) => {
      const stream = client.messages.stream(ASKED);
      const texts: string[] = [];
      stream.on('text', (text) => texts.push(text));
      return [texts, await stream.finalMessage(), await stream.finalText()];
    });
    expect(records).toMatchObject([{ ...BEGUN, ...ANSWER, firstTokens: 1 }]);
  });

  it('stream(): read event by event, and aborted', async () => {
    const { records } = await run(async (client) => {
      const events = await all(client.messages.stream(ASKED));
      const aborted = client.messages.stream({ ...ASKED, model: 'hangs-midway' });
      aborted.on('text', () => aborted.abort());
      return [events, await aborted.finalMessage().catch((error: Error) => error.message)];
    });
    expect(records).toMatchObject([ANSWER, CANCELLED]);
  });
});

describe('beta', () => {
  it('messages.create, a stream, and the tool runner: one record for each round', async () => {
    const { records } = await run(async (client) => {
      const runner = client.beta.messages.toolRunner({
        ...ASKED,
        tools: [
          {
            ...TOOLS[0],
            name: 'get_weather',
            input_schema: { type: 'object' },
            run: () => '18 degrees',
            parse: (given: unknown) => given,
          },
        ],
      } as never);
      return [
        await client.beta.messages.create(ASKED),
        await all(await client.beta.messages.create({ ...ASKED, stream: true })),
        await client.beta.messages.stream(ASKED).finalMessage(),
        (await runner) as unknown,
      ];
    });
    expect(records.map(({ finish_reason }) => finish_reason).sort()).toEqual([
      'stop',
      'stop',
      'stop',
      'stop',
      'tool_call',
    ]);
  });
});

it('withOptions: the derived client is observed', async () => {
  const { records } = await run((client) =>
    client.withOptions({ maxRetries: 1 }).messages.create({ ...ASKED, model: 'busy-once' }),
  );
  expect(records).toMatchObject([ANSWER]);
});

it('a client under its own address is Anthropic', async () => {
  const fetch: typeof globalThis.fetch = () =>
    Promise.resolve(Response.json({ model: 'm', content: [{ type: 'text', text: 'Paris.' }] }));
  const { records } = await both(
    vendor,
    () => new Anthropic({ apiKey: 'x', fetch }),
    (client) => client.messages.create(ASKED),
  );
  expect(records).toMatchObject([{ provider: 'anthropic', response: 'Paris.' }]);
});
