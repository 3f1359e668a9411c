import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, both, some } from '../../test/both.ts';
import { OPENAI } from '../../test/vendor-chat.ts';
import { startVendorServer, type VendorServer } from '../../test/vendor-server.ts';

let vendor: VendorServer;
beforeAll(async () => {
  vendor = await startVendorServer();
});
afterAll(() => vendor.close());

const MESSAGES = [
  { role: 'system', content: 'You are a terse geographer.' },
  { role: 'user', content: 'What is the capital of France?' },
] as const;
const ASKED = { model: 'gpt-4o-mini', messages: [...MESSAGES] };
const TOOLS = [
  {
    type: 'function' as const,
    function: {
      name: OPENAI.tool.name,
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
];
const CALLED = [
  {
    id: OPENAI.tool.id,
    type: 'function',
    function: { name: OPENAI.tool.name, arguments: OPENAI.tool.arguments },
  },
];
const BEGUN = {
  provider: '127.0.0.1',
  operation: 'chat',
  model: 'gpt-4o-mini',
  system: MESSAGES[0].content,
  messages: [MESSAGES[1]],
};
const TOKENS = {
  input_tokens: OPENAI.usage.input,
  output_tokens: OPENAI.usage.output,
  cached_tokens: OPENAI.usage.cached,
};
const VERSION = { version: OPENAI.answered };
const ANSWER = { ...VERSION, response: OPENAI.text, finish_reason: 'stop', status: 'ok' };
const CANCELLED = { status: 'ok', finish_reason: 'cancelled' };

/** What both majors share, as far as these tests use it. */
type Client = OpenAI6;

describe.each([
  ['openai 6', OpenAI6],
  ['openai 7', OpenAI7 as unknown as typeof OpenAI6],
])('%s', (_, OpenAI) => {
  const make = (options: object = {}): Client =>
    new OpenAI({ baseURL: `${vendor.url}/v1`, apiKey: 'x', maxRetries: 0, ...options });
  const run = (work: (client: Client) => Promise<unknown>, options: object = {}) =>
    both(vendor, () => make(options), work);

  describe('chat.completions', () => {
    it('create', async () => {
      const { records } = await run((client) => client.chat.completions.create(ASKED));
      expect(records).toEqual([
        { id: 'call-1', ...BEGUN, ...ANSWER, ...TOKENS, latency_ms: expect.any(Number), firstTokens: 0 },
      ]);
    });

    it('withResponse: the value, the head and the request id', async () => {
      const { records } = await run(async (client) => {
        const { data, response, request_id } = await client.chat.completions.create(ASKED).withResponse();
        return [
          data,
          response.status,
          response.headers.get('x-request-id'),
          request_id,
          '_request_id' in data,
        ];
      });
      expect(records).toMatchObject([{ ...BEGUN, ...ANSWER, ...TOKENS }]);
    });

    it('asResponse: the body stays the host’s', async () => {
      const { records } = await run(async (client) => {
        const response = await client.chat.completions.create(ASKED).asResponse();
        return [response.status, response.bodyUsed, await response.json()];
      });
      expect(records).toMatchObject([{ ...BEGUN, status: 'ok', latency_ms: expect.any(Number) }]);
      expect(records[0]).not.toHaveProperty('response');
    });

    it('parse, and the parsed value has its record too', async () => {
      let result: unknown;
      const response_format = {
        type: 'json_schema' as const,
        json_schema: { name: 'place', strict: true, schema: { type: 'object' } },
      };
      const { records, recorder } = await run(async (client) => {
        result = await client.chat.completions.parse({ ...ASKED, response_format });
        return result;
      });
      expect(records).toMatchObject([{ ...BEGUN, response: OPENAI.structured, ...TOKENS }]);
      expect(recorder.idOf(result)).toBe('call-1');
    });

    it('tool calls', async () => {
      const { records } = await run((client) => client.chat.completions.create({ ...ASKED, tools: TOOLS }));
      expect(records).toMatchObject([{ ...BEGUN, tool_calls: CALLED, finish_reason: 'tool_call' }]);
      expect(records[0]).not.toHaveProperty('response');
    });

    it('runTools: one record for each round', async () => {
      const { records } = await run(async (client) => {
        const runner = client.chat.completions.runTools({
          ...ASKED,
          tools: [
            {
              type: 'function',
              function: { ...TOOLS[0]?.function, function: () => '18 degrees', parse: JSON.parse } as never,
            },
          ],
        });
        return [await runner.finalContent(), runner.messages];
      });
      expect(records).toMatchObject([
        { ...BEGUN, tool_calls: CALLED, finish_reason: 'tool_call' },
        { ...BEGUN, ...ANSWER, messages: [{}, { role: 'assistant', tool_calls: CALLED }, { role: 'tool' }] },
      ]);
    });

    it('a refusal is what was answered', async () => {
      const { records } = await run((client) =>
        client.chat.completions.create({ ...ASKED, model: 'refuses' }),
      );
      expect(records).toMatchObject([{ response: OPENAI.refusal, finish_reason: 'stop' }]);
    });

    it('several choices: the first counts', async () => {
      const { records } = await run((client) => client.chat.completions.create({ ...ASKED, n: 3 }));
      expect(records).toMatchObject([{ ...BEGUN, ...ANSWER }]);
    });

    it.each(['no-choices', 'silent'])('%s: an empty answer is an empty text', async (model) => {
      const { records } = await run((client) => client.chat.completions.create({ ...ASKED, model }));
      expect(records).toMatchObject([{ response: '', status: 'ok' }]);
    });

    it.each([
      ['missing', 'not_found'],
      ['busy', 'rate_limit'],
      ['broken', 'server_error'],
      ['garbage', 'invalid_response'],
    ])('%s: the host gets the error, the record the kind %s', async (model, error_type) => {
      const { records } = await run((client) => client.chat.completions.create({ ...ASKED, model }));
      expect(records).toMatchObject([{ ...BEGUN, model, status: 'error', error_type }]);
    });

    it('an error through withResponse and parse', async () => {
      const { records } = await run(async (client) => {
        const call = { ...ASKED, model: 'missing' };
        const failed = [
          client.chat.completions.create(call).withResponse(),
          client.chat.completions.create(call).asResponse(),
          client.chat.completions.parse(call),
        ];
        return (await Promise.allSettled(failed)).map(({ status }) => status);
      });
      expect(records.map(({ error_type }) => error_type)).toEqual(Array(3).fill('not_found'));
    });

    it('429, then well: retried by the client, one record', async () => {
      const { records } = await run(
        (client) => client.chat.completions.create({ ...ASKED, model: 'busy-once' }),
        { maxRetries: 2 },
      );
      expect(vendor.requests).toHaveLength(2);
      expect(records).toMatchObject([{ ...ANSWER, model: 'busy-once' }]);
    });

    it('nobody listens: a connection that cannot be had', async () => {
      const { records } = await run((client) => client.chat.completions.create(ASKED), {
        baseURL: 'http://127.0.0.1:9/v1',
      });
      expect(records).toMatchObject([{ status: 'error', error_type: 'connection' }]);
    });

    it('times out', async () => {
      const { records } = await run((client) =>
        client.chat.completions.create({ ...ASKED, model: 'hangs' }, { timeout: 300 }),
      );
      expect(records).toMatchObject([{ status: 'error', error_type: 'timeout' }]);
    });

    it('aborted by the host: given up, and no failure of the model', async () => {
      const { records } = await run((client) => {
        const abort = new AbortController();
        const answer = client.chat.completions.create({ ...ASKED, model: 'hangs' }, { signal: abort.signal });
        void vendor.asked().then(() => abort.abort());
        return answer;
      });
      expect(records).toMatchObject([CANCELLED]);
      expect(records[0]).not.toHaveProperty('error_type');
    });

    it('aborted by a timeout of the host’s own: a timeout', async () => {
      const { records } = await run((client) =>
        client.chat.completions.create({ ...ASKED, model: 'hangs' }, { signal: AbortSignal.timeout(300) }),
      );
      expect(records).toMatchObject([{ status: 'error', error_type: 'timeout' }]);
    });

    it('what the host does to its messages afterwards is not recorded', async () => {
      const { records } = await run(async (client) => {
        const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'before' }] }];
        const answer = client.chat.completions.create({ ...ASKED, messages });
        await new Promise((resolve) => setImmediate(resolve));
        messages[0]?.content.push({ type: 'text', text: 'after' });
        messages.push({ role: 'user', content: [] });
        return await answer;
      });
      expect(records).toMatchObject([{ messages: [{ role: 'user', content: 'before' }] }]);
    });

    it('an image is recorded as what it is, without its bytes', async () => {
      const url = `data:image/png;base64,${'A'.repeat(5000)}`;
      const { records } = await run((client) =>
        client.chat.completions.create({
          ...ASKED,
          messages: [
            {
              role: 'user',
              content: [
                { type: 'text', text: 'What is this?' },
                { type: 'image_url', image_url: { url } },
              ],
            },
          ],
        }),
      );
      expect(records[0]?.messages).toEqual([
        { role: 'user', content: [{ type: 'text', text: 'What is this?' }, { type: 'image_url' }] },
      ]);
    });

    it('many at once: each its own record', async () => {
      const { records, recorder } = await run(async (client) => {
        const texts = Array.from({ length: 20 }, (_, index) => `question ${index}`);
        const calls = texts.map((content) =>
          client.chat.completions.create({ ...ASKED, messages: [{ role: 'user', content }] }),
        );
        return (await Promise.all(calls)).length;
      });
      expect(recorder.begun).toBe(20);
      expect(new Set(records.map(({ messages }) => JSON.stringify(messages))).size).toBe(20);
    });

    it('a body that is no body: the client’s own error, and at most a record of it', async () => {
      const { records } = await run(async (client) => client.chat.completions.create(undefined as never));
      // Version 6 throws at once, version 7 rejects.
      expect(records.every(({ status }) => status === 'error')).toBe(true);
    });
  });

  describe('a stream', () => {
    const STREAM = { ...ASKED, stream: true as const };

    it('to its end, without usage', async () => {
      const { records } = await run(async (client) => all(await client.chat.completions.create(STREAM)));
      expect(records).toEqual([{ id: 'call-1', ...BEGUN, ...ANSWER, firstTokens: 1 }]);
    });

    it('to its end, with usage, which nobody but the host asks for', async () => {
      const { records, recorder } = await run(async (client) => {
        const stream = await client.chat.completions.create({
          ...STREAM,
          stream_options: { include_usage: true },
        });
        return [await all(stream)];
      });
      expect(records).toMatchObject([{ ...ANSWER, ...TOKENS }]);
      expect(recorder.begun).toBe(1);
    });

    it('the stream has its record', async () => {
      let stream: unknown;
      const { recorder } = await run(async (client) => {
        const own = await client.chat.completions.create(STREAM);
        stream = own;
        return (await all(own)).length;
      });
      expect(recorder.idOf(stream)).toBe('call-1');
    });

    it('break: what had come, cancelled', async () => {
      const { records } = await run(async (client) => {
        const stream = await client.chat.completions.create(STREAM);
        return [await some(stream, 3), stream.controller.signal.aborted];
      });
      expect(records).toMatchObject([{ ...BEGUN, ...CANCELLED, response: 'The capital ', firstTokens: 1 }]);
    });

    it('break after the last word: it was whole', async () => {
      const { records } = await run(async (client) => {
        const words: unknown[] = [];
        for await (const chunk of await client.chat.completions.create(STREAM)) {
          words.push(chunk);
          if (chunk.choices[0]?.finish_reason) break;
        }
        return words;
      });
      expect(records).toMatchObject([ANSWER]);
    });

    it('an exception of the host’s in the loop: cancelled, and the host keeps its exception', async () => {
      const { records } = await run(async (client) => {
        for await (const chunk of await client.chat.completions.create(STREAM)) {
          if (chunk.choices[0]?.delta.content) throw new RangeError('the host’s own');
        }
      });
      expect(records).toMatchObject([CANCELLED]);
    });

    it('tee: both branches whole, one record', async () => {
      const { records } = await run(async (client) => {
        const [left, right] = (await client.chat.completions.create(STREAM)).tee();
        return [await all(left), await all(right)];
      });
      expect(records).toMatchObject([ANSWER]);
    });

    it('toReadableStream', async () => {
      const { records } = await run(async (client) => {
        const stream = await client.chat.completions.create(STREAM);
        return new Response(stream.toReadableStream()).text();
      });
      expect(records).toMatchObject([ANSWER]);
    });

    it('toReadableStream, cancelled', async () => {
      const { records } = await run(async (client) => {
        const reader = (await client.chat.completions.create(STREAM)).toReadableStream().getReader();
        await reader.read();
        await reader.read();
        return reader.cancel();
      });
      expect(records).toMatchObject([CANCELLED]);
    });

    it('controller.abort()', async () => {
      const { records } = await run(async (client) => {
        const stream = await client.chat.completions.create({ ...STREAM, model: 'hangs-midway' });
        const read: unknown[] = [];
        for await (const chunk of stream) {
          read.push(chunk);
          if (read.length === 3) stream.controller.abort();
        }
        return read;
      });
      expect(records).toMatchObject([{ ...CANCELLED, response: 'The capital ' }]);
    });

    it('aborted before it began to be read', async () => {
      const { records } = await run(async (client) => {
        const stream = await client.chat.completions.create(STREAM);
        stream.controller.abort();
        return all(stream);
      });
      expect(records).toMatchObject([CANCELLED]);
    });

    it('read a second time: the client’s own error, one record', async () => {
      const { records } = await run(async (client) => {
        const stream = await client.chat.completions.create(STREAM);
        await all(stream);
        return all(stream);
      });
      expect(records).toMatchObject([ANSWER]);
    });

    it('a tool call, in pieces', async () => {
      const { records } = await run(async (client) =>
        all(await client.chat.completions.create({ ...STREAM, tools: TOOLS })),
      );
      expect(records).toMatchObject([{ tool_calls: CALLED, finish_reason: 'tool_call', firstTokens: 1 }]);
      expect(records[0]).not.toHaveProperty('response');
    });

    it('a refusal, in pieces', async () => {
      const { records } = await run(async (client) =>
        all(await client.chat.completions.create({ ...STREAM, model: 'refuses' })),
      );
      expect(records).toMatchObject([{ response: OPENAI.refusal, finish_reason: 'stop' }]);
    });

    it('the connection breaks', async () => {
      const { records } = await run(async (client) =>
        all(await client.chat.completions.create({ ...STREAM, model: 'cut' })),
      );
      expect(records).toMatchObject([
        { status: 'error', error_type: 'connection', response: 'The capital ' },
      ]);
    });

    it('the vendor says that it failed', async () => {
      const { records } = await run(async (client) =>
        all(await client.chat.completions.create({ ...STREAM, model: 'fails-midway' })),
      );
      expect(records).toMatchObject([{ status: 'error', error_type: 'server_error' }]);
    });

    it('404', async () => {
      const { records } = await run(async (client) =>
        all(await client.chat.completions.create({ ...STREAM, model: 'missing' })),
      );
      expect(records).toMatchObject([{ status: 'error', error_type: 'not_found', firstTokens: 0 }]);
    });

    it('stream(): the helper, its events and its last values', async () => {
      const { records } = await run(async (client) => {
        const runner = client.chat.completions.stream(ASKED);
        const contents: string[] = [];
        runner.on('content', (delta) => contents.push(delta));
        return [contents, await runner.finalChatCompletion(), await runner.finalContent()];
      });
      expect(records).toMatchObject([{ ...BEGUN, ...ANSWER, firstTokens: 1 }]);
    });

    it('stream(): aborted', async () => {
      const { records } = await run(async (client) => {
        const runner = client.chat.completions.stream({ ...ASKED, model: 'hangs-midway' });
        runner.on('content', () => runner.abort());
        return runner.finalChatCompletion();
      });
      expect(records).toMatchObject([CANCELLED]);
    });
  });

  it('a slow consumer: no event is asked for before the host asks', async () => {
    const pulled: number[][] = [];
    const chunk = (content: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
    const make = (): Client => {
      const counts: number[] = [];
      pulled.push(counts);
      let count = 0;
      const body = (): ReadableStream =>
        new ReadableStream(
          {
            pull: (controller) => {
              count++;
              counts.push(count);
              if (count <= 50) controller.enqueue(new TextEncoder().encode(chunk(`${count}`)));
              else controller.close();
            },
          },
          { highWaterMark: 0 },
        );
      const answer = async () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } });
      return new OpenAI({ apiKey: 'x', fetch: answer });
    };
    const { records } = await both(vendor, make, async (client) => {
      const iterator = (await client.chat.completions.create({ ...ASKED, stream: true }))[
        Symbol.asyncIterator
      ]();
      const read = [await iterator.next(), await iterator.next(), await iterator.next()];
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      const early = pulled.at(-1)?.length;
      await iterator.return?.();
      return [read, early];
    });
    expect(pulled.at(-1)?.length).toBeLessThan(10);
    expect(records).toMatchObject([CANCELLED]);
  });

  describe('responses', () => {
    const QUESTION = {
      model: 'gpt-4o-mini',
      instructions: MESSAGES[0].content,
      input: MESSAGES[1].content,
    };
    const FUNCTION = {
      type: 'function' as const,
      name: OPENAI.tool.name,
      strict: null,
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    };
    const CALLED_ONCE = [{ type: 'function', function: CALLED[0]?.function, id: OPENAI.tool.id }];

    it('create', async () => {
      const { records } = await run((client) => client.responses.create(QUESTION));
      expect(records).toMatchObject([{ ...BEGUN, ...ANSWER, ...TOKENS }]);
    });

    it('create with items, and a tool’s result among them', async () => {
      const { records } = await run((client) =>
        client.responses.create({
          model: 'gpt-4o-mini',
          tools: [FUNCTION],
          input: [
            { role: 'developer', content: MESSAGES[0].content },
            { role: 'user', content: [{ type: 'input_text', text: MESSAGES[1].content }] },
            {
              type: 'function_call',
              call_id: OPENAI.tool.id,
              name: 'get_weather',
              arguments: '{"city":"Paris"}',
            },
            { type: 'function_call_output', call_id: OPENAI.tool.id, output: '18 degrees' },
          ],
        }),
      );
      expect(records).toMatchObject([
        {
          ...BEGUN,
          messages: [
            MESSAGES[1],
            { role: 'assistant', tool_calls: CALLED_ONCE },
            { role: 'tool', content: '18 degrees', tool_call_id: OPENAI.tool.id },
          ],
        },
      ]);
    });

    it('a tool call', async () => {
      const { records } = await run((client) => client.responses.create({ ...QUESTION, tools: [FUNCTION] }));
      expect(records).toMatchObject([{ tool_calls: CALLED_ONCE, finish_reason: 'tool_call' }]);
    });

    it('parse', async () => {
      const text = { format: { type: 'json_schema' as const, name: 'place', schema: { type: 'object' } } };
      const { records } = await run((client) => client.responses.parse({ ...QUESTION, text }));
      expect(records).toMatchObject([{ ...BEGUN, response: OPENAI.structured }]);
    });

    it('refused, too long, failed', async () => {
      const { records } = await run(async (client) => [
        await client.responses.create({ ...QUESTION, model: 'refuses' }),
        await client.responses.create({ ...QUESTION, model: 'too-long' }),
        await client.responses.create({ ...QUESTION, model: 'fails-midway' }),
      ]);
      expect(records).toMatchObject([
        { response: OPENAI.refusal, finish_reason: 'stop' },
        { finish_reason: 'length' },
        { status: 'error', error_type: 'server_error' },
      ]);
    });

    it('a stream', async () => {
      const { records } = await run(async (client) =>
        all(await client.responses.create({ ...QUESTION, stream: true })),
      );
      expect(records).toMatchObject([{ ...BEGUN, ...ANSWER, ...TOKENS, firstTokens: 1 }]);
    });

    it('a stream with a tool call', async () => {
      const { records } = await run(async (client) =>
        all(await client.responses.create({ ...QUESTION, stream: true, tools: [FUNCTION] })),
      );
      expect(records).toMatchObject([{ tool_calls: CALLED_ONCE, firstTokens: 1 }]);
    });

    it.each(['fails-midway', 'errs-midway'])('a stream that %s is an error', async (model) => {
      const { records } = await run(async (client) =>
        all(await client.responses.create({ ...QUESTION, model, stream: true })),
      );
      expect(records).toMatchObject([{ status: 'error', error_type: 'server_error' }]);
    });

    it('a stream that is broken off, and one that breaks', async () => {
      const { records } = await run(async (client) => [
        await some(await client.responses.create({ ...QUESTION, stream: true }), 5),
        await all(await client.responses.create({ ...QUESTION, stream: true, model: 'cut' })).catch(
          (error: Error) => error.message,
        ),
      ]);
      expect(records).toMatchObject([
        { ...CANCELLED, response: 'The capital ' },
        { status: 'error', error_type: 'connection' },
      ]);
    });

    it('stream(): the helper', async () => {
      const { records } = await run(async (client) => {
        const stream = client.responses.stream(QUESTION);
        const texts: string[] = [];
        stream.on('response.output_text.delta', ({ delta }) => texts.push(delta));
        return [texts, (await stream.finalResponse()).output];
      });
      expect(records).toMatchObject([{ ...BEGUN, ...ANSWER, ...TOKENS }]);
    });
  });

  it('completions, whole and in a stream', async () => {
    const question = { model: 'gpt-3.5-turbo-instruct', prompt: 'The capital of France' };
    const { records } = await run(async (client) => [
      await client.completions.create(question),
      await all(await client.completions.create({ ...question, stream: true })),
    ]);
    const begun = { operation: 'text_completion', model: question.model, prompt: question.prompt };
    expect(records).toMatchObject([
      { ...begun, ...ANSWER, ...TOKENS },
      { ...begun, ...ANSWER, firstTokens: 1 },
    ]);
  });

  it('embeddings: decoded as ever, and never kept', async () => {
    const question = { model: 'text-embedding-3-small', input: ['one', 'two'] };
    const { records } = await run(async (client) => [
      (await client.embeddings.create(question)).data[0]?.embedding,
      (await client.embeddings.create({ ...question, encoding_format: 'float' })).data[0]?.embedding,
      (await client.embeddings.create({ ...question, input: [[1, 2]] })).usage,
    ]);
    expect(records).toMatchObject([
      { operation: 'embeddings', model: question.model, prompt: 'one\ntwo', input_tokens: 5 },
      { operation: 'embeddings', prompt: 'one\ntwo', input_tokens: 5 },
      { operation: 'embeddings', input_tokens: 5 },
    ]);
    expect(records[2]).not.toHaveProperty('prompt');
    expect(JSON.stringify(records)).not.toContain('0.25');
  });

  it('withOptions: the derived client is observed, and its options hold', async () => {
    const { records } = await run(async (client) => {
      const derived = client.withOptions({ maxRetries: 2, defaultHeaders: { 'x-mine': 'yes' } });
      const again = derived.withOptions({ timeout: 1000 });
      return [
        derived.constructor.name,
        await derived.chat.completions.create({ ...ASKED, model: 'busy-once' }),
        (await again.chat.completions.create(ASKED)).choices,
      ];
    });
    expect(records).toMatchObject([ANSWER, ANSWER]);
    expect(vendor.requests.every(({ headers }) => headers['x-mine'] === 'yes')).toBe(true);
  });
});
