import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../ingest/redact/policy.ts';
import { chatLineOf } from './chat-line.ts';
import { createDuplicates } from './duplicates.ts';
import { exportRecords } from './export.ts';
import { parseSplit, partOf } from './split.ts';

const BASE = { project: 'p', model: 'm', timestamp: '2026-11-01T00:00:00.000Z' };

describe('a line in chat form', () => {
  it('has system, user and assistant, and the tool calls', () => {
    expect(chatLineOf({ ...BASE, system: 's', prompt: 'q', response: 'a' })).toEqual({
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'q' },
        { role: 'assistant', content: 'a' },
      ],
    });
    const messages = [
      { role: 'system', content: 'own' },
      { role: 'human', content: 'q' },
    ];
    expect(chatLineOf({ ...BASE, system: 's', messages, tool_calls: [{ id: 'c' }] })).toEqual({
      messages: [
        { role: 'system', content: 'own' },
        { role: 'user', content: 'q' },
        { role: 'assistant', content: null, tool_calls: [{ id: 'c' }] },
      ],
    });
  });

  it.each([
    ['error', { prompt: 'q', response: 'a', status: 'error' as const }],
    ['no_prompt', { response: 'a' }],
    ['no_answer', { prompt: 'q', response: ' ' }],
  ])('is not made: %s', (leftOut, record) => {
    expect(chatLineOf({ ...BASE, ...record })).toEqual({ leftOut });
  });
});

it('duplicates are exact whatever their case and spaces, near with a word changed in many, and else new', () => {
  const words = Array.from({ length: 120 }, (_, index) => `word${(index * 7919) % 1000}`);
  const { kindOf } = createDuplicates();
  expect(kindOf(words.join(' '))).toBe('new');
  expect(kindOf(words.join('\n ').toUpperCase())).toBe('exact');
  expect(kindOf([...words.slice(0, 119), 'other'].join(' '))).toBe('near');
  expect(kindOf(words.toReversed().join(' '))).toBe('new');
  expect(kindOf('short')).toBe('new');
  expect(kindOf('other')).toBe('new');
});

it('signs around a text say nothing, those in it do', () => {
  const { kindOf } = createDuplicates();
  expect(['What is it?', '"what is it!"', 'a + b', 'a - b', '!!!', '???', '!!!'].map(kindOf)).toEqual([
    ...['new', 'exact', 'new', 'new', 'new', 'new', 'exact'],
  ]);
});

it('duplicates are found among a hundred thousand, in less than 700 bytes a text', () => {
  const { kindOf } = createDuplicates();
  const textOf = (index: number) =>
    Array.from({ length: 12 }, (_, word) => `w${(index * 31 + word * word * 7919) % 99_991}`).join(' ');
  const before = process.memoryUsage().arrayBuffers;
  const kinds = Array.from({ length: 100_000 }, (_, index) => kindOf(textOf(index)));
  expect(kinds.filter((kind) => kind !== 'new').length).toBeLessThan(50);
  expect([0, 7, 50_000, 99_989].map((index) => kindOf(textOf(index)))).toEqual(Array(4).fill('exact'));
  expect([3, 70_000].map((index) => kindOf(`${textOf(index)} ${textOf(index).slice(0, 3)}`))).toEqual([
    'near',
    'near',
  ]);
  expect((process.memoryUsage().arrayBuffers - before) / 1e5).toBeLessThan(700);
});

it('a split holds its shares, and refuses those that do not add up', () => {
  const parts = parseSplit('train=0.9,validation=0.1');
  const names = Array.from({ length: 5_000 }, (_, index) => partOf(`s${index}`, parts));
  expect(names.filter((name) => name === 'validation').length).toBeGreaterThan(400);
  expect(names.filter((name) => name === 'validation').length).toBeLessThan(600);
  for (const text of ['train=0.5', 'a=0.5,a=0.5', '../x=1', ''])
    expect(() => parseSplit(text)).toThrow(/add up to 1/);
});

describe('an export', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plumbline-export-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function* records() {
    for (let index = 0; index < 300; index++)
      yield {
        flags: index % 10 === 0 ? ['refusal'] : [],
        record: {
          ...BASE,
          id: `r${index}`,
          session: `s${Math.floor(index / 3)}`,
          prompt: `session ${Math.floor(index / 3)}, turn ${index}: mail ann@example.com`,
          response: `answer ${index}`,
        },
      };
  }
  const run = (name: string, hasFlags = false) =>
    exportRecords(records(), {
      hasFlags,
      folder: join(folder, name),
      parts: parseSplit('train=0.7,validation=0.3'),
      redaction: { ...DEFAULT_POLICY, key: 'k' },
      onProgress: () => {},
    });

  it('keeps a session in one part, redacts, and is the same every time', async () => {
    const summary = await run('one');
    const texts = await Promise.all(
      ['train', 'validation'].map((part) => readFile(join(folder, 'one', `${part}.jsonl`), 'utf8')),
    );
    expect(summary.read).toBe(300);
    expect(Object.values(summary.written).reduce((a, b) => a + b, 0)).toBe(300);
    expect(texts.join('')).not.toContain('ann@example.com');
    const sessions = texts.map((text) => new Set(text.match(/session \d+/g)));
    expect([...(sessions[0] ?? [])].filter((name) => sessions[1]?.has(name))).toEqual([]);
    await run('two');
    expect(await readFile(join(folder, 'two', 'train.jsonl'), 'utf8')).toBe(texts[0]);
  });

  it('says beside each line which inference it is and why it was flagged', async () => {
    const summary = await run('flagged', true);
    expect(summary.flags).toEqual({ refusal: 30 });
    for (const part of ['train', 'validation']) {
      const [lines, flags] = await Promise.all(
        [part, `${part}.flags`].map(async (name) =>
          (await readFile(join(folder, 'flagged', `${name}.jsonl`), 'utf8')).trim().split('\n'),
        ),
      );
      expect(flags?.length).toBe(summary.written[part]);
      for (const [place, text] of (flags ?? []).entries()) {
        const turn = Number(JSON.parse(text).id.slice(1));
        expect(lines?.[place]).toContain(`turn ${turn}:`);
        expect(JSON.parse(text).flags).toEqual(turn % 10 === 0 ? ['refusal'] : []);
      }
    }
  });
});
