import Anthropic from 'anthropic1';
import fc from 'fast-check';
import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, both, some } from '../../test/both.ts';
import { collectingRecorder } from '../../test/collecting-recorder.ts';
import { startVendorServer, type VendorServer } from '../../test/vendor-server.ts';
import type { OpenCall, Recorder } from '../recorder.ts';
import { observe } from './observe.ts';
import { vercelMiddleware } from './vercel-middleware.ts';
import { vercelTelemetry } from './vercel-telemetry.ts';

let vendor: VendorServer;
beforeAll(async () => {
  vendor = await startVendorServer();
});
afterAll(() => vendor.close());

const ASKED = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Where is Paris?' }] };

/** Throws at its n-th step of any kind, counted from 1, and goes on after it. */
function failingRecorder(failsAt: number): Recorder & { readonly steps: number } {
  let steps = 0;
  const step = (): void => {
    if (++steps === failsAt) throw new Error(`step ${steps}`);
  };
  return {
    get steps() {
      return steps;
    },
    begin(describeCall): OpenCall {
      step();
      describeCall();
      step();
      return {
        id: '1',
        firstToken: step,
        end(describeEnd) {
          step();
          describeEnd();
          step();
        },
      };
    },
    link: step,
  };
}

type Client = OpenAI6;
const makers = [
  ['openai 6', OpenAI6],
  ['openai 7', OpenAI7 as unknown as typeof OpenAI6],
] as const;

const WORK: readonly (readonly [string, (client: Client) => Promise<unknown>])[] = [
  ['create', (client) => client.chat.completions.create(ASKED)],
  ['parse', (client) => client.chat.completions.parse(ASKED)],
  ['withResponse', async (client) => (await client.chat.completions.create(ASKED).withResponse()).data],
  ['asResponse', async (client) => (await client.chat.completions.create(ASKED).asResponse()).json()],
  ['missing', (client) => client.chat.completions.create({ ...ASKED, model: 'missing' })],
  ['stream', async (client) => all(await client.chat.completions.create({ ...ASKED, stream: true }))],
  ['break', async (client) => some(await client.chat.completions.create({ ...ASKED, stream: true }), 2)],
  [
    'cut',
    async (client) => all(await client.chat.completions.create({ ...ASKED, model: 'cut', stream: true })),
  ],
  ['stream()', (client) => client.chat.completions.stream(ASKED).finalContent()],
  [
    'responses',
    async (client) => all(await client.responses.create({ model: 'm', input: 'x', stream: true })),
  ],
  [
    'withOptions',
    (client) => client.withOptions({ timeout: 1000 }).embeddings.create({ model: 'm', input: 'x' }),
  ],
];

describe.each(makers)('%s: every step of the recorder throws in turn', (_, OpenAI) => {
  const make = (): Client => new OpenAI({ baseURL: `${vendor.url}/v1`, apiKey: 'x', maxRetries: 0 });
  it.each(WORK)('%s', async (_name, work) => {
    const outcome = (client: Client): Promise<unknown> =>
      work(client).then(
        (value) => ({ value }),
        (error: Error) => ({ thrown: error.message }),
      );
    const expected = await outcome(make());
    const counting = failingRecorder(0);
    await outcome(observe(make(), counting));
    expect(counting.steps).toBeGreaterThan(2);
    for (let failsAt = 1; failsAt <= counting.steps; failsAt++) {
      expect(await outcome(observe(make(), failingRecorder(failsAt))), `step ${failsAt}`).toEqual(expected);
    }
  });
});

/** Nothing of it can be read, except that it is no promise. */
const UNREADABLE = new Proxy(
  {},
  {
    get(_, name) {
      if (name === 'then') return undefined;
      throw new Error(`read ${String(name)}`);
    },
    has: () => {
      throw new Error('asked');
    },
    ownKeys: () => {
      throw new Error('listed');
    },
    getPrototypeOf: () => {
      throw new Error('its class was asked for');
    },
  },
);

