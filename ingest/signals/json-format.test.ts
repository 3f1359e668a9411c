import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFormat } from './json-format.ts';

const format = (text: string) => jsonFormat(text, text.split('```').length - 1);
const [VALID, BROKEN, TEXT] = [
  { json_like: 1, json_valid: 1 },
  { json_like: 1, json_valid: 0 },
  { json_like: 0, json_valid: null },
];

describe('jsonFormat', () => {
  it.each([
    ['{"a": 1}', VALID],
    ['  [1, 2, 3]\n', VALID],
    ['[]', VALID],
    ['[{"a":[true]}]', VALID],
    ['```json\n{"a": 1}\n```', VALID],
    ['Here it is:\n```\n[\n  {"name": "Ada Lovelace", "born": 1815}\n]\n```', VALID],
    ['{"a": 1', BROKEN],
    ["{'a': 1}", BROKEN],
    ['{a: 1}', BROKEN],
    ['{"a": 1,}', BROKEN],
    ['[1, 2, ...]', BROKEN],
    ['```json\n{"a": 1\n', BROKEN],
    ['{"a": 1} I hope this helps!', BROKEN],
    ['[Yes]', TEXT],
    ['[1] Smith, J. (1999).', TEXT],
    ['[Docs](https://example.com) has more.', TEXT],
    ['{name}, welcome back!', TEXT],
    ['Plain prose with {braces}.', TEXT],
    [`A long explanation of the format. ${'More words. '.repeat(20)}\n\`\`\`json\n{"a": 1}\n\`\`\``, TEXT],
    ['```python\nx = {"a": 1}\n```', TEXT],
    ['', TEXT],
  ])('%j', (text, expected) => {
    expect(format(text)).toEqual(expected);
  });

  it('says valid for all that JSON.stringify writes as an object or array', () => {
    const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    fc.assert(
      fc.property(value, (each) => {
        expect(format(JSON.stringify(each)).json_valid).toBe(1);
      }),
    );
  });

  it('is linear on hostile text and gives up on a huge one', () => {
    const start = performance.now();
    expect(format('['.repeat(1_000_000)).json_valid).toBe(0);
    expect(format(`["${'a'.repeat(2_000_000)}"]`)).toEqual({ json_like: 1, json_valid: null });
    for (const text of [`\`\`\`${'\n'.repeat(200_000)}`, '```\n '.repeat(50_000), `{${' '.repeat(200_000)}x`])
      format(text);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
