import Anthropic from 'anthropic1';
import OpenAI6, { AzureOpenAI as AzureOpenAI6 } from 'openai6';
import OpenAI7, { AzureOpenAI as AzureOpenAI7 } from 'openai7';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, both } from '../../test/both.ts';
import { collectingRecorder } from '../../test/collecting-recorder.ts';
import { OPENAI } from '../../test/vendor-chat.ts';
import { startVendorServer, type VendorServer } from '../../test/vendor-server.ts';
import { observe } from './observe.ts';

let vendor: VendorServer;
beforeAll(async () => {
  vendor = await startVendorServer();
});
afterAll(() => vendor.close());

const ASKED = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Where is Paris?' }] };

describe.each([
  ['openai 6', OpenAI6, AzureOpenAI6],
  ['openai 7', OpenAI7 as unknown as typeof OpenAI6, AzureOpenAI7 as unknown as typeof AzureOpenAI6],
])('%s', (_, OpenAI, AzureOpenAI) => {
  const make = (options: object = {}): OpenAI6 =>
    new OpenAI({ baseURL: `${vendor.url}/v1`, apiKey: 'x', maxRetries: 0, ...options });

  it('is the same client, with nothing to be seen of us', () => {
    const client = make();
    const before = [
      Object.keys(client),
      Object.keys(client.chat.completions),
      JSON.stringify(client.chat.completions.create),
    ];
    const observed = observe(client, collectingRecorder());
    expect(observed).toBe(client);
    expect(observed).toBeInstanceOf(OpenAI);
    const { create } = observed.chat.completions;
    expect([Object.keys(client), Object.keys(client.chat.completions), JSON.stringify(create)]).toEqual(
      before,
    );
    expect([create.name, create.length]).toEqual(['create', OpenAI.Chat.Completions.prototype.create.length]);
  });

  it('another client is not observed, nor are the class and its prototypes', async () => {
    const recorder = collectingRecorder();
    const prototype = OpenAI.Chat.Completions.prototype.create;
    const other = make();
    observe(make(), recorder);
    await other.chat.completions.create(ASKED);
    expect(recorder.records).toEqual([]);
    expect(other.chat.completions.create).toBe(prototype);
    expect(OpenAI.Chat.Completions.prototype.create).toBe(prototype);
  });

  it('observed twice is once', async () => {
    const recorder = collectingRecorder();
    const client = observe(observe(make(), recorder), recorder);
    await client.chat.completions.create(ASKED);
    await client.withOptions({}).chat.completions.create(ASKED);
    expect(recorder.records).toHaveLength(2);
  });

  it('a subclass with private members', async () => {
    class Mine extends OpenAI {
      readonly #secret = 'mine';
      async ask(): Promise<unknown> {
        return [this.#secret, await this.chat.completions.create(ASKED)];
      }
    }
    const { records } = await both(
      vendor,
      () => new Mine({ baseURL: `${vendor.url}/v1`, apiKey: 'x' }),
      (client) => client.ask(),
    );
    expect(records).toHaveLength(1);
  });

  it('Azure, with a deployment', async () => {
    const { records } = await both(
      vendor,
      () =>
        new AzureOpenAI({ endpoint: vendor.url, apiKey: 'x', apiVersion: '2024-10-21', deployment: 'mine' }),
      (client) => client.chat.completions.create(ASKED),
    );
    expect(vendor.requests[0]?.path).toBe('/openai/deployments/mine/chat/completions');
    expect(records).toMatchObject([
      { provider: 'azure.ai.openai', model: 'gpt-4o-mini', version: OPENAI.answered, response: OPENAI.text },
    ]);
  });

  it.each([
    [undefined, 'openai'],
    ['https://my-resource.openai.azure.com/openai/v1', 'azure.ai.openai'],
    ['https://api.groq.com/openai/v1', 'groq'],
    ['https://generativelanguage.googleapis.com/v1beta/openai/', 'gcp.gemini'],
    ['https://europe-west1-aiplatform.googleapis.com/v1/projects/p', 'gcp.vertex_ai'],
    ['https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1', 'aws.bedrock'],
    ['https://openrouter.ai/api/v1', 'openrouter'],
    ['https://notapi.groq.com.example.org/v1', 'notapi.groq.com.example.org'],
    ['http://vllm.internal:8000/v1', 'vllm.internal'],
  ])('%s is %s', async (baseURL, provider) => {
    const fetch: typeof globalThis.fetch = () => Promise.resolve(Response.json({ model: 'm', choices: [] }));
    const { records } = await both(
      vendor,
      () => new OpenAI({ apiKey: 'x', fetch, ...(baseURL === undefined ? {} : { baseURL }) }),
      (client) => client.chat.completions.create(ASKED),
    );
    expect(records).toMatchObject([{ provider }]);
  });

  it('who serves can be said', async () => {
    const { records } = await both(vendor, make, (client) => client.chat.completions.create(ASKED), {
      provider: 'our-cluster',
    });
    expect(records).toMatchObject([{ provider: 'our-cluster' }]);
  });

  it('a frozen client works on, unobserved', async () => {
    const { records } = await both(
      vendor,
      () => {
        const client = make();
        for (const one of [client.chat.completions, client.chat, client]) Object.freeze(one);
        return client;
      },
      (client) => client.chat.completions.create(ASKED),
    );
    expect(records).toEqual([]);
  });

  it('behind a proxy of somebody else’s', async () => {
    const proxied = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(one, name) {
          const value = Reflect.get(one, name) as unknown;
          if (typeof value === 'function') return value.bind(one);
          return typeof value === 'object' && value !== null ? proxied(value) : value;
        },
      });
    const { records } = await both(
      vendor,
      () => proxied(make()),
      (client) => client.chat.completions.create(ASKED),
    );
    expect(records.length).toBeLessThanOrEqual(1);
  });

  it('a promise that nobody handles is as unhandled as it was', async () => {
    const unhandled: string[] = [];
    const listen = (error: unknown): void => void unhandled.push((error as Error).constructor.name);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', listen);
    try {
      const counts: number[] = [];
      for (const client of [make(), observe(make(), collectingRecorder())]) {
        unhandled.length = 0;
        void client.chat.completions.create({ ...ASKED, model: 'missing' });
        void client.chat.completions.create({ ...ASKED, model: 'missing' }).then(() => undefined);
        await client.chat.completions.create({ ...ASKED, model: 'missing' }).catch(() => undefined);
        await client.chat.completions.parse({ ...ASKED, model: 'missing' }).catch(() => undefined);
        await client.responses.parse({ model: 'missing', input: 'x' }).catch(() => undefined);
        await client.chat.completions.create({ ...ASKED, model: 'garbage' }).catch(() => undefined);
        await client.chat.completions
          .create({ ...ASKED, model: 'missing' })
          .withResponse()
          .catch(() => undefined);
        const cut = await client.chat.completions.create({ ...ASKED, model: 'cut', stream: true });
        await all(cut).catch(() => undefined);
        for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
        counts.push(unhandled.length);
      }
      expect(counts[1]).toBe(counts[0]);
      expect(counts[0]).toBeGreaterThan(0);
    } finally {
      process.removeListener('unhandledRejection', listen);
      for (const other of others) process.on('unhandledRejection', other);
    }
  });
});

