import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeStandardInput } from '../standard-input.ts';
import { withRevision } from './native-blocks.ts';

let folder: string;
let session: Session;

beforeAll(() => {
  closeStandardInput();
  folder = mkdtempSync(join(tmpdir(), 'plumbline-native-'));
  session = new Session(folder);
});

afterAll(() => {
  session.close();
  rmSync(folder, { recursive: true, force: true });
});

const blocksOf = async (query: string): Promise<Uint8Array> =>
  (await session.queryAsync(query, { format: 'Native' })).bytes();

/**
 * Reads blocks as clickhouse-go does (lib/proto/block.go): types by their names, values in columns. Written apart from
 * the code under test, and to values, so that a byte too many or too few shows.
 */
class BlockReader {
  at = 0;
  readonly bytes: Buffer;
  readonly revision: number;

  constructor(bytes: Uint8Array, revision: number) {
    this.bytes = Buffer.from(bytes);
    this.revision = revision;
  }

  rows(): Record<string, unknown>[] {
    const rows: Record<string, unknown>[] = [];
    while (this.at < this.bytes.length) rows.push(...this.block());
    return rows;
  }

  left(): number {
    return this.bytes.length - this.at;
  }

  private block(): Record<string, unknown>[] {
    if (this.revision > 0) {
      expect(this.take(8)).toEqual(Buffer.from([1, 0, 2, 255, 255, 255, 255, 0]));
    }
    const columns = this.count();
    const rows = Array.from({ length: this.count() }, () => ({}) as Record<string, unknown>);
    for (let column = 0; column < columns; column++) {
      const [name, type] = [this.text(), this.text()];
      if (this.revision >= 54_454) expect(this.take(1)[0]).toBe(0);
      if (rows.length === 0) continue;
      if (type.includes('LowCardinality')) expect(this.u64()).toBe(1);
      for (const [at, value] of this.values(type, rows.length).entries()) (rows[at] ?? {})[name] = value;
    }
    return rows;
  }

  private values(type: string, rows: number): unknown[] {
    const inner = type.slice(type.indexOf('(') + 1, -1);
    const each = <T>(read: () => T): T[] => Array.from({ length: rows }, read);
    if (type === 'String') return each(() => this.text());
    if (type === 'UInt8') return each(() => this.take(1)[0]);
    if (type === 'UInt64') return each(() => this.u64());
    if (type === 'Float64') return each(() => this.take(8).readDoubleLE());
    if (type.startsWith('DateTime64')) return each(() => new Date(this.u64()).toISOString());
    if (type.startsWith('Enum8') || type === 'Bool') return each(() => this.take(1).readInt8());
    if (type.startsWith('Decimal')) return each(() => this.u64());
    if (type.startsWith('FixedString')) return each(() => this.take(Number(inner)).toString());
    if (type.startsWith('Nullable')) {
      const nulls = each(() => this.take(1)[0]);
      return this.values(inner, rows).map((value, at) => (nulls[at] ? null : value));
    }
    if (type.startsWith('Array')) return this.lists(rows, (count) => this.values(inner, count));
    if (type.startsWith('Map')) {
      const [key = '', value = ''] = inner.split(', ');
      return this.lists(rows, (count) => {
        const keys = this.values(key, count);
        return this.values(value, count).map((one, at) => [keys[at], one]);
      });
    }
    if (type.startsWith('Tuple')) {
      const parts = inner.split(', ').map((part) => this.values(part.split(' ').at(-1) ?? '', rows));
      return each(() => null).map((_, at) => parts.map((part) => part[at]));
    }
    if (type.startsWith('LowCardinality')) return this.shared(inner, rows);
    throw new Error(`not read here: ${type}`);
  }

  private lists(rows: number, read: (count: number) => unknown[]): unknown[][] {
    const ends = Array.from({ length: rows }, () => this.u64());
    const values = read(ends.at(-1) ?? 0);
    return ends.map((end, at) => values.slice(ends[at - 1] ?? 0, end));
  }

  private shared(type: string, rows: number): unknown[] {
    if (rows === 0) return [];
    const keyBytes = 1 << (this.u64() & 0xff);
    const isNullable = type.startsWith('Nullable');
    const words = this.values(isNullable ? type.slice('Nullable('.length, -1) : type, this.u64());
    expect(this.u64()).toBe(rows);
    return Array.from({ length: rows }, () => {
      const key = this.take(keyBytes).readUIntLE(0, keyBytes);
      return isNullable && key === 0 ? null : words[key];
    });
  }