describe('values that cannot be read', () => {
  /** The vendor's promise in small: lazy, with a head and a body. */
  class Lazy extends Promise<unknown> {
    static override get [Symbol.species](): PromiseConstructor {
      return Promise;
    }
    declare readonly value: unknown;
    declare responsePromise: Promise<unknown>;
    declare parseResponse: (value: unknown) => Promise<unknown>;
    static of(value: unknown): Lazy {
      const lazy = new Lazy((resolve) => resolve(null));
      lazy.responsePromise = Promise.resolve({ value });
      lazy.parseResponse = async () => value;
      return lazy;
    }
    parse(): Promise<unknown> {
      return this.responsePromise.then((head) => this.parseResponse(head));
    }
    asResponse(): Promise<unknown> {
      return this.responsePromise;
    }
    _thenUnwrap(transform: (value: unknown) => unknown): Lazy {
      const derived = Lazy.of(undefined);
      derived.parseResponse = async () => transform(await this.parse());
      return derived;
    }
    // biome-ignore lint/suspicious/noThenProperty: that is what makes it lazy
    override then<A = unknown, B = never>(
      onValue?: ((value: unknown) => A | PromiseLike<A>) | null,
      onError?: ((error: unknown) => B | PromiseLike<B>) | null,
    ): Promise<A | B> {
      return this.parse().then(onValue, onError);
    }
  }
  const clientOf = (value: unknown) => ({
    chat: { completions: { create: (..._: unknown[]) => Lazy.of(value) } },
  });

  it('the answer', async () => {
    const recorder = collectingRecorder();
    const client = observe(clientOf(UNREADABLE), recorder);
    const answer = await client.chat.completions.create(ASKED);
    expect(answer === UNREADABLE).toBe(true);
    expect(recorder.records).toMatchObject([{ model: ASKED.model, status: 'ok' }]);
  });

  it('the request', async () => {
    const recorder = collectingRecorder();
    const client = observe(clientOf('answer'), recorder);
    expect(await client.chat.completions.create(UNREADABLE, UNREADABLE)).toBe('answer');
    expect(recorder.records).toHaveLength(1);
  });

  it('the messages, cyclic ones and ones that throw', async () => {
    const cyclic: Record<string, unknown> = { role: 'assistant', content: [] };
    cyclic['content'] = [{ type: 'tool_use', name: 'f', input: cyclic }];
    for (const messages of [
      UNREADABLE,
      [UNREADABLE],
      [cyclic],
      [{ role: 'user', content: [UNREADABLE] }],
      7,
      null,
    ]) {
      const recorder = collectingRecorder();
      const client = observe(clientOf('answer'), recorder);
      expect(await client.chat.completions.create({ model: 'm', messages })).toBe('answer');
      expect(recorder.records).toHaveLength(1);
    }
  });

  it('the error', async () => {
    const recorder = collectingRecorder();
    const lazy = Lazy.of(undefined);
    lazy.parseResponse = () => Promise.reject(UNREADABLE);
    const client = observe({ chat: { completions: { create: (_: unknown) => lazy } } }, recorder);
    const thrown = await client.chat.completions.create(ASKED).then(
      () => 'no error',
      (error: unknown) => error,
    );
    expect(thrown === UNREADABLE).toBe(true);
    expect(recorder.records).toHaveLength(1);
  });

  it('the events of a stream', async () => {
    const recorder = collectingRecorder();
    const stream = {
      controller: UNREADABLE,
      async *iterator() {
        yield UNREADABLE;
        yield null;
        yield 7;
      },
      [Symbol.asyncIterator]() {
        return this.iterator();
      },
    };
    const client = observe(clientOf(stream), recorder);
    const read = await all((await client.chat.completions.create(ASKED)) as AsyncIterable<unknown>);
    expect(read.map((event) => event === UNREADABLE)).toEqual([true, false, false]);
    expect(recorder.records).toHaveLength(1);
  });

  it('what Vercel’s SDK hands over', async () => {
    const recorder = collectingRecorder();
    const middleware = vercelMiddleware(recorder);
    const step = { params: UNREADABLE, model: UNREADABLE };
    const answer = async () => UNREADABLE;
    expect((await middleware.wrapGenerate({ ...step, doGenerate: answer })) === UNREADABLE).toBe(true);
    expect((await middleware.wrapStream({ ...step, doStream: answer })) === UNREADABLE).toBe(true);
    expect((await middleware.wrapEmbed({ ...step, doEmbed: answer })) === UNREADABLE).toBe(true);
    const telemetry = vercelTelemetry(recorder);
    for (const hear of Object.values(telemetry)) for (const event of [UNREADABLE, null, 7]) hear(event);
  });
});

