import { describe, expect, it } from 'vitest';
import type { Inference } from '../../core/inference.ts';
import { createFormatCheck } from './format-check.ts';

const call = (response: string | undefined, rest: Partial<Inference> = {}): Inference => ({
  timestamp: '2026-11-22T10:00:00Z',
  model: 'gpt-4',
  ...(response === undefined ? {} : { response }),
  ...rest,
});
const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, kind: { enum: ['a', 'b'] } },
  required: ['name'],
  additionalProperties: false,
};
const NONE = { format_valid: null, format_fault: null };
const VALID = { format_valid: 1, format_fault: 'none' };

describe('createFormatCheck', () => {
  const check = createFormatCheck([
    { match: { prompt_name: 'extract' }, schema: SCHEMA },
    { match: { project: 'shop', attributes: { task: 'label*' } }, one_of: ['yes', 'no'] },
    { match: { model: 'gpt-4', prompt_name: 'sku' }, pattern: '[A-Z]{2}-\\d{4}|none' },
  ]);
  const extract = (response: string) => check(call(response, { prompt_name: 'extract' }));

  it.each([
    ['as it is', '{"name":"x"}'],
    ['with white space', '\n {"name":"x","kind":"a"} \n'],
    ['in a fence', '```json\n{"name":"x"}\n```'],
    ['in a fence without a name', '```\n{"name":"x"}\n```\n'],
  ])('accepts JSON %s', (_, response) => {
    expect(extract(response)).toEqual(VALID);
  });

  it.each([
    ['words', 'Here you are: {"name":"x"}', 'not_json'],
    ['nothing', '', 'not_json'],
    ['half of it', '{"name":', 'not_json'],
    ['a list', '[]', 'type'],
    ['what lacks a property', '{}', 'required'],
    ['a value that is not listed', '{"name":"x","kind":"c"}', 'enum'],
    ['more than was asked for', '{"name":"x","more":1}', 'additionalProperties'],
    ['a number for a text', '{"name":1}', 'type'],
  ])('says what is wrong with %s', (_, response, fault) => {
    expect(extract(response)).toEqual({ format_valid: 0, format_fault: fault });
  });

  it('chooses by project, attribute, prompt and model, and knows nothing of the rest', () => {
    const shop = { project: 'shop', attributes: { task: 'labelling' } };
    expect(check(call('yes', shop))).toEqual(VALID);
    expect(check(call('Yes', shop))).toEqual({ format_valid: 0, format_fault: 'not_listed' });
    expect(check(call('yes', { attributes: shop.attributes }))).toEqual(NONE);
    expect(check(call('AB-1234', { prompt_name: 'sku' }))).toEqual(VALID);
    expect(check(call('AB-12345', { prompt_name: 'sku' }))).toEqual({
      format_valid: 0,
      format_fault: 'pattern',
    });
    expect(check(call('nonesuch', { prompt_name: 'sku' })).format_valid).toBe(0);
    expect(check(call('AB-1234', { prompt_name: 'sku', model: 'other' }))).toEqual(NONE);
  });

  it('is null of a failed call, of absent text, of a tool call without text', () => {
    const extracting = { prompt_name: 'extract' } as const;
    expect(check(call('{}', { ...extracting, status: 'error' }))).toEqual(NONE);
    expect(check(call(undefined, extracting))).toEqual(NONE);
    expect(check(call('', { ...extracting, tool_calls: [{ name: 't', input: {} }] }))).toEqual(NONE);
  });

  it('gives up what takes too long, and after the third time asks no more', () => {
    // What formats-file.ts would refuse: it is the second line of defence.
    const slow = createFormatCheck([{ match: {}, pattern: '(a+)+b' }]);
    const hostile = 'a'.repeat(40);
    expect([1, 2, 3].map(() => slow(call(hostile)).format_valid)).toEqual([null, null, null]);
    expect(slow(call('aab'))).toEqual(NONE);
  });

  it('gives up a schema that branches at every level, and one that never ends', () => {
    const branch = { properties: { a: { $ref: '#' } }, required: ['a'] };
    const exponential = createFormatCheck([{ match: {}, schema: { anyOf: [branch, { ...branch }] } }]);
    const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
    expect(exponential(call(deep.replace('1', '{}')))).toEqual(NONE);
    const endless = createFormatCheck([{ match: {}, schema: { $ref: '#' } }]);
    expect(endless(call('1'))).toEqual(NONE);
  });

  it('survives deep and long responses', () => {
    const nested = createFormatCheck([{ match: {}, schema: { type: 'array', items: { $ref: '#' } } }]);
    const depth = 100_000;
    expect(nested(call(`${'['.repeat(depth)}${']'.repeat(depth)}`))).toEqual(NONE);
    expect(nested(call(`[${'[],'.repeat(1 << 20)}[]]`))).toEqual(NONE);
    expect(nested(call('['.repeat(1 << 17)))).toEqual({ format_valid: 0, format_fault: 'not_json' });
  });
});
