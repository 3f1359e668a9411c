import { describe, expect, it } from 'vitest';
import { costMicroUsd } from './cost.ts';
import { createPriceFinder, loadPrices, parsePrices } from './prices.ts';

const TABLE = {
  as_of: '2025-01-01',
  currency: 'USD',
  per_tokens: 1_000_000,
  models: {
    'gpt-4': { input: 30, output: 60 },
    'gpt-4o': { input: 2.5, output: 10, cached: 1.25 },
    'gpt-4o-mini': { input: 0.15, output: 0.6 },
    'gpt-4-turbo': { input: 10, output: 30 },
    'claude-3-haiku': { input: 0.25, output: 1.25 },
    'gemini-1.5-pro': { input: 1.25, output: 5 },
    'llama-3.1-70b': { input: 0.88, output: 0.88 },
    embed: { input: 0.1, output: 0 },
  },
};
const find = createPriceFinder(parsePrices(TABLE));
const prices = TABLE.models;

describe('createPriceFinder', () => {
  it.each([
    ['gpt-4', undefined, prices['gpt-4']],
    ['gpt-4', '0613', prices['gpt-4']],
    ['gpt-4-0613', undefined, prices['gpt-4']],
    ['gpt-4', 'turbo-2024-04-09', prices['gpt-4-turbo']],
    ['GPT-4o-2024-08-06', undefined, prices['gpt-4o']],
    ['openai/gpt-4o-mini', undefined, prices['gpt-4o-mini']],
    ['us.anthropic.claude-3-haiku-20240307-v1:0', undefined, prices['claude-3-haiku']],
    ['models/gemini-1.5-pro-002', undefined, prices['gemini-1.5-pro']],
    ['meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo', undefined, prices['llama-3.1-70b']],
    ['meta.llama3-1-70b-instruct-v1:0', undefined, prices['llama-3.1-70b']],
    ['gpt-4.1', undefined, undefined],
    ['gpt-4x', undefined, undefined],
    ['gpt', undefined, undefined],
    ['my-own', '7', undefined],
  ])('%s %s', (model, version, expected) => {
    expect(find(model, version)).toEqual(expected);
  });
});

describe('costMicroUsd', () => {
  it('takes what was sent before what the table says', () => {
    expect(costMicroUsd({ cost_usd: 0.0021, input_tokens: 1, output_tokens: 1 }, prices['gpt-4'])).toBe(2100);
    expect(costMicroUsd({ cost_usd: 0, input_tokens: 1, output_tokens: 1 }, prices['gpt-4'])).toBe(0);
  });

  it('charges cached tokens once, at their own price', () => {
    const call = { input_tokens: 1000, output_tokens: 100, cached_tokens: 400 };
    expect(costMicroUsd(call, prices['gpt-4o'])).toBe(600 * 2.5 + 400 * 1.25 + 100 * 10);
    expect(costMicroUsd({ ...call, cached_tokens: 5000 }, prices['gpt-4o'])).toBe(1000 * 1.25 + 100 * 10);
  });

  it('is null, not 0, when it cannot know', () => {
    expect(costMicroUsd({ input_tokens: 1, output_tokens: 1 }, undefined)).toBeNull();
    expect(costMicroUsd({ output_tokens: 1 }, prices['gpt-4'])).toBeNull();
    expect(costMicroUsd({ input_tokens: 1 }, prices['gpt-4'])).toBeNull();
    expect(costMicroUsd({ input_tokens: 1000 }, prices.embed)).toBe(100);
  });
});

describe('the price table', () => {
  it('that is shipped is valid and has a price for the models people use', () => {
    const shipped = createPriceFinder(loadPrices());
    expect(shipped('gpt-4', '0314')).toMatchObject({ input: 30, output: 60 });
    expect(shipped('gpt-3.5-turbo', '0613')).toMatchObject({ input: 1.5, output: 2 });
    expect(shipped('gpt-4o-mini')).toMatchObject({ input: 0.15 });
    expect(shipped('o3-mini')).toMatchObject({ input: 1.1 });
    expect(shipped('claude-sonnet-4-20250514')).toMatchObject({ input: 3 });
    expect(shipped('meta-llama/Llama-2-70b-chat-hf')).toMatchObject({ input: 0.9 });
  });

  it('says which entry is wrong', () => {
    expect(() => parsePrices({ ...TABLE, models: { 'gpt-4': { input: -1, output: 60 } } })).toThrow(
      /models\.gpt-4\.input/,
    );
    expect(() => parsePrices({ ...TABLE, models: { a: { input: 1, output: 2, ouput: 3 } } })).toThrow(
      /ouput/,
    );
    expect(() => parsePrices({ ...TABLE, currency: 'EUR' })).toThrow(/currency/);
    expect(() => loadPrices('/nowhere/prices.json')).toThrow(/\/nowhere\/prices\.json/);
  });
});
