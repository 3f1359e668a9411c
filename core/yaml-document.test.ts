import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readYamlDocument } from './yaml-document.ts';

const told = (text: string): string => {
  const read = readYamlDocument(text);
  if (read.ok) return '';
  const { line, col } = read.lines.linePos(read.offset);
  return `${line}:${col}: ${read.message}`;
};

describe('readYamlDocument', () => {
  it('reads maps, lists and scalars', () => {
    const read = readYamlDocument('a: &x [1, two]\non: true\n');
    expect(read).toMatchObject({ ok: true, value: { a: [1, 'two'], on: true } });
  });

  it('never throws, whatever the text', () => {
    const piece = fc.constantFrom(
      '- ',
      '? ',
      ': ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '\n',
      '  ',
      '"',
      "'",
      '|',
      'x',
      '!',
      '#',
      '\u0002',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 40 }).map((all) => all.join('')),
        ),
        (text) => {
          const read = readYamlDocument(text);
          if (!read.ok) expect(read.lines.linePos(read.offset).line).toBeGreaterThan(0);
        },
      ),
    );
  });

  it.each([
    ['a key twice', 'a: 1\nb:\n  c: 1\n  c: 2', '4:3: this name stands twice'],
    ['a key that is no text', '? [a]\n: b', '1:3: expected a text as the name'],
    ['the quotes that brackets need', 'x: { token: $'.concat('{TOKEN}, a: b }'), 'put quotes around "$'],
    ['an alias without an anchor', 'a: *b', '1:4: '],
    ['itself', 'a: &a [*a]', '1:8: aliases are not read'],
  ])('says where: %s', (_, text, message) => {
    expect(told(text)).toContain(message);
    expect(told(text)).not.toBe('');
  });

  const LONG = 120_000;
  const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    .concat(
      Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]`),
    )
    .join('\n');
  it.each([
    ['aliases that multiply', laughs, 'aliases are not read'],
    ['brackets', '['.repeat(LONG), '1:33: nothing may be nested so deeply'],
    ['brackets on lines', 'a: [\n'.repeat(40), 'nothing may be nested so deeply'],
    ['lists in lists', '- '.repeat(LONG / 2), 'nothing may be nested so deeply'],
    [
      'keys in keys',
      Array.from({ length: 90 }, (_, n) => `${' '.repeat(n * 16)}${'? '.repeat(8)}`).join('\n'),
      'as the name',
    ],
    ['more than the bound', 'x'.repeat(200_000), 'expected at most'],
  ])('is bounded: %s', (_, text, message) => {
    const startMs = performance.now();
    expect(told(text)).toContain(message);
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  it('looks for keys that stand twice in time in proportion', () => {
    const keys = Array.from({ length: 12_000 }, (_, n) => `k${n}:`).join('\n');
    const startMs = performance.now();
    expect(readYamlDocument(keys).ok).toBe(true);
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});
