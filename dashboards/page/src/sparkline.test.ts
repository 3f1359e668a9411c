import { expect, it } from 'vitest';
import { sparkPath } from './sparkline.tsx';

it.each([
  ['nothing', [], ''],
  ['only gaps', [null, null], ''],
  ['a level line in the middle', [3, 3], 'M2.0 11.0h.01L62.0 11.0'],
  ['low at the bottom, high at the top', [0, 1], 'M2.0 20.0h.01L62.0 2.0'],
  ['a gap as a gap', [0, null, 1], 'M2.0 20.0h.01M62.0 2.0h.01'],
])('draws %s', (_, values, path) => {
  expect(sparkPath(values)).toBe(path);
});
