import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';
import OpenAI from 'openai6';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../test/collector.ts';
import { startVendorServer } from '../test/vendor-server.ts';
import { withContext } from './call-context.ts';
import { createPlumbline } from './create-plumbline.ts';

// What a host may find patched after we were loaded: by a tracer, a test's fake clock, a hardened realm.

let vendor: Awaited<ReturnType<typeof startVendorServer>>;
let collector: Collector;
let restore = (): void => {};

beforeAll(async () => {
  vendor = await startVendorServer();
  collector = await startCollector();
});
afterAll(async () => {
  await vendor.close();
  await collector.close();
});
afterEach(() => restore());

// From before it is spoiled.
const { apply } = Reflect;
const OURS = /\/sdk\/src\/(?!.*\.test\.ts)/;

/** Makes one function throw whenever a line of ours calls it; the host and its client have what they had. */
function spoil(owner: object, name: string): { readonly thrown: () => number } {
  const original: unknown = Reflect.get(owner, name);
  let thrown = 0;
  Reflect.set(owner, name, function (this: unknown, ...given: unknown[]): unknown {
    const [, , caller = ''] = (new Error().stack ?? '').split('\n');
    if (OURS.test(caller)) {
      thrown++;
      throw new Error(`${name} is spoiled`);
    }
    return apply(original as (...given: unknown[]) => unknown, this, given);
  });
  syncBuiltinESMExports();
  restore = () => {
    Reflect.set(owner, name, original);
    syncBuiltinESMExports();
    restore = () => {};
  };
  return { thrown: () => thrown };
}

/** Random bytes are fetched for some 400 ids at once. */
const IDS_OF_ONE_FILL = 400;

const ASKED = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };

/** What the host makes of its calls, without what differs from one to the next. */
async function resultsOf(client: OpenAI): Promise<string[]> {
  const results = await withContext({ session: 's1' }, () =>
    Promise.all([
      client.chat.completions.create(ASKED),
      client.chat.completions
        .create(ASKED)
        .withResponse()
        .then(({ data }) => data),
      client.chat.completions.create({ ...ASKED, stream: true }).then(async (stream) => {
        const chunks: unknown[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        return chunks;
      }),
      client.chat.completions.create({ ...ASKED, model: 'missing' }).catch((error: Error) => `${error}`),
    ]),
  );
  return results.map((result) =>
    JSON.stringify(result)
      .replace(/"(id|created|_request_id)":("[^"]*"|\d+)/g, '"$1":0')
      .replace(/req_\w+/g, 'req'),
  );
}

const newClient = (): OpenAI => new OpenAI({ baseURL: `${vendor.url}/v1`, apiKey: 'x', maxRetries: 0 });

describe('the host has what it has without us, whatever is broken', () => {
  const broken: [string, object, string][] = [
    ['JSON.stringify', JSON, 'stringify'],
    ['JSON.parse', JSON, 'parse'],
    ['crypto.randomFillSync', crypto, 'randomFillSync'],
    ['Date.now', Date, 'now'],
    ['performance.now', performance, 'now'],
    ['setTimeout', globalThis, 'setTimeout'],
    ['setImmediate', globalThis, 'setImmediate'],
    ['Object.keys', Object, 'keys'],
    ['Object.assign', Object, 'assign'],
    ['Array.isArray', Array, 'isArray'],
    ['Object.defineProperty', Object, 'defineProperty'],
    ['Buffer.byteLength', Buffer, 'byteLength'],
  ];
  it.each(broken)('%s', async (_, owner, name) => {
    const expected = await resultsOf(newClient());
    const plumbline = createPlumbline({ url: collector.url, onProblem() {} });
    const client = plumbline.observe(newClient());
    const spoiled = spoil(owner, name);
    const results = await resultsOf(client);
    for (let count = 0; count < IDS_OF_ONE_FILL; count++) plumbline.track({ model: 'm' });
    plumbline.score('some-id', { thumbs: 1 });
    await plumbline.flush(1000);
    const thrown = spoiled.thrown();
    restore();
    await plumbline.shutdown(20);
    expect(results).toEqual(expected);
    expect(thrown).toBeGreaterThan(0);
  });

  // Held from when we were loaded on.
  it.each([
    ['zlib.gzip', zlib, 'gzip'],
    ['Reflect.apply', Reflect, 'apply'],
  ] as const)('%s, and all arrives', async (_, owner, name) => {
    const expected = await resultsOf(newClient());
    const plumbline = createPlumbline({ url: collector.url, onProblem() {} });
    const client = plumbline.observe(newClient());
    spoil(owner, name);
    expect(await resultsOf(client)).toEqual(expected);
    expect(await plumbline.flush()).toBe(true);
    expect(plumbline.stats()).toMatchObject({ sent: 4, dropped: {}, problems: {} });
    restore();
    await plumbline.shutdown(20);
  });
});
