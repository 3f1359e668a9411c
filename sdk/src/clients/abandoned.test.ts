import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CollectingRecorder, collectingRecorder } from '../../test/collecting-recorder.ts';
import { startVendorServer, type VendorServer } from '../../test/vendor-server.ts';
import { observe } from './observe.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let vendor: VendorServer;
beforeAll(async () => {
  vendor = await startVendorServer();
});
afterAll(() => vendor.close());

const ASKED = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Where is Paris?' }] };

/** What was dropped is collected some time after nobody holds it. */
async function recordsOf(
  recorder: CollectingRecorder,
  count: number,
): Promise<CollectingRecorder['records']> {
  await vi.waitFor(
    () => {
      collectGarbage();
      expect(recorder.records).toHaveLength(count);
    },
    { timeout: 10_000, interval: 20 },
  );
  return recorder.records;
}

describe.each([
  ['openai 6', OpenAI6],
  ['openai 7', OpenAI7 as unknown as typeof OpenAI6],
])('%s', (_, OpenAI) => {
  const observed = (): [OpenAI6, CollectingRecorder] => {
    const recorder = collectingRecorder();
    return [observe(new OpenAI({ baseURL: `${vendor.url}/v1`, apiKey: 'x' }), recorder), recorder];
  };

  it('a promise that nobody reads', async () => {
    const [client, recorder] = observed();
    void client.chat.completions.create(ASKED);
    expect(await recordsOf(recorder, 1)).toMatchObject([{ status: 'ok', finish_reason: 'abandoned' }]);
  });

  it('a stream that nobody reads', async () => {
    const [client, recorder] = observed();
    // In a function of its own: this one would hold what it awaited last.
    await (async () => {
      await client.chat.completions.create({ ...ASKED, stream: true });
    })();
    expect(await recordsOf(recorder, 1)).toMatchObject([{ finish_reason: 'abandoned', firstTokens: 0 }]);
  });

  it('a stream that is read by hand and let go', async () => {
    const [client, recorder] = observed();
    await (async () => {
      const stream = await client.chat.completions.create({ ...ASKED, stream: true });
      const iterator = stream[Symbol.asyncIterator]();
      for (let count = 0; count < 3; count++) await iterator.next();
    })();
    expect(await recordsOf(recorder, 1)).toMatchObject([
      { finish_reason: 'abandoned', response: 'The capital ', firstTokens: 1 },
    ]);
  });

  it('is not mistaken: what is being read is held, whatever else was dropped', async () => {
    const [client, recorder] = observed();
    const parsed = client.chat.completions.parse(ASKED);
    const stream = await client.chat.completions.create({ ...ASKED, model: 'hangs-midway', stream: true });
    const iterator = stream[Symbol.asyncIterator]();
    for (let turn = 0; turn < 10; turn++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await iterator.next();
    expect(recorder.records).toEqual([]);
    await parsed;
    await iterator.return?.();
    expect(recorder.records).toMatchObject([{ finish_reason: 'stop' }, { finish_reason: 'cancelled' }]);
  });
});
