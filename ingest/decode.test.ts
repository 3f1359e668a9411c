import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nestingDepth, recordSpans } from './decode.ts';

const bytes = (text: string): Buffer => Buffer.from(text);
function records(text: string): { records: string[]; tail: string | null } {
  const body = bytes(text);
  const { starts, ends, tail } = recordSpans(body, 1000);
  return {
    records: starts.map((start, index) => body.subarray(start, ends[index]).toString()),
    tail: tail?.reason ?? null,
  };
}

describe('a body', () => {
  it.each<[string, string, string[]]>([
    ['lines', '{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']],
    ['no last line end', '{"a":1}\n{"a":2}', ['{"a":1}', '{"a":2}']],
    ['CRLF and blank lines', '\r\n{"a":1}\r\n\r\n \t{"a":2} \r\n', ['{"a":1}', '{"a":2}']],
    ['a byte order mark', '\ufeff{"a":1}\n', ['{"a":1}']],
    ['nothing', '', []],
    ['only line ends', '\n\n\r\n', []],
    ['garbage', 'what\nis this', ['what', 'is this']],
    ['an array', '[{"a":1},{"a":2}]', ['{"a":1}', '{"a":2}']],
    ['a byte order mark before an array', '\ufeff [ {"a":1} ]\n', ['{"a":1}']],
    ['an array over lines', '[\n  {"a":\n 1},\n  {"a":2}\n]\n', ['{"a":\n 1}', '{"a":2}']],
    ['an empty array', ' [ ] ', []],
    ['brackets in strings', '[{"a":"],[}\\"]"},{"b":"\\\\"}]', ['{"a":"],[}\\"]"}', '{"b":"\\\\"}']],
    ['an array of anything', '[1,[2,3],"x,y",null]', ['1', '[2,3]', '"x,y"', 'null']],
    ['an item that is broken', '[{"a":1} {"b":2},{"a":3}]', ['{"a":1} {"b":2}', '{"a":3}']],
    ['an item that is missing', '[{"a":1},,{"a":3}]', ['{"a":1}', '', '{"a":3}']],
  ])('%s', (_, text, expected) => {
    expect(records(text)).toEqual({ records: expected, tail: null });
  });

  it('that ends inside an array keeps what came before, and says so', () => {
    expect(records('[{"a":1},{"a":2')).toEqual({
      records: ['{"a":1}', '{"a":2'],
      tail: 'expected "]" at the end of the array, got the end of the body',
    });
    expect(records('[{"a":1},').records).toEqual(['{"a":1}']);
    expect(records('[').tail).not.toBeNull();
  });

  it('with text behind its array keeps the array, and says so', () => {
    expect(records('[{"a":1}] {"a":2}')).toEqual({
      records: ['{"a":1}'],
      tail: 'expected nothing behind the array, got more text',
    });
  });

  it('has at most so many records', () => {
    expect(() => recordSpans(bytes('1\n2\n3'), 2)).toThrow('more than 2 records');
    expect(() => recordSpans(bytes('[1,2,3]'), 2)).toThrow('more than 2 records');
    expect(recordSpans(bytes('1\n2\n\n'), 2).starts).toHaveLength(2);
  });

  it('comes apart as it was put together', () => {
    void fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 10 }), fc.nat({ max: 3 }), (values, indent) => {
        const texts = values.map((value) => JSON.stringify(value));
        expect(
          records(`${JSON.stringify(values, null, indent)}\n`).records.map((text) => JSON.parse(text)),
        ).toEqual(texts.map((text) => JSON.parse(text)));
        const lines = texts.filter((text) => !text.startsWith('['));
        expect(records(lines.join('\r\n')).records).toEqual(lines);
      }),
    );
  });
});

it('counts nesting outside strings', () => {
  expect(nestingDepth(bytes('{"a":[[1]],"b":"[[[["}'), 100)).toBe(3);
  expect(nestingDepth(bytes('['.repeat(1e6)), 64)).toBe(65);
});
