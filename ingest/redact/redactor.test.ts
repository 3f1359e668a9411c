import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Inference } from '../../core/inference.ts';
import { piiCount } from '../signals/pii.ts';
import { createFindOwn } from './own-pattern.ts';
import { type Actions, DEFAULT_POLICY, type RedactionSetup } from './policy.ts';
import { createRedactor } from './redactor.ts';

const KEY = 'a key of the tests';
const still = (): number => 0;
const redactorOf = (setup: Partial<RedactionSetup> = {}) =>
  createRedactor({ ...DEFAULT_POLICY, key: KEY, ...setup }, still);
const BASE = { timestamp: '2026-11-22T10:00:00Z', model: 'm' };
const redact = (fields: Partial<Inference>, setup: Partial<RedactionSetup> = {}, project = 'default') =>
  redactorOf(setup).inference({ ...BASE, ...fields }, project);
const response = (text: string, actions: Actions = {}) => redact({ response: text }, { actions }).response;

describe('an inference', () => {
  it('is the same object when nothing is found', () => {
    const record: Inference = {
      ...BASE,
      prompt: 'What is 2 + 2?',
      response: 'Four, as of version 1.2.3.4.',
      user: 'u-1',
      attributes: { region: 'eu' },
      context: ['a passage'],
      tool_calls: [{ function: { arguments: '{"a":1,"b":"x\\n"}' } }],
    };
    expect(redactorOf().inference(record, 'default')).toBe(record);
  });

  it('has every text masked, and nothing else changed', () => {
    const mail = 'jane@example.com';
    const record = {
      ...BASE,
      id: mail,
      trace_id: mail,
      span_id: mail,
      version: '203.0.113.9',
      model: mail,
      latency_ms: 4155550134,
      system: mail,
      response: mail,
      error_type: mail,
      prompt_name: mail,
      finish_reason: mail,
      environment: mail,
      context: ['ok', mail],
      attributes: { who: mail },
      groups: { who: mail },
      messages: [{ role: 'user', content: [{ type: 'text', text: mail }], name: mail }],
      tool_calls: [{ nested: [{ deep: mail, number: 4111111111111111 }] }],
    };
    const masked = '[email:masked]';
    expect(redactorOf().inference(record, 'default')).toEqual({
      ...record,
      system: masked,
      response: masked,
      error_type: masked,
      prompt_name: masked,
      finish_reason: masked,
      environment: masked,
      context: ['ok', masked],
      attributes: { who: masked },
      groups: { who: masked },
      messages: [{ role: 'user', content: [{ type: 'text', text: masked }], name: masked }],
      tool_calls: [{ nested: [{ deep: masked, number: 4111111111111111 }] }],
    });
    expect(record.context).toEqual(['ok', mail]);
  });

  it('keeps users, sessions and names of fields apart by a hash', () => {
    const one = redact({ user: 'Jane@Example.com', session: 'call +1 415 555 0134' });
    const same = redact({ user: 'jane@example.com', session: 'call +1 (415) 555-0134' });
    const other = redact({ user: 'joe@example.com' });
    expect(one.user).toMatch(/^\[email:[b-t]{16}\]$/);
    expect([same.user, same.session]).toEqual([one.user, one.session]);
    expect(other.user).not.toBe(one.user);
    expect(redact({ user: 'jane@example.com' }, { key: 'another key of the tests' }).user).not.toBe(one.user);
    const { tool_calls: calls } = redact({ tool_calls: [{ 'jane@example.com': 1, 'joe@example.com': 2 }] });
    expect(Object.keys(calls?.[0] as object)).toEqual([one.user, other.user]);
  });

  it('stays within the bounds of its fields', () => {
    const long = `${'a@b.co '.repeat(28)}a`;
    expect(redact({ user: long }).user).toBe('[email:dropped]');
    const value = 'a@b.co '.repeat(140);
    expect(redact({ attributes: { x: value } }).attributes).toEqual({ x: '[email:dropped]' });
    expect(redact({ response: value }).response).toHaveLength(140 * 15);
  });
});

describe('actions', () => {
  const TEXT = 'Mail jane@example.com or call 415-555-0134.';
  it.each<[string, Actions, string]>([
    ['mask, unless said', {}, 'Mail [email:masked] or call [phone:masked].'],
    ['keep', { email: 'keep' }, 'Mail jane@example.com or call [phone:masked].'],
    ['keep all', { email: 'keep', phone: 'keep' }, TEXT],
    ['drop takes the text', { phone: 'drop' }, '[phone:dropped]'],
  ])('%s', (_, actions, expected) => {
    expect(response(TEXT, actions)).toBe(expected);
  });

  it('hash: the same for the same value, with no digit that could be found again', () => {
    const [, first, second] =
      /^(\[card:[b-t]{16}\]) (\[card:[b-t]{16}\])$/.exec(
        String(response('4111111111111111 4111-1111-1111-1111', { card: 'hash' })),
      ) ?? [];
    expect(first).toBeDefined();
    expect(second).toBe(first);
  });

  it('are those of the project, then those of all', () => {
    const setup = { actions: { email: 'hash' }, projects: { support: { email: 'keep' } } } as const;
    expect(redact({ response: TEXT }, setup, 'support').response).toContain('jane@example.com');
    for (const project of ['other', '__proto__', 'constructor'])
      expect(redact({ response: TEXT }, setup, project).response).toMatch(/\[email:[b-t]{16}\]/);
  });
});

