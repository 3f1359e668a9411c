import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { inputBytes } from './input-bytes.ts';
import { type RecordChunk, readRecords } from './read-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-read-'));
afterAll(() => rmSync(folder, { recursive: true }));

const noInput = Readable.from([]);

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function chunksOf(paths: string[], stdin: Readable = noInput): Promise<RecordChunk[]> {
  const chunks: RecordChunk[] = [];
  for await (const chunk of readRecords(paths, { stdin })) chunks.push(chunk);
  return chunks;
}

async function recordsOf(paths: string[], stdin?: Readable): Promise<unknown[]> {
  const text = (await chunksOf(paths, stdin)).map((chunk) => chunk.body.toString()).join('');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const three = [{ a: 1 }, { a: 'x]}"\\' }, { a: [{ b: '\n{' }] }];
const asLines = `${three.map((record) => JSON.stringify(record)).join('\n')}\n`;

describe('readRecords', () => {
  it.each([
    ['JSON lines', asLines],
    ['JSON lines without a last line end', asLines.trimEnd()],
    ['Windows line ends', asLines.replaceAll('\n', '\r\n')],
    ['blank lines', `\n \n${asLines.replaceAll('\n', '\n\n')}`],
    ['a byte order mark', `\ufeff${asLines}`],
    ['a JSON array', JSON.stringify(three)],
    ['an indented JSON array', JSON.stringify(three, null, 2)],
    ['an indented array with Windows line ends', JSON.stringify(three, null, 2).replaceAll('\n', '\r\n')],
  ])('reads %s, plain and gzipped, by content and not by name', async (name, content) => {
    const base = name.replaceAll(' ', '-');
    expect(await recordsOf([file(`${base}.gz`, content)])).toEqual(three);
    expect(await recordsOf([file(`${base}.jsonl`, gzipSync(content))])).toEqual(three);
  });

  it('reads any array the same however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (records, pieceBytes, isArray) => {
          const text = isArray
            ? JSON.stringify(records, null, 1)
            : records.map((record) => JSON.stringify(record)).join('\n');
          const bytes = Buffer.from(text);
          const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
            bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
          );
          const expected = JSON.parse(JSON.stringify(records));
          expect(await recordsOf(['-'], Readable.from(pieces))).toEqual(expected);
        },
      ),
    );
  });

  it('reads several gzip members and several files in order', async () => {
    const members = Buffer.concat([gzipSync('{"n":1}\n'), gzipSync('{"n":2}\n')]);
    expect(await recordsOf([file('two.gz', members), file('three.jsonl', '{"n":3}')])).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
  });

  it('says on which line each row starts', async () => {
    const [lines] = await chunksOf([file('gaps.jsonl', '{"n":1}\n\n\n{"n":2}\n')]);
    expect(lines?.lines).toEqual([1, 4]);
    const [array] = await chunksOf([file('array.json', '[\n{"n":\n1},\n{"n":2}]')]);
    expect(array?.lines).toEqual([2, 4]);
  });

  it('closes a chunk at 1000 rows or 4 MiB, and counts the bytes read', async () => {
    const many = file('many.jsonl', '{"n":1}\n'.repeat(2500));
    const chunks = await chunksOf([many]);
    expect(chunks.map((chunk) => chunk.rows)).toEqual([1000, 1000, 500]);
    expect(chunks.at(-1)?.bytesRead).toBe(2500 * 8);
    expect(await inputBytes([many])).toBe(2500 * 8);
    const large = `${JSON.stringify({ text: 'x'.repeat(3 * 1024 * 1024) })}\n`;
    expect((await chunksOf([file('large.jsonl', large.repeat(3))])).map((chunk) => chunk.rows)).toEqual([
      2, 1,
    ]);
  });

  it('can be left early', async () => {
    for await (const chunk of readRecords([file('left.gz', gzipSync('{"n":1}\n'.repeat(1e5)))], {
      stdin: noInput,
    })) {
      expect(chunk.rows).toBe(1000);
      break;
    }
  });
});

