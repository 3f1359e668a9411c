import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANGES } from '../api.ts';
import { PANEL_DASHBOARDS, PANEL_RANGES } from '../api-panels.ts';
import { hrefOf, parseRoute, type Route } from './router.ts';

describe('parseRoute', () => {
  it('gives back every route that hrefOf wrote, whatever its names hold', () => {
    const text = fc.string({ unit: 'grapheme' });
    const routes: fc.Arbitrary<Route> = fc.oneof(
      fc.constantFrom<Route>(
        { view: 'overview' },
        { view: 'incidents' },
        { view: 'send' },
        { view: 'rules' },
        { view: 'pipeline' },
      ),
      fc.record({ view: fc.constant('silences' as const), incident: text }),
      fc.record({
        view: fc.constant('embeddings' as const),
        project: text,
        model: text,
        version: text,
        segment: text,
        incident: text,
      }),
      fc.record({
        view: fc.constant('panels' as const),
        dashboard: fc.constantFrom(...PANEL_DASHBOARDS),
        range: fc.constantFrom(...PANEL_RANGES),
        chosen: fc.record({ model: text, version: text }),
      }),
      fc.record({
        view: fc.constant('incident' as const),
        id: fc.string({ unit: 'grapheme', minLength: 1 }),
      }),
      fc.record({
        view: fc.constant('runbook' as const),
        name: fc.string({ unit: 'grapheme', minLength: 1 }),
      }),
      fc.record({
        view: fc.constantFrom('stream' as const, 'segments' as const),
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
    ['#/runbooks/%E0%A4%A', { view: 'unknown' }],
    ['#/runbooks', { view: 'rules' }],
    [
      '#/stream?model=m&range=1y',
      { view: 'stream', project: 'default', model: 'm', version: '', segment: '', range: '24h' },
    ],
  ])('reads %j', (fragment, route) => {
    expect(parseRoute(fragment)).toEqual(route);
  });
});