  private take(bytes: number): Buffer {
    this.at += bytes;
    expect(this.at).toBeLessThanOrEqual(this.bytes.length);
    return this.bytes.subarray(this.at - bytes, this.at);
  }

  private u64(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  private count(): number {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.take(1)[0] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
      shift += 7;
    }
  }

  private text(): string {
    return this.take(this.count()).toString('utf8');
  }
}

/** A client of the last years, of one before columns told how they are packed, and of none. */
const REVISIONS = [54_460, 54_440, 0];

it.each(REVISIONS)('keeps every value for revision %d', async (revision) => {
  const bytes = await blocksOf(`SELECT
    toUInt64(number) AS n, 'é' || toString(number) AS text, toLowCardinality(toString(number % 3)) AS word,
    if(number % 2 = 0, NULL, number / 4) AS part, CAST(NULL AS LowCardinality(Nullable(String))) AS nothing,
    arrayMap(x -> toFloat64(x), range(number % 3)) AS list,
    arrayMap(x -> toLowCardinality(toString(x)), range(number % 2)) AS words,
    []::Array(LowCardinality(String)) AS none, map('a', toUInt8(1)) AS map, (toUInt8(1), 'b')::Tuple(a UInt8, b String) AS pair,
    toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC') AS at, CAST('b' AS Enum8('a(,' = 1, 'b' = 2)) AS enum,
    toDecimal64(1.25, 2) AS money, toFixedString('abc', 3) AS fixed, number = 1 AS last FROM numbers(3)`);
  const reader = new BlockReader(withRevision(bytes, revision), revision);
  const same = {
    nothing: null,
    none: [],
    map: [['a', 1]],
    pair: [1, 'b'],
    at: '2026-01-02T03:04:05.678Z',
    enum: 2,
    money: 125,
    fixed: 'abc',
  };
  expect(reader.rows()).toEqual([
    { ...same, n: 0, text: 'é0', word: '0', part: null, list: [], words: [], last: 0 },
    { ...same, n: 1, text: 'é1', word: '1', part: 0.25, list: [0], words: ['0'], last: 1 },
    { ...same, n: 2, text: 'é2', word: '2', part: null, list: [0, 1], words: [], last: 0 },
  ]);
  expect(reader.left()).toBe(0);
});

it('keeps every row of many blocks', async () => {
  const bytes = await blocksOf(
    'SELECT number AS n, toLowCardinality(toString(number % 70000)) AS word FROM numbers(200000)',
  );
  const rows = new BlockReader(withRevision(bytes, 54_460), 54_460).rows();
  expect(rows).toHaveLength(200_000);
  expect(rows.filter(({ n, word }) => word !== String(Number(n) % 70_000))).toEqual([]);
}, 60_000);

it('passes an answer without rows', async () => {
  const bytes = withRevision(await blocksOf("SELECT 1 AS a, 'b' AS b WHERE 0"), 54_460);
  expect(new BlockReader(bytes, 54_460).rows()).toEqual([]);
});

it('passes every column of the tables that a panel reads', async () => {
  const types =
    "'UInt256', 'UUID', 'IPv6', 'Date32', 'DateTime', 'Int16', 'Float32', 'Int128', 'Date', 'IPv4'";
  const names = [...types.matchAll(/'(\w+)'/g)].map(([, name]) => name);
  const columns = names.map((name) => `defaultValueOfTypeName('${name}') AS ${name}`);
  const bytes = withRevision(
    await blocksOf(`SELECT ${columns.join(', ')}, toIntervalDay(2) AS days, 7 AS seven`),
    54_460,
  );
  // The last column is found only if each before it was as long as it was taken for.
  expect(Buffer.from(bytes).subarray(-13).toString('latin1')).toBe(
    '\u0005seven\u0005UInt8\u0000\u0007'.slice(-13),
  );
});

it('refuses a type whose length it does not know', async () => {
  const bytes = await blocksOf('SELECT sumState(number) AS state FROM numbers(2)');
  expect(() => withRevision(bytes, 54_460)).toThrow(/AggregateFunction cannot be sent/);
  expect(withRevision(bytes, 0)).toBe(bytes);
});
