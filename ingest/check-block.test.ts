import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCheck, toCheckResult } from './check-block.ts';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const OPTIONS = {
  recordBytesMax: 10_000,
  rowsMax: 1000,
  rejectionsMax: 5,
  timestampAheadMaxMs: 86_400_000,
  destination: 'store',
  redaction: null,
} as const;
const check = createCheck(OPTIONS, ({ response }) => ({
  response_characters: response?.length ?? null,
  language: response === undefined ? null : 'en',
  broken: Number.NaN,
}));

function run(body: string | Buffer, kind: 'inference' | 'score' = 'inference') {
  const result = toCheckResult(check(Buffer.from(body), { kind, now: NOW }));
  const lines = Buffer.from(result.block.lines).toString('utf8').split('\n').slice(0, -1);
  return { ...result, lines, rows: lines.map((line) => JSON.parse(line)) };
}

const GOOD =
  '{"id":"a","timestamp":"2026-11-22T10:00:00.123Z","project":"p","model":"gpt-4","response":"yes"}';
const good = (fields: object = {}) =>
  JSON.stringify({ timestamp: '2026-11-22T10:00:00.123Z', model: 'gpt-4', response: 'yes', ...fields });
const COMPUTED = { received_at: NOW.toISOString(), response_characters: 3, language: 'en' };

describe('a good line', () => {
  it('goes on as it came, with what was computed behind it', () => {
    const { lines, block } = run(GOOD);
    expect(lines).toEqual([
      `${GOOD.slice(0, -1)},"received_at":"2026-11-22T12:00:00.000Z","bytes":${GOOD.length},"response_characters":3,"language":"en"}`,
    ]);
    expect(block).toMatchObject({ rows: 1, ids: ['a'], projects: ['p'] });
    expect([...(block.timestampsMs as Float64Array)]).toEqual([Date.parse('2026-11-22T10:00:00.123Z')]);
  });

  it('keeps its white space, but never a line break', () => {
    const { lines, rows } = run(
      '[{"timestamp": "2026-11-22T10:00:00.123Z",\r\n\t"model" : "m",\n"id":"a" }]',
    );
    expect(lines[0]).toContain('"timestamp": "2026-11-22T10:00:00.123Z",  \t"model" : "m", "id":"a"');
    expect(rows[0]).toMatchObject({ id: 'a', model: 'm' });
  });

  it('gets an id of its content and the default project', () => {
    const { rows, block } = run(good());
    expect(rows[0]).toMatchObject({ project: 'default', id: block.ids[0] });
    expect(block.ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const timeOfId = Number.parseInt(String(block.ids[0]).replaceAll('-', '').slice(0, 12), 16);
    expect(timeOfId).toBe(Date.parse('2026-11-22T10:00:00.123Z'));
  });

  it('has the same id when it is sent again, in whatever spelling', () => {
    const spellings = [
      good({ attributes: { a: '1', b: '2' } }),
      `  ${good({ attributes: { b: '2', a: '1' }, user: null })}  `,
      '{ "response" : "\\u0079es", "attributes":{"b":"2","a":"1"}, "project":"default", "model":"gpt-4", "timestamp":"2026-11-22T10:00:00.123Z" }',
    ];
    expect(new Set(run(spellings.join('\n')).block.ids).size).toBe(1);
    const others = [
      good(),
      good({ response: 'no' }),
      good({ project: 'q' }),
      good({ attributes: { a: '1' } }),
    ];
    expect(new Set(run(others.join('\n')).block.ids).size).toBe(4);
  });
});

describe('a line that the store would read in another way is written anew:', () => {
  it.each<[string, string, object]>([
    ['nulls', '{"timestamp":"2026-11-22T10:00:00Z","model":"m","id":null,"user":null}', {}],
    ['150.0', '{"timestamp":"2026-11-22T10:00:00Z","model":"m","input_tokens":150.0}', { input_tokens: 150 }],
    ['1.5e2', '{"timestamp":"2026-11-22T10:00:00Z","model":"m","input_tokens":1.5e2}', { input_tokens: 150 }],
    [
      'a key twice in a map',
      '{"timestamp":"2026-11-22T10:00:00Z","model":"m","attributes":{"a":"1","a":"2"}}',
      { attributes: { a: '2' } },
    ],
    [
      'numbers in attributes',
      '{"timestamp":"2026-11-22T10:00:00Z","model":"m","attributes":{"n":1}}',
      { attributes: { n: '1' } },
    ],
    [
      'half a surrogate pair',
      '{"timestamp":"2026-11-22T10:00:00Z","model":"m","response":"a\\ud83dz"}',
      { response: 'a\ufffdz' },
    ],
    [
      'half a pair deep inside',
      '{"timestamp":"2026-11-22T10:00:00Z","model":"m","tool_calls":[{"\\uDC00":["\\uD800"]}]}',
      { tool_calls: [{ '\ufffd': ['\ufffd'] }] },
    ],
  ])('%s', (_, line, expected) => {
    const { lines, rows } = run(line);
    expect(lines[0]?.startsWith(line.slice(0, -1))).toBe(false);
    expect(rows[0]).toMatchObject({ model: 'm', ...expected });
    expect(rows[0]).not.toHaveProperty('user');
  });

  it('but whole pairs, names inside texts and spaces behind colons are no reason', () => {
    const line =
      '{"timestamp": "2026-11-22T10:00:00Z", "model": "m", "input_tokens": 150, "response": "\\ud83d\\ude00 \\"input_tokens\\":1.5", "attributes": {"a}": "1\\"", "b": "2"}, "id": "a"}';
    expect(run(line).lines[0]?.startsWith(line.slice(0, -1))).toBe(true);
  });
});

describe('a bad record', () => {
  it('is refused by its place, and its neighbours are not', () => {
    const body = [GOOD, '{"a":', '', 'null', good({ latencyMs: 1 }), good({ id: 'b' })].join('\n');
    const { block, indexes, rejections, rejectedCount } = run(body);
    expect(block.ids).toEqual(['a', 'b']);
    expect([...indexes]).toEqual([0, 4]);
    expect(rejectedCount).toBe(3);
    expect(rejections).toMatchObject([
      { index: 1, field: '', reason: expect.stringContaining('expected JSON') },
      { index: 2, field: '', reason: 'expected a JSON object, got null' },
      { index: 3, field: 'latencyMs' },
    ]);
  });

  it.each<[string, Buffer, string]>([
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
      'expected UTF-8',
    ],
    ['a raw NUL', Buffer.from('{"model":"a\0"}'), 'expected JSON'],
    [
      'a long record',
      Buffer.from(good({ response: 'x'.repeat(10_000) })),
      'expected a record of at most 10000 bytes',
    ],
    [
      'deep nesting',
      Buffer.from(good({ tool_calls: JSON.parse('['.repeat(70) + ']'.repeat(70)) })),
      'at most 64 levels',
    ],
    ['very deep nesting', Buffer.from(`{"a":${'['.repeat(4900)}${']'.repeat(4900)}}`), 'at most 64 levels'],
  ])('%s', (_, record, reason) => {
    const body = Buffer.concat([Buffer.from(`${GOOD}\n`), record, Buffer.from(`\n${good({ id: 'b' })}`)]);
    const { block, rejections } = run(body);
    expect(block.ids).toEqual(['a', 'b']);
    expect(rejections).toEqual([{ index: 1, field: '', reason: expect.stringContaining(reason) }]);
  });

  it('is counted when there are too many to describe', () => {
    const { rejections, rejectedCount } = run('x\n'.repeat(50));
    expect([rejections.length, rejectedCount]).toEqual([5, 50]);
  });

  it('never has its contents repeated, also not by the parser', () => {
    expect(JSON.stringify(run('{"prompt": secret}\nsecret').rejections)).not.toContain('secret');
  });
});