describe('JSON in a text', () => {
  const argumentsOf = (text: string): string => {
    const [call] = redact({ tool_calls: [{ arguments: text }] }).tool_calls ?? [];
    return (call as { arguments: string }).arguments;
  };

  it.each([
    ['a number', '{"card":4111111111111111, "x": 1.50}', { card: '[card:masked]', x: 1.5 }],
    ['behind an escape', String.raw`{"t":"hi\njane@example.com"}`, { t: 'hi\n[email:masked]' }],
    ['an escaped sign', String.raw`{"t":"call \u002b14155550134"}`, { t: 'call [phone:masked]' }],
    [
      'JSON in it',
      JSON.stringify({ a: JSON.stringify({ b: 'x\njane@example.com' }) }),
      { a: '{"b":"x\\n[email:masked]"}' },
    ],
  ])('stays JSON: %s', (_, text, expected) => {
    expect(JSON.parse(argumentsOf(text))).toEqual(expected);
  });

  it('is left as it was spelt when nothing is found, and read as text when it nests too deep', () => {
    const spelt = String.raw`{ "a" : "\u0041\n", "n": 12345678901234567890 }`;
    expect(argumentsOf(spelt)).toBe(spelt);
    const deep = `${'['.repeat(100_000)}"\\n jane@example.com"${']'.repeat(100_000)}`;
    expect(argumentsOf(deep)).toBe(deep.replace('jane@example.com', '[email:masked]'));
  });
});

describe('done twice', () => {
  const pieces = fc.constantFrom(
    ...[
      'jane@example.com',
      '+1 415 555 0134',
      '4111111111111111',
      '415-555-0134',
      'DE89370400440532013000',
      '203.0.113.9',
    ],
    ...[
      '078-05-1120',
      '[email:masked]',
      '[',
      ']',
      '@',
      '1',
      ' ',
      '.',
      '-',
      '+',
      '(',
      '{"a":"',
      '"}',
      '\\n',
      'EMP-123456',
      'b.co',
      ':',
    ],
  );
  const action = fc.constantFrom('mask', 'hash', 'drop', 'keep');
  const patterns = [
    { name: 'employee', source: String.raw`EMP-\d{6}`, flags: '' },
    { name: 'everything', source: 'mask|@|[a-d]', flags: '' },
  ];

  it('changes nothing, and has the same number of findings', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 25 }),
        fc.record({ email: action, phone: action, card: action }),
        (parts, actions) => {
          const redactor = redactorOf({ actions, patterns });
          const text = parts.join('');
          const once = redactor.inference({ ...BASE, response: text, user: text.slice(0, 100) }, 'p');
          expect(redactor.inference(once, 'p')).toBe(once);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('counts what was there: masked and hashed values as before', () => {
    const text = 'jane@example.com, 415-555-0134, 4111111111111111, 203.0.113.9 and DE89370400440532013000';
    expect(piiCount(text)).toBe(5);
    for (const one of ['mask', 'hash', 'keep'] as const)
      expect(piiCount(String(response(text, { email: one, card: one, ip: 'keep' })))).toBe(5);
  });
});

describe('a score', () => {
  it('has its comment and source redacted, and its ids kept', () => {
    const score = {
      inference_id: 'jane@example.com',
      name: 'thumbs',
      value: 1,
      comment: 'from jane@example.com',
      source: 'jane@example.com',
    };
    expect(redactorOf().score(score, 'p')).toEqual({
      ...score,
      comment: 'from [email:masked]',
      source: '[email:masked]',
    });
  });
});

describe("patterns of one's own", () => {
  const EMPLOYEE = { name: 'employee', source: String.raw`\bemp-\d{6}`, flags: 'i' };

  it('are found beside the built-in kinds, and before them', () => {
    const setup = {
      patterns: [EMPLOYEE, { name: 'host', source: '@example[.]com', flags: '' }],
      actions: { employee: 'mask' },
    } as const;
    expect(redact({ response: 'EMP-123456 wrote to jane@example.com' }, setup).response).toBe(
      '[employee:masked] wrote to [host:masked]',
    );
  });

  it('do not touch placeholders, nor match nothing', () => {
    const find = createFindOwn([{ name: 'x', source: '[a-z]*', flags: '' }], still);
    expect(find('[email:masked] ab').map(({ start, end }) => [start, end])).toEqual([[15, 17]]);
  });

  it('stop a record on which they take too long, without its text', () => {
    let nowMs = 0;
    const redactor = createRedactor(
      { ...DEFAULT_POLICY, key: KEY, patterns: [EMPLOYEE] },
      () => (nowMs += 2_000),
    );
    const run = () => redactor.inference({ ...BASE, response: 'the text' }, 'p');
    expect(run).toThrow('the pattern "employee" took longer than 1000 ms');
    expect(run).not.toThrow('the text');
  });
});