describe('answers that no vendor gives', () => {
  const answering =
    (body: unknown): typeof fetch =>
    () =>
      Promise.resolve(
        new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } }),
      );
  const streaming =
    (events: readonly unknown[], name = ''): typeof fetch =>
    () => {
      const text = events.map((event) => `${name}data: ${JSON.stringify(event)}\n\n`).join('');
      return Promise.resolve(new Response(text, { headers: { 'content-type': 'text/event-stream' } }));
    };
  /** Fields that the readers look for, with anything in them. */
  const almost = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, '', 'text', 0, 1, -1, 1.5, true, 'stop', 'response.completed', 'message_start'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          ...[
            'choices',
            'message',
            'delta',
            'content',
            'tool_calls',
            'function',
            'arguments',
            'usage',
            'model',
          ],
          ...[
            'output',
            'type',
            'text',
            'response',
            'index',
            'content_block',
            'prompt_tokens',
            'finish_reason',
          ],
          ...[
            'error',
            'status',
            'item',
            'name',
            'input',
            'data',
            'embedding',
            'object',
            'function_call',
            'code',
          ],
        ),
        tie('value'),
        { maxKeys: 6 },
      ),
    ),
  })).value;

  it.each(makers)('%s', async (_, OpenAI) => {
    await fc.assert(
      fc.asyncProperty(almost, fc.array(almost, { maxLength: 5 }), async (body, events) => {
        const make = (fetch: typeof globalThis.fetch) => (): Client =>
          new OpenAI({ apiKey: 'x', maxRetries: 0, fetch });
        const asked = { model: 'm', input: 'x' };
        for (const work of [
          (client: Client) => client.chat.completions.create(ASKED),
          (client: Client) => client.responses.create(asked),
          (client: Client) => client.embeddings.create({ ...asked, encoding_format: 'float' }),
        ]) {
          expect((await both(vendor, make(answering(body)), work)).records).toHaveLength(1);
        }
        for (const work of [
          async (client: Client) => all(await client.chat.completions.create({ ...ASKED, stream: true })),
          async (client: Client) => all(await client.responses.create({ ...asked, stream: true })),
        ]) {
          expect((await both(vendor, make(streaming(events)), work)).records).toHaveLength(1);
        }
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('anthropic 1', async () => {
    await fc.assert(
      fc.asyncProperty(almost, fc.array(almost, { maxLength: 5 }), async (body, events) => {
        const make = (fetch: typeof globalThis.fetch) => () =>
          new Anthropic({ apiKey: 'x', maxRetries: 0, fetch });
        const asked = { ...ASKED, max_tokens: 10 };
        const whole = await both(vendor, make(answering(body)), (client) => client.messages.create(asked));
        expect(whole.records).toHaveLength(1);
        const stream = await both(vendor, make(streaming(events, 'event: message\n')), async (client) =>
          all(await client.messages.create({ ...asked, stream: true })),
        );
        expect(stream.records).toHaveLength(1);
      }),
      { numRuns: 100, seed: 7 },
    );
  });
});
