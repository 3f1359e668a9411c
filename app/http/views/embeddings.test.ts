import { expect, it } from 'vitest';
import { topicName } from './embeddings.ts';

const words = { terms: ['refund', 'order'] };
const none = { terms: [] };

it.each([
  ['its words', words, [words, none], 'any', 'refund, order'],
  ['everything else, if all others have words', none, [words, none], '1 + 1 = ?', 'everything else'],
  ['its typical prompt among several without', none, [none, words, none], ' 1 +\n 1 = ? ', '1 + 1 = ?'],
  ['the beginning of a long one', none, [none], '🙂'.repeat(60), `${'🙂'.repeat(40)} …`],
  ['everything else, if that has no text', none, [none, none], ' ', 'everything else'],
])('names a topic by %s', (_, topic, all, typical, name) => {
  expect(topicName(topic, all, typical)).toBe(name);
});
