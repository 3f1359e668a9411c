import { describe, expect, it } from 'vitest';
import { collectingRecorder } from '../test/collecting-recorder.ts';
import { observeCall } from './observe-call.ts';

const ASKED = { model: 'llama', prompt: 'hi', result: ({ text }: { text: string }) => ({ response: text }) };

describe('observe.call', () => {
  it('hands back the very value, linked to its record', () => {
    const recorder = collectingRecorder();
    const value = { text: 'hello' };
    let id = '';
    const returned = observeCall(
      recorder,
      (call) => {
        ({ id } = call);
        call.firstToken();
        return value;
      },
      ASKED,
    );
    expect(returned).toBe(value);
    expect(recorder.records).toEqual([
      { id, status: 'ok', model: 'llama', prompt: 'hi', response: 'hello', firstTokens: 1 },
    ]);
    expect(recorder.idOf(value)).toBe(id);
  });

  it('hands back what a promise resolves to, once it has', async () => {
    const recorder = collectingRecorder();
    const value = { text: 'hello' };
    const promise = observeCall(recorder, async () => value, ASKED);
    expect(recorder.records).toEqual([]);
    expect(await promise).toBe(value);
    expect(recorder.records).toMatchObject([{ status: 'ok', response: 'hello' }]);
  });

  it('throws and rejects with the very error', async () => {
    const recorder = collectingRecorder();
    const mine = Object.assign(new Error('slow down'), { status: 429 });
    const throws = (): { text: string } => {
      throw mine;
    };
    expect(() => observeCall(recorder, throws, ASKED)).toThrow(mine);
    await expect(observeCall(recorder, async () => throws(), ASKED)).rejects.toBe(mine);
    const failed = { status: 'error', error_type: 'rate_limit', prompt: 'hi' };
    expect(recorder.records).toMatchObject([failed, failed]);
  });

  it('starts nothing that the host did not start: a lazy thenable is asked when the host asks', async () => {
    const recorder = collectingRecorder();
    let asked = 0;
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: it is one.
      then(onValue: (value: { text: string }) => unknown) {
        asked++;
        return onValue({ text: 'late' });
      },
    };
    const returned = observeCall(recorder, () => lazy as unknown as Promise<{ text: string }>, ASKED);
    expect(asked).toBe(0);
    expect(await returned).toEqual({ text: 'late' });
    expect(asked).toBe(1);
    expect(recorder.records).toMatchObject([{ response: 'late' }]);
  });

  it('is not disturbed by a description that throws, nor by a recorder that does', async () => {
    const value = { text: 'hello' };
    const result = () => {
      throw new Error('no such field');
    };
    expect(observeCall(collectingRecorder(), () => value, { ...ASKED, result })).toBe(value);
    const broken = {
      begin: () => ({
        id: 'x',
        firstToken() {},
        end() {
          throw new Error('broken');
        },
      }),
      link() {
        throw new Error('broken');
      },
    };
    expect(observeCall(broken, () => value, ASKED)).toBe(value);
    expect(await observeCall(broken, async () => value, ASKED)).toBe(value);
  });
});