describe('where one project alone may be written to', () => {
  const project = { default: 'shop "1"', allowsOthers: false };
  const runFor = (body: string, kind: 'inference' | 'score') => {
    const { block, rejections } = toCheckResult(check(Buffer.from(body), { kind, now: NOW, project }));
    return { projects: block.projects, lines: Buffer.from(block.lines).toString(), rejections };
  };

  it.each(['inference', 'score'] as const)(
    'an %s that names none gets it, one that names another is refused',
    (kind) => {
      const one = (fields: object) =>
        kind === 'inference'
          ? good(fields)
          : JSON.stringify({ inference_id: 'a', name: 'n', value: 1, ...fields });
      const body = [
        one({}),
        one({ project: 'shop "1"' }),
        one({ project: 'default' }),
        one({ project: null }),
      ];
      const { projects, lines, rejections } = runFor(body.join('\n'), kind);
      expect(projects).toEqual(Array(3).fill('shop "1"'));
      for (const line of lines.trim().split('\n')) expect(JSON.parse(line).project).toBe('shop "1"');
      expect(rejections).toMatchObject([{ index: 2, field: 'project' }]);
      expect(rejections[0]?.reason).not.toContain('default');
    },
  );

  it('the same content is another inference in another project', () => {
    const ids = [project, { ...project, default: 'bank' }].map(
      (rule) =>
        toCheckResult(check(Buffer.from(good()), { kind: 'inference', now: NOW, project: rule })).block
          .ids[0],
    );
    expect(new Set([...ids, run(good()).block.ids[0]]).size).toBe(3);
  });
});

describe('the block', () => {
  it('says the same written anew, and has one line per row whatever came', () => {
    const text = fc.string({ unit: 'binary' });
    const record = fc.record(
      {
        id: fc.string({ minLength: 1 }),
        prompt: text,
        response: text,
        attributes: fc.dictionary(text, text),
      },
      { requiredKeys: [] },
    );
    void fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), fc.nat({ max: 2 }), (records, indent) => {
        const full = records.map((fields) => ({ ...JSON.parse(good()), ...fields }));
        const { block, rows } = run(JSON.stringify(full, null, indent));
        expect(rows).toHaveLength(block.rows);
        const canonical = Buffer.from(block.canonicalLines()).toString('utf8').split('\n').slice(0, -1);
        expect(canonical.map((line) => JSON.parse(line))).toEqual(rows);
        rows.forEach((row, index) => {
          expect(row).toMatchObject({ id: block.ids[index], received_at: COMPUTED.received_at });
        });
      }),
    );
  });
});

describe('scores', () => {
  it('get project, timestamp and time of arrival', () => {
    const { rows, block } = run('[{"inference_id":"a","name":"correct","value":1,"comment":null}]', 'score');
    const at = NOW.toISOString();
    expect(rows).toEqual([
      { inference_id: 'a', name: 'correct', value: 1, project: 'default', timestamp: at, received_at: at },
    ]);
    expect(block.ids).toEqual(['a']);
  });
  it('are refused one by one', () => {
    const { block, rejections } = run(
      '{"inference_id":"a","name":"x","value":1}\n{"inference_id":"a","value":1}',
      'score',
    );
    expect(block.rows).toBe(1);
    expect(rejections).toMatchObject([{ index: 1, field: 'name' }]);
  });
});
