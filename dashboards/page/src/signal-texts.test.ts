import { expect, it } from 'vitest';
import { signalWords } from '../../../core/signal-words.ts';
import { SIGNALS } from '../../../core/signals.ts';
import { effectMeaning, FAMILY_LABELS, familyOf } from './signal-texts.ts';

it('every signal has a family with a heading, and a label of its own', () => {
  const headings = new Set(FAMILY_LABELS.map(([family]) => family));
  for (const { name } of SIGNALS) expect(headings.has(familyOf(name).family), name).toBe(true);
  const labels = SIGNALS.map(({ name }) => signalWords(name).label);
  expect(new Set(labels).size).toBe(labels.length);
});

it('a signal of a later version is still shown', () => {
  expect(familyOf('not_yet_known')).toEqual({ family: 'drift', meaning: '' });
});

it.each([
  ['cliffs_delta', -0.91, 'lower in about 96\u202f% of pairs'],
  ['cliffs_delta', 0.2, 'higher in about 60\u202f% of pairs'],
  ['ks_distance', 0.187, 'differ by 19\u202f% of inferences'],
  ['rate_difference', 0.04, 'Refusals: 2\u202f% of inferences before, 6\u202f% after'],
] as const)('effectMeaning says what %s %d means', (name, value, text) => {
  const change = { signal: 'refusal', direction: 'up', before: 0.02, after: 0.06, detector: 'rate' } as const;
  expect(effectMeaning({ ...change, effect: { name, value, low: value, high: value } })).toContain(text);
});
