import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseYamlSettings } from './yaml-settings.ts';

const schema = z.strictObject({
  size: z.number().max(9).optional(),
  list: z.array(z.strictObject({ name: z.string() })).optional(),
});
const parse = (text: string) =>
  parseYamlSettings(text, {
    file: 'f.yaml',
    schema,
    keysAt: (path) => (path.length === 0 ? ['size', 'list'] : ['name']),
    faultsOf: ({ list = [] }) =>
      list.flatMap(({ name }, index) =>
        name === 'abcdX' ? [{ path: ['list', index, 'name'], message: 'no X', offset: 4 }] : [],
      ),
  });

it.each([
  ['', {}],
  ['# nothing\n', {}],
  ['size: 3 # small\nlist:\n  - name: a\n', { size: 3, list: [{ name: 'a' }] }],
])('reads %j', (text, expected) => {
  expect(parse(text)).toEqual(expected);
});

it.each([
  ['a wrong value', '\nsize: 12', ['f.yaml:2:7: ']],
  [
    'a name that is none',
    'sise: 3',
    ['f.yaml:1:1: there is no sise here (did you mean size?); there are size, list'],
  ],
  [
    'all of them',
    'sise: 3\nlist:\n  - nam: a\n',
    ['f.yaml:1:1: ', 'f.yaml:3:5: there is no nam', 'f.yaml:3:5: '],
  ],
  ['a place in a quoted text', "list:\n  - name: 'abcdX'", ['f.yaml:2:16: no X']],
  ['a place in a plain text', 'list:\n  - name: abcdX', ['f.yaml:2:15: no X']],
  ['another kind of document', '- 1', ['f.yaml:1:1: ']],
  ['what is no YAML', 'size: [', ['f.yaml:1:8: ']],
  ['a key twice', 'size: 1\nsize: 2', ['f.yaml:2:1: ']],
])('tells line and column of %s', (_, text, places) => {
  let message = '';
  try {
    parse(text);
  } catch (error) {
    ({ message } = error as Error);
  }
  for (const place of places) expect(message).toContain(place);
});
