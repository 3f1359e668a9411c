import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkInference, checkScore, TIMESTAMP_MIN_MS } from './inference-check.ts';
import { INFERENCE_SCHEMA, inferenceJsonSchema } from './inference-schema.ts';
import { packageRoot } from './package-root.ts';

const BOUNDS = { minMs: TIMESTAMP_MIN_MS, maxMs: Date.parse('2026-11-23T00:00:00Z') };
const GOOD = { timestamp: '2026-11-22T10:00:00.123Z', model: 'gpt-4' };
const check = (value: unknown) => checkInference(value, BOUNDS);
const faultOf = (fields: object) => {
  const checked = check({ ...GOOD, ...fields });
  return checked.ok ? null : `${checked.fault.field}: ${checked.fault.reason}`;
};
const many = (count: number, make: (index: number) => unknown = String) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, make(index)]));

describe('a record', () => {
  it('passes as it was sent when every field is as it should be', () => {
    const record = {
      ...GOOD,
      id: 'a',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
      tool_calls: [{ any: ['thing'] }],
      status: 'error',
      latency_ms: 0,
      input_tokens: Number.MAX_SAFE_INTEGER,
      accelerator_utilization: 1,
      attributes: { region: '' },
      scores: { thumbs: -1 },
      context: [],
    };
    const checked = check(record);
    expect(checked).toMatchObject({ ok: true, isAsSent: true, timestampMs: Date.parse(GOOD.timestamp) });
    expect(checked.ok && checked.record).toBe(record);
  });

  it('loses its nulls, and gets numbers in attributes as text', () => {
    const checked = check({ ...GOOD, user: null, attributes: { retries: 3, beta: true, tier: null } });
    expect(checked).toMatchObject({ ok: true, isAsSent: false });
    expect(checked.ok && checked.record).toEqual({ ...GOOD, attributes: { retries: '3', beta: 'true' } });
  });

  it('gets a timestamp that every parser takes', () => {
    const checked = check({ ...GOOD, timestamp: '2026-11-22 12:00:00+02:00' });
    expect(checked).toMatchObject({ isAsSent: false, record: { timestamp: '2026-11-22T10:00:00.000Z' } });
  });

  it.each<[unknown, string]>([
    [null, 'null'],
    [[], 'an array'],
    ['x', 'a string'],
    [1, 'a number'],
  ])('%j is refused', (value, got) => {
    expect(check(value)).toEqual({
      ok: false,
      fault: { field: '', reason: `expected a JSON object, got ${got}` },
    });
  });

  it.each<[object, string]>([
    [{ model: undefined }, 'model: expected a string of 1 to 200 characters, got nothing'],
    [{ model: null }, 'model: expected a string of 1 to 200 characters, got nothing: the field is required'],
    [{ model: '' }, 'model: expected a string of 1 to 200 characters, got an empty string'],
    [
      { model: 'a\nb' },
      'model: expected a string of 1 to 200 characters, got a string with control characters',
    ],
    [{ id: 'x'.repeat(257) }, 'id: expected a string of 1 to 256 characters, got a string of 257 characters'],
    [{ user: 7 }, 'user: expected a string of at most 200 characters, got a number'],
    [{ status: 'fine' }, 'status: expected "ok" or "error", got another string'],
    [{ latency_ms: '812' }, 'latency_ms: expected a number from 0 to 10000000000, got a string'],
    [{ latency_ms: -1 }, 'latency_ms: expected a number from 0 to 10000000000, got a number below 0'],
    [
      { latency_ms: Number.POSITIVE_INFINITY },
      'latency_ms: expected a number from 0 to 10000000000, got a number that no double holds',
    ],
    [
      { input_tokens: 1.5 },
      'input_tokens: expected an integer from 0 to 9007199254740991, got a number with a fraction',
    ],
    [
      { input_tokens: 2 ** 54 },
      'input_tokens: expected an integer from 0 to 9007199254740991, got a number above 9007199254740991',
    ],
    [
      { accelerator_utilization: 83 },
      'accelerator_utilization: expected a number from 0 to 1, got a number above 1',
    ],
    [{ messages: 'hi' }, 'messages: expected an array of at most 10000 items, got a string'],
    [{ messages: [{}] }, 'messages[0].role: expected a string of 1 to 200 characters, got nothing'],
    [{ messages: [null] }, 'messages[0]: expected an object with a role, got null'],
    [{ context: ['a', 1] }, 'context[1]: expected a string, got a number'],
    [{ attributes: ['eu'] }, 'attributes: expected an object of at most 64 entries, got an array'],
    [{ attributes: many(65) }, 'attributes: expected an object of at most 64 entries, got 65 entries'],
    [{ attributes: { a: {} } }, 'attributes.a: expected a string of at most 1000 characters, got an object'],
    [{ attributes: { '': 'x' } }, 'attributes.: expected a name of 1 to 200 characters, got 0'],
    [{ scores: { correct: '1' } }, 'scores.correct: expected a finite number, got a string'],
    [
      { scores: { correct: Number.POSITIVE_INFINITY } },
      'scores.correct: expected a finite number, got a number that no double holds',
    ],
    [{ prompt: 'a', messages: [] }, 'messages: expected prompt or messages, got both'],
    [{ latencyMs: 4 }, 'latencyMs: unknown field; did you mean "latency_ms"? put extras in "attributes"'],
    [{ respones: 'x' }, 'respones: unknown field; did you mean "response"? put extras in "attributes"'],
    [{ region: 'eu' }, 'region: unknown field; put extras in "attributes"'],
    [JSON.parse('{"__proto__": {"model": "x"}}'), '__proto__: unknown field; put extras in "attributes"'],
    [{ constructor: 'x' }, 'constructor: unknown field; put extras in "attributes"'],
  ])('%j: %s', (fields, fault) => {
    expect(faultOf(fields)).toContain(fault);
  });

  it('is refused for a date that nobody can mean, and says what would do', () => {
    for (const timestamp of [
      '1999-12-31T23:59:59Z',
      '9999-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
      'yesterday',
    ])
      expect(faultOf({ timestamp })).toMatch(/^timestamp: expected .*2/);
    expect(faultOf({ timestamp: '2026-11-23T00:00:00.000Z' })).toBeNull();
    expect(faultOf({ timestamp: '2026-11-23T00:00:00.001Z' })).toContain('is a clock wrong?');
  });

  it('never has its contents repeated', () => {
    const secret = 'sk-secret';
    const places = [
      { status: secret },
      { timestamp: secret },
      { attributes: { a: [secret] } },
      { id: secret.repeat(40) },
    ];
    for (const fields of places) expect(faultOf(fields)).not.toContain(secret);
  });
});

