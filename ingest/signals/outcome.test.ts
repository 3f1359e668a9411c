import { describe, expect, it } from 'vitest';
import { empty, tokensPerSecond, truncated } from './outcome.ts';

describe('truncated', () => {
  it.each([
    ['length', 1],
    ['MAX_TOKENS', 1],
    ['max_tokens', 1],
    ['stop', 0],
    ['end_turn', 0],
    ['tool_calls', 0],
  ])('%s: %d', (finish_reason, expected) => {
    expect(truncated({ finish_reason })).toBe(expected);
  });

  it('is null, not 0, when no reason was sent', () => {
    expect(truncated({})).toBeNull();
    expect(truncated({ finish_reason: '' })).toBeNull();
  });
});

describe('empty', () => {
  it('tells an empty response from one whose content was not sent', () => {
    expect(empty({ response: '' }, false)).toBe(1);
    expect(empty({ response: 'Yes' }, true)).toBe(0);
    expect(empty({ output_tokens: 80 }, false)).toBeNull();
    expect(empty({}, false)).toBeNull();
    expect(empty({ output_tokens: 0 }, false)).toBe(1);
    expect(empty({ output_tokens: 0, operation: 'embeddings' }, false)).toBeNull();
  });

  it('takes a tool call for an answer', () => {
    expect(empty({ response: '', tool_calls: [{}] }, false)).toBe(0);
    expect(empty({ response: '', tool_calls: [] }, false)).toBe(1);
  });
});

describe('tokensPerSecond', () => {
  it('is over the time of generation', () => {
    expect(tokensPerSecond({ output_tokens: 80, latency_ms: 1000, time_to_first_token_ms: 200 })).toBe(100);
    expect(tokensPerSecond({ output_tokens: 80, latency_ms: 1000 })).toBe(80);
  });

  it('is null, not infinite or 0, without tokens or time', () => {
    expect(tokensPerSecond({ output_tokens: 0, latency_ms: 1000 })).toBeNull();
    expect(tokensPerSecond({ output_tokens: 80, latency_ms: 0 })).toBeNull();
    expect(tokensPerSecond({ output_tokens: 80, latency_ms: 200, time_to_first_token_ms: 200 })).toBeNull();
    expect(tokensPerSecond({ output_tokens: 80, latency_ms: 200, time_to_first_token_ms: 300 })).toBeNull();
    expect(tokensPerSecond({ latency_ms: 200 })).toBeNull();
    // Two tokens in a second and a half are overhead, not a slow model.
    expect(tokensPerSecond({ output_tokens: 2, latency_ms: 1500 })).toBeNull();
  });
});