it.each([
  ['nothing', undefined],
  ['a text', 'client'],
  ['an empty object', {}],
  ['something else with a create', { files: { create: () => 1 } }],
  [
    'an object whose every field throws',
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    ),
  ],
])('%s comes back unchanged', (_, client) => {
  const recorder = collectingRecorder();
  const before = typeof client === 'object' && client !== null ? Reflect.ownKeys(client) : [];
  expect(observe(client, recorder)).toBe(client);
  const after = typeof client === 'object' && client !== null ? Reflect.ownKeys(client) : [];
  expect(after).toEqual(before);
});

it('says once that it does not know a client', async () => {
  const warnings: string[] = [];
  const listen = ({ name, message }: Error): void =>
    void (name === 'PlumblineWarning' && warnings.push(message));
  process.on('warning', listen);
  observe({ not: 'a client' }, collectingRecorder());
  observe({ neither: 'is this' }, collectingRecorder());
  await new Promise((resolve) => setImmediate(resolve));
  process.removeListener('warning', listen);
  // Said before in this process, or now; never twice.
  expect(warnings.length).toBeLessThanOrEqual(1);
});

it('a call that returns a promise which we do not know is the host’s alone', async () => {
  const recorder = collectingRecorder();
  const promise = Promise.resolve('answer');
  const client = observe({ chat: { completions: { create: () => promise } } }, recorder);
  expect(client.chat.completions.create()).toBe(promise);
  expect(await promise).toBe('answer');
  expect(recorder.records).toEqual([]);
});

it('Anthropic’s client, and one of OpenAI’s, at once', async () => {
  const recorder = collectingRecorder();
  const claude = observe(new Anthropic({ baseURL: vendor.url, apiKey: 'x' }), recorder);
  const openai = observe(new OpenAI6({ baseURL: `${vendor.url}/v1`, apiKey: 'x' }), recorder);
  await Promise.all([
    claude.messages.create({ ...ASKED, max_tokens: 10 }),
    openai.chat.completions.create(ASKED),
  ]);
  expect(recorder.records).toHaveLength(2);
});
