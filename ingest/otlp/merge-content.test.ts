import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Inference } from '../../core/inference.ts';
import { checkInference } from '../../core/inference-check.ts';
import { type Content, contentOrder } from './content.ts';
import { mergeContent } from './merge-content.ts';

const BARE: Inference = { timestamp: '2026-11-25T12:00:00Z', model: 'gpt-4', attributes: { region: 'eu' } };

function piece(nano: bigint, part: Content['part'], content: object, place = 0): Content {
  const order = contentOrder(nano, place);
  return {
    project: 'default',
    id: 't:s',
    at: '2026-11-25T12:00:00Z',
    part,
    order,
    piece: JSON.stringify(content),
  };
}

const PIECES: readonly Content[] = [
  piece(1n, 'message', { system: 'Be brief.' }),
  piece(2n, 'message', { messages: [{ role: 'user', content: 'Hello' }] }),
  piece(3n, 'message', { messages: [{ role: 'assistant', content: 'Yes?' }] }),
  piece(3n, 'message', { messages: [{ role: 'user', content: 'Hello' }] }, 1),
  piece(4n, 'choice', { response: 'Hi', finish_reason: 'stop' }),
];
const MERGED = {
  ...BARE,
  system: 'Be brief.',
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Yes?' },
    { role: 'user', content: 'Hello' },
  ],
  response: 'Hi',
  finish_reason: 'stop',
  attributes: { region: 'eu', 'otel.content': 'messages,system,response,finish_reason' },
};

const shuffled = fc.shuffledSubarray([...PIECES, ...PIECES], { minLength: 2 * PIECES.length });
const some = fc.subarray([...PIECES]);

describe('pieces', () => {
  it('complete a record that has no content', () => {
    expect(mergeContent(BARE, PIECES)).toEqual(MERGED);
  });

  it('do the same in any order, and however often they come', () => {
    fc.assert(
      fc.property(shuffled, (pieces) => {
        expect(mergeContent(BARE, pieces)).toEqual(MERGED);
      }),
    );
  });

  it('may come in parts, as long as all that are known are given', () => {
    fc.assert(
      fc.property(some, some, (first, second) => {
        const all = [...first, ...second];
        expect(mergeContent(mergeContent(BARE, first), all)).toEqual(mergeContent(BARE, all));
        expect(mergeContent(mergeContent(BARE, all), all)).toEqual(mergeContent(BARE, all));
      }),
    );
  });

  it('change nothing that the span said itself', () => {
    const own = { ...BARE, prompt: 'Mine', response: 'Mine too' };
    expect(mergeContent(own, PIECES)).toEqual({
      ...own,
      system: 'Be brief.',
      finish_reason: 'stop',
      attributes: { region: 'eu', 'otel.content': 'system,finish_reason' },
    });
  });

  it('fill what a store gives as empty', () => {
    const stored = { ...BARE, prompt: '', messages: [], system: '', response: '', tool_calls: [] };
    const merged = mergeContent(stored, PIECES);
    expect(merged).toEqual({ ...MERGED, tool_calls: [] });
    expect(checkInference(merged, { minMs: 0, maxMs: Number.MAX_VALUE }).ok).toBe(true);
  });

  it('of one whole event count before single ones, the latest of several', () => {
    const whole = (nano: bigint, response: string) => piece(nano, 'whole', { response });
    const contents = [whole(9n, 'last'), ...PIECES, whole(8n, 'earlier')];
    const merged = mergeContent(BARE, contents);
    expect(merged.response).toBe('last');
    expect(merged).not.toHaveProperty('messages');
  });

  it('leave a record alone where there are none, and do not change it', () => {
    const frozen = Object.freeze({ ...BARE, attributes: Object.freeze({ region: 'eu' }) });
    expect(mergeContent(frozen, [])).toBe(frozen);
    mergeContent(frozen, PIECES);
    expect(frozen).toEqual(BARE);
  });

  it('leave a full map of attributes as it is', () => {
    const attributes = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`a${i}`, 'x']));
    expect(mergeContent({ ...BARE, attributes }, PIECES)).toMatchObject({ response: 'Hi', attributes });
  });
});
