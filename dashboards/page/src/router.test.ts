import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANGES } from '../api.ts';
import { hrefOf, parseRoute, type Route } from './router.ts';

describe('parseRoute', () => {
  it('gives back every route that hrefOf wrote, whatever its names hold', () => {
    const text = fc.string({ unit: 'grapheme' });
    const routes: fc.Arbitrary<Route> = fc.oneof(
      fc.constantFrom<Route>({ view: 'overview' }, { view: 'incidents' }, { view: 'send' }),
      fc.record({
        view: fc.constant('incident' as const),
        id: fc.string({ unit: 'grapheme', minLength: 1 }),
      }),
      fc.record({
        view: fc.constant('stream' as const),
        project: text,
        model: text,
        version: text,
        segment: text,
        range: fc.constantFrom(...RANGES),
      }),
    );
    fc.assert(
      fc.property(routes, (route) => {
        expect(parseRoute(hrefOf(route))).toEqual(route);
      }),
    );
  });

  it.each([
    ['', { view: 'overview' }],
    ['#/nowhere', { view: 'unknown' }],
    ['#/incidents/%E0%A4%A', { view: 'unknown' }],
    [
      '#/stream?model=m&range=1y',
      { view: 'stream', project: 'default', model: 'm', version: '', segment: '', range: '24h' },
    ],
  ])('reads %j', (fragment, route) => {
    expect(parseRoute(fragment)).toEqual(route);
  });
});
