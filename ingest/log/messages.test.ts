import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBlock } from '../block.ts';
import { kindOf, toMessages } from './messages.ts';
import { partitionOf } from './partition.ts';

function blockOf(rows: readonly { id: string; size: number }[]) {
  const lines = rows.map(({ id, size }) => Buffer.from(`${JSON.stringify({ id, pad: 'x'.repeat(size) })}\n`));
  let at = 0;
  return createBlock({
    lines: Buffer.concat(lines),
    offsets: lines.map((line) => {
      at += line.length;
      return at - line.length;
    }),
    ids: rows.map(({ id }) => id),
    projects: rows.map(() => 'default'),
    timestampsMs: rows.map(() => 0),
  });
}

const idsIn = (value: Buffer): string[] =>
  value
    .toString()
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);

describe('a block as messages', () => {
  const rows = fc.array(fc.record({ id: fc.uuid(), size: fc.nat(300) }), { minLength: 1, maxLength: 60 });

  it('holds every row once, in the partition of its id, in order', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), (given, partitions) => {
        const rounds = toMessages(blockOf(given), { partitions, bytesMax: 700 });
        const seen = new Map<number, string[]>();
        for (const { partition, value, rows: count } of rounds.flat()) {
          expect(idsIn(value)).toHaveLength(count);
          seen.set(partition, [...(seen.get(partition) ?? []), ...idsIn(value)]);
        }
        for (let partition = 0; partition < partitions; partition++) {
          const expected = given.filter(({ id }) => partitionOf('default', id, partitions) === partition);
          expect(seen.get(partition) ?? []).toEqual(expected.map(({ id }) => id));
        }
      }),
    );
  });

  it('never sends two messages to a partition at once, nor one above the bound but a single row', () => {
    fc.assert(
      fc.property(rows, (given) => {
        for (const round of toMessages(blockOf(given), { partitions: 3, bytesMax: 500 })) {
          expect(new Set(round.map(({ partition }) => partition)).size).toBe(round.length);
          for (const { value, rows: count } of round) expect(value.length <= 500 || count === 1).toBe(true);
        }
      }),
    );
  });

  it('is nothing for a block without rows', () => {
    expect(toMessages(blockOf([]), { partitions: 3, bytesMax: 500 })).toEqual([]);
  });
});

it('reads the kind from the header; without one it is inferences, and another is none', () => {
  expect(kindOf({})).toBe('inference');
  expect(kindOf({ headers: { kind: Buffer.from('score') } })).toBe('score');
  expect(kindOf({ headers: { kind: 'content' } })).toBe('content');
  expect(kindOf({ headers: { kind: '__proto__' } })).toBeNull();
});
