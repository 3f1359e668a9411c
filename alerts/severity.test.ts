import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Effect } from '../core/finding.ts';
import { SEVERITIES } from '../core/severity.ts';
import { LARGE_EFFECT, severityOf } from './severity.ts';

const effect = (name: Effect['name'], low: number, high: number): Effect => ({
  name,
  value: (low + high) / 2,
  low,
  high,
});

it.each([
  ['a small regression', 'regression', effect('rate_difference', 0.01, 0.05), 'warning'],
  ['one call in ten, surely', 'regression', effect('rate_difference', 0.1, 0.2), 'critical'],
  ['one call in ten, perhaps', 'regression', effect('rate_difference', 0.04, 0.3), 'warning'],
  ['a fall as a rise', 'regression', effect('cliffs_delta', -0.9, -0.6), 'critical'],
  ['an interval that holds nothing', 'regression', effect('cliffs_delta', -0.9, 0.9), 'warning'],
  ['a shape', 'regression', effect('ks_distance', 0.36, 0.5), 'critical'],
  ['more than twice as often, surely', 'regression', effect('rate_ratio', 2.1, 3), 'critical'],
  ['less than half as often, surely', 'regression', effect('rate_ratio', 0.2, 0.45), 'critical'],
  ['perhaps half again as often', 'regression', effect('rate_ratio', 1.3, 3), 'warning'],
  ['a ratio that may be 1', 'regression', effect('rate_ratio', 0.1, 9), 'warning'],
  ['an improvement, however large', 'improvement', effect('cliffs_delta', -1, -0.9), 'info'],
  ['a change, however large', 'change', effect('cliffs_delta', -1, -0.9), 'info'],
] as const)('%s', (_, verdict, of, expected) => {
  expect(severityOf({ verdict, effect: of })).toBe(expected);
});

it('gives nothing to say the least, and no effect a warning', () => {
  expect(severityOf({ verdict: null, effect: null })).toBe('info');
  expect(severityOf({ verdict: 'regression', effect: null })).toBe('warning');
});

it('never falls as the effect grows', () => {
  const name = fc.constantFrom(...(Object.keys(LARGE_EFFECT) as Effect['name'][]));
  const ends = fc.tuple(
    fc.double({ min: 0, max: 0.5, noNaN: true }),
    fc.double({ min: 0, max: 0.5, noNaN: true }),
  );
  fc.assert(
    fc.property(name, ends, (of, [low, more]) => {
      // Of a ratio 1 is nothing.
      const from = low + (of === 'rate_ratio' ? 1 : 0);
      const rank = (by: number) =>
        SEVERITIES.indexOf(
          severityOf({ verdict: 'regression', effect: effect(of, from + by, from + by + 0.1) }),
        );
      expect(rank(more)).toBeGreaterThanOrEqual(rank(0));
    }),
  );
});