describe('a score', () => {
  it('needs no timestamp', () => {
    expect(checkScore({ inference_id: 'a', name: 'correct', value: 1 }, BOUNDS)).toMatchObject({ ok: true });
  });
  it('has a finite value', () => {
    expect(checkScore({ inference_id: 'a', name: 'correct', value: true }, BOUNDS)).toMatchObject({
      fault: { field: 'value', reason: 'expected a number that is finite, got a boolean' },
    });
  });
});

describe('the published schema', () => {
  const published: unknown = JSON.parse(
    readFileSync(join(packageRoot, 'docs/inference.schema.json'), 'utf8'),
  );

  it('is the one that records are checked by (npm run build && node test/support/write-schema.mjs)', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(inferenceJsonSchema())));
  });

  it('refuses an empty name in a map, with a null too', () => {
    const record = { timestamp: '2026-11-22T10:00:00.123Z', model: 'm', attributes: { '': null } };
    expect(checkInference(record, { minMs: 0, maxMs: Number.MAX_SAFE_INTEGER }).ok).toBe(false);
  });

  it('says the same as the check, by an independent validator', () => {
    const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(inferenceJsonSchema());
    const scalar = fc.oneof(
      fc.constantFrom(
        null,
        true,
        '',
        'ok',
        'a\u0001',
        0,
        -1,
        1.5,
        2 ** 53,
        1e300,
        'x'.repeat(201),
        'x'.repeat(1001),
      ),
      fc.string(),
    );
    const value = fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 3 }), scalar, { maxKeys: 3 }),
      fc.array(fc.record({ role: scalar, content: scalar }, { requiredKeys: [] }), { maxLength: 2 }),
    );
    const names = Object.keys(INFERENCE_SCHEMA.properties).filter((name) => name !== 'timestamp');
    const fields = fc.dictionary(fc.constantFrom(...names, 'unknown'), value, { maxKeys: 6 });
    void fc.assert(
      fc.property(fields, (some) => {
        const record = { ...GOOD, ...some };
        const checked = check(record);
        expect(isValid(record), JSON.stringify([record, checked, isValid.errors])).toBe(checked.ok);
      }),
      { numRuns: 3000 },
    );
  });
});