describe('what is not records', () => {
  const gzipped = gzipSync(Array.from({ length: 5000 }, (_, n) => `{"n":${Math.sin(n)}}\n`).join(''));
  const damaged = Buffer.from(gzipped);
  damaged.fill(0, 2000, 2100);

  it.each([
    ['empty.jsonl', '', 'no records in it; expected one JSON object per line'],
    ['blank.jsonl', '\n \n', 'no records in it'],
    ['none.json', '[]', 'no records in it'],
    ['empty.gz', gzipSync(''), 'no records in it'],
    [
      'table.csv',
      'model,prompt\n',
      'line 1: not JSON: it starts with "m"; expected one JSON object per line',
    ],
    ['late.csv', '\n\n"a"\n', 'line 3: not JSON: it starts with """'],
    [
      'indented.json',
      '{\n  "a": 1\n}',
      'line 1: the object does not end on its line; write one record per line',
    ],
    ['numbers.json', '[1, 2]', 'line 1: not a JSON array of objects: "1" where "{" or "]" belongs'],
    ['comma.json', '[{}\n{}]', 'line 2: not a JSON array of objects: "{" where "," or "]" belongs'],
    ['trailing.json', '[{},]', '"]" where "{" belongs'],
    ['after.json', '[{}]\n{}', 'line 2: not a JSON array of objects: "{" where the end of the file belongs'],
    ['open.json', '[{"a":1},\n{"a"', 'line 2: the JSON array ends early; the file is incomplete'],
    ['raw.json', '[{"a":"\n"}]', 'line 1: a raw line break inside a string; write it as \\n'],
    ['table.parquet', 'PAR1....', 'a Parquet file; export it as JSON lines first'],
    ['records.zip', 'PK\u0003\u0004....', 'a zip file; unpack it'],
    ['wide.jsonl', Buffer.from('\ufeff{"a":1}\n', 'utf16le'), 'UTF-16 text; iconv'],
    ['twice.gz', gzipSync(gzipped), 'gzipped twice'],
    ['cut.gz', gzipped.subarray(0, 20_000), 'the gzip data ends early; the file is incomplete'],
    ['damaged.gz', damaged, 'the gzip data is damaged; copy or download it again'],
  ])('names %s, the place and the mend', async (name, content, message) => {
    const path = file(name, content);
    await expect(recordsOf([path])).rejects.toMatchObject({ name: 'AppError' });
    await expect(recordsOf([path])).rejects.toThrow(`${path}: `);
    await expect(recordsOf([path])).rejects.toThrow(message);
  });

  it('gives out what came before a fault', async () => {
    const rows: number[] = [];
    const reading = (async () => {
      for await (const chunk of readRecords([file('half.gz', gzipped.subarray(0, 20_000))], {
        stdin: noInput,
      })) {
        rows.push(chunk.rows);
      }
    })();
    await expect(reading).rejects.toThrow(/line \d{3,}: the gzip data ends early/);
    expect(rows.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1000);
  });

  it('names a missing file, a folder, and empty standard input', async () => {
    await expect(recordsOf([join(folder, 'no.jsonl')])).rejects.toThrow('no such file; check the path');
    mkdirSync(join(folder, 'sub'));
    await expect(recordsOf([join(folder, 'sub')])).rejects.toThrow('a folder; name its files');
    await expect(recordsOf(['-'], Readable.from([]))).rejects.toThrow('standard input: no records in it');
  });

  it('refuses a record above 64 MiB instead of holding it', async () => {
    const piece = Buffer.alloc(1024 * 1024, 0x20);
    const endless = Readable.from([Buffer.from('{'), ...new Array<Buffer>(70).fill(piece)]);
    await expect(recordsOf(['-'], endless)).rejects.toThrow('a record above 64 MiB');
  });
});
