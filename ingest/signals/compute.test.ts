import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Inference } from '../../core/inference.ts';
import { packageRoot } from '../../core/package-root.ts';
import { SIGNALS } from '../../core/signals.ts';
import { createSignals } from './compute.ts';
import { loadPrices } from './prices.ts';

const prices = loadPrices();
const signals = createSignals({ enabled: 'all', prices });
const call = (fields: Partial<Inference>): Inference => ({
  timestamp: '2026-11-22T10:00:00Z',
  model: 'gpt-4',
  version: '0613',
  ...fields,
});
const NAMES = ['error', ...SIGNALS.filter(({ source }) => source === 'text').map(({ name }) => name)].sort();

describe('createSignals', () => {
  it('yields a column for each text signal of the list, and `error`', () => {
    expect(Object.keys(signals(call({}))).sort()).toEqual(NAMES);
  });

  it('has each column in docs/signals.md', () => {
    const docs = readFileSync(join(packageRoot, 'docs/signals.md'), 'utf8');
    expect([...docs.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name).sort()).toEqual(NAMES);
  });

  it('reads an inference as a whole', () => {
    const result = signals(
      call({
        prompt: 'How can I reset my password? My address is jane@example.com.',
        response:
          'It is perhaps easiest to choose "Forgot password". You will get an e-mail soon. Good luck!',
        finish_reason: 'stop',
        latency_ms: 1000,
        time_to_first_token_ms: 200,
        input_tokens: 20,
        output_tokens: 40,
      }),
    );
    expect(result).toMatchObject({
      error: 0,
      tokens_per_second: 50,
      cost_micro_usd: 20 * 30 + 40 * 60,
      prompt_characters: 60,
      prompt_pii: 1,
      prompt_language: 'en',
      response_characters: 90,
      response_words: 17,
      response_sentences: 3,
      refusal: 0,
      partial_refusal: 0,
      empty: 0,
      truncated: 0,
      repetition: 0,
      json_like: 0,
      json_valid: null,
      code_fences: 0,
      toxicity: 0,
      pii: 0,
      language: 'en',
      language_mismatch: 0,
    });
    expect(result.hedging).toBeCloseTo(100 / 17, 6);
    expect(result.tone).toBeGreaterThan(0);
  });

  it('says null, not 0, for content that was not sent', () => {
    const { error, cost_micro_usd, ...rest } = signals(call({ input_tokens: 10, output_tokens: 5 }));
    expect([error, cost_micro_usd]).toEqual([0, 600]);
    for (const [name, value] of Object.entries(rest)) expect([name, value]).toEqual([name, null]);
  });

  it('says empty = 1 for an empty response, and nothing of its style', () => {
    expect(signals(call({ response: '' }))).toMatchObject({
      empty: 1,
      response_characters: 0,
      response_words: 0,
      refusal: 0,
      repetition: null,
      compressibility: null,
      readability: null,
      hedging: null,
      tone: null,
      language: null,
    });
    expect(signals(call({ response: '', tool_calls: [{}] })).empty).toBe(0);
  });

  it('gives a failed call no response signals, but its prompt and cost', () => {
    const result = signals(
      call({
        status: 'error',
        prompt: 'Is 7 prime?',
        response: "I'm sorry, I can't",
        finish_reason: 'length',
        cost_usd: 0.001,
      }),
    );
    expect(result).toMatchObject({ error: 1, prompt_characters: 11, cost_micro_usd: 1000 });
    for (const name of ['refusal', 'empty', 'truncated', 'response_words', 'toxicity', 'language'] as const) {
      expect(result[name]).toBeNull();
    }
  });

  it('tells the kinds of refusal apart, and the languages of the two sides', () => {
    expect(signals(call({ response: "I'm sorry, but I can't help with that." }))).toMatchObject({
      refusal: 1,
      partial_refusal: 0,
    });
    const messages = [
      { role: 'user', content: 'Wie kann ich mein Passwort zurücksetzen, wenn ich es vergessen habe?' },
    ];
    const response = 'You can reset the password on the page where you sign in to your account.';
    expect(signals(call({ messages, response }))).toMatchObject({
      prompt_language: 'de',
      language: 'en',
      language_mismatch: 1,
    });
  });

  it('counts code blocks, an open one too, not the marks', () => {
    expect(signals(call({ response: 'Run this:\n```sh\nls\n```\nDone.' })).code_fences).toBe(1);
    expect(signals(call({ response: 'One:\n```\na\n```\nTwo:\n```\nb' })).code_fences).toBe(2);
  });

  it('leaves English signals null for other languages: "die" has no tone in German', () => {
    const response =
      'Die Katze und die Maus sind die besten Freunde, und sie spielen mit dem Ball in der Sonne.';
    expect(signals(call({ response }))).toMatchObject({
      language: 'de',
      tone: null,
      hedging: null,
      readability: null,
    });
  });

  it('computes what is enabled and nothing else', () => {
    const some = createSignals({ enabled: ['language_mismatch', 'pii', 'empty'], prices });
    const inference = call({
      prompt: 'What is the answer to all of this?',
      response: 'Es ist die Antwort auf alles, was ist.',
      cost_usd: 1,
    });
    const result = some(inference);
    expect(result).toMatchObject({ error: 0, language_mismatch: 1, pii: 0, empty: 0 });
    expect(Object.values(result).filter((value) => value !== null)).toHaveLength(4);
    expect(
      Object.values(createSignals({ enabled: 'none', prices })(inference)).filter((value) => value !== null),
    ).toEqual([0]);
  });

  it('refuses a name that it does not know', () => {
    expect(() => createSignals({ enabled: ['refusals'], prices })).toThrow(
      /no signal named refusals; there are .*refusal/,
    );
  });

  it('keeps every signal in its range, for any text on either side', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.lorem({ mode: 'sentences', maxCount: 10 }),
      fc.string({
        unit: fc.constantFrom(
          'I ',
          'cannot ',
          'sorry ',
          '```',
          '{',
          '"',
          '1',
          '.',
          '@',
          ':',
          '\n',
          '好',
          'e',
        ),
        maxLength: 60,
      }),
    );
    fc.assert(
      fc.property(text, text, fc.constantFrom('stop', 'length', ''), (prompt, response, finish_reason) => {
        const result = signals(call({ prompt, response, finish_reason }));
        for (const [name, value] of Object.entries(result)) expect(isInRange(name, value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('does the same whatever came before', () => {
    const inference = call({
      prompt: 'Tell me a joke, please.',
      response: 'Why did the chicken cross the road?',
    });
    const first = signals(inference);
    signals(
      call({
        prompt: 'x'.repeat(300_000),
        response: "You idiot! I can't 4111 1111 1111 1111. ".repeat(9000),
      }),
    );
    expect(signals(inference)).toEqual(first);
  });

  it('is linear and bounded on 10 MB of hostile text', () => {
    for (const unit of ['a', ' ', 'a ', '\ud83d', '1', '@', '好', '{"a":', '- I cannot help. ', '```\n']) {
      const text = unit.repeat(Math.ceil(10_000_000 / unit.length));
      const start = performance.now();
      signals(call({ prompt: text, response: text }));
      expect([unit, performance.now() - start < 3_000]).toEqual([unit, true]);
    }
  });
});

const FLAGS = new Set(SIGNALS.filter(({ kind }) => kind === 'rate').map(({ name }) => name));
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  repetition: [0, 1],
  compressibility: [0, 1 - 1e-9],
  readability: [-100, 121.22],
  hedging: [0, 100],
  tone: [-1, 1],
};

function isInRange(name: string, value: number | string | null): boolean {
  if (value === null) return true;
  if (typeof value === 'string') return /^[a-z]{2,3}$/.test(value);
  if (FLAGS.has(name)) return value === 0 || value === 1;
  const [least, most] = RANGES[name] ?? [0, Number.MAX_SAFE_INTEGER];
  return value >= least && value <= most && (name in RANGES || Number.isInteger(value));
}
