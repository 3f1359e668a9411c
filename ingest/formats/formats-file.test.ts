import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseFormats } from './formats-file.ts';

const faultsOf = (text: string): string => {
  try {
    parseFormats(text, 'f.yaml');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('parseFormats', () => {
  it('reads the example of docs/signals.md', () => {
    const document = readFileSync(new URL('../../docs/signals.md', import.meta.url), 'utf8');
    const example = /```yaml formats\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
    const formats = parseFormats(example, 'docs/signals.md');
    expect(formats.map(({ match }) => match)).toEqual([
      { prompt_name: 'extract-invoice' },
      { project: 'support', attributes: { task: 'triage*' } },
      { prompt_name: 'sku' },
    ]);
  });

  it('says nothing of an empty file', () => {
    expect(parseFormats('', 'f.yaml')).toEqual([]);
  });

  it.each([
    [
      'a name that is none',
      'formats:\n  - shema: true',
      'f.yaml:2:5: there is no shema here (did you mean schema?)',
    ],
    [
      'none of the three',
      'formats:\n  - match: { model: m }',
      'expected one of schema, pattern and one_of, and there are none',
    ],
    ['two of the three', 'formats:\n  - one_of: [a]\n    pattern: a', 'and there are 2'],
    [
      'a type that is none',
      'formats:\n  - schema:\n      type: strin',
      'f.yaml:3:13: expected a JSON Schema',
    ],
    [
      'a keyword that is none',
      'formats:\n  - schema:\n      type: object\n      properties:\n        a: { typ: string }',
      'f.yaml:5:14: JSON Schema (draft 2020-12) has no keyword typ',
    ],
    [
      'a reference to nowhere',
      'formats:\n  - schema: { $ref: "http://example.test/x" }',
      "can't resolve reference",
    ],
    ['a pattern that is none', "formats:\n  - pattern: '(a'", 'f.yaml:2:14: Invalid regular expression'],
    ['a pattern that runs away', "formats:\n  - pattern: '(a+)+b'", 'some text makes it exponential'],
    [
      'such a pattern in a schema',
      "formats:\n  - schema:\n      properties:\n        a: { pattern: '^(a+)+$' }",
      'f.yaml:4:23: expected a pattern that takes time in proportion',
    ],
  ])('tells of %s', (_, text, message) => {
    expect(faultsOf(text)).toContain(message);
  });

  it('bounds a schema in size', () => {
    const properties = Array.from({ length: 3_000 }, (_, index) => `p${index}: 1`).join(', ');
    expect(
      faultsOf(`formats:\n  - schema: { properties: { ${properties} }, enum: [${'1,'.repeat(2_500)}1] }`),
    ).toContain('expected a schema of at most 5000 values');
  });
});
