import { signal } from '@preact/signals';
import { RANGES, type Range } from '../api.ts';

/**
 * Every view and what its address holds. Routes live in the fragment, so that the page works at any path, behind
 * any proxy. A new view: one member here, a line in `parseRoute` and `hrefOf`, a file in views/, a case in app.tsx.
 */
export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'incidents' }
  | { readonly view: 'incident'; readonly id: string }
  | {
      readonly view: 'stream';
      readonly project: string;
      readonly model: string;
      readonly version: string;
      readonly segment: string;
      readonly range: Range;
    }
  | { readonly view: 'send' }
  | { readonly view: 'unknown' };

/** Route of a fragment such as `#/stream?model=gpt-4`; never throws, whatever was typed. */
export function parseRoute(fragment: string): Route {
  const [path = '', search = ''] = fragment.replace(/^#/, '').split('?', 2);
  const query = new URLSearchParams(search);
  const parts = path.split('/').filter((part) => part !== '');
  const [head, id] = parts;
  if (head === undefined) return { view: 'overview' };
  if (head === 'send') return { view: 'send' };
  if (head === 'incidents') return id === undefined ? { view: 'incidents' } : incidentRoute(id);
  if (head !== 'stream') return { view: 'unknown' };
  return {
    view: 'stream',
    project: query.get('project') ?? 'default',
    model: query.get('model') ?? '',
    version: query.get('version') ?? '',
    segment: query.get('segment') ?? '',
    range: RANGES.find((range) => range === query.get('range')) ?? '24h',
  };
}

function incidentRoute(id: string): Route {
  try {
    return { view: 'incident', id: decodeURIComponent(id) };
  } catch {
    return { view: 'unknown' };
  }
}

/** The address of a route; `parseRoute` gives the route back. */
export function hrefOf(route: Route): string {
  switch (route.view) {
    case 'overview':
    case 'unknown':
      return '#/';
    case 'incidents':
      return '#/incidents';
    case 'send':
      return '#/send';
    case 'incident':
      return `#/incidents/${encodeURIComponent(route.id)}`;
    case 'stream': {
      const { project, model, version, segment, range } = route;
      return `#/stream?${new URLSearchParams({ project, model, version, segment, range })}`;
    }
  }
}

/** Link to a stream's page. */
export function streamHref(stream: {
  project: string;
  model: string;
  version: string;
  segment?: string;
}): string {
  const { project, model, version, segment = '' } = stream;
  return hrefOf({ view: 'stream', project, model, version, segment, range: '24h' });
}

/** The route shown. */
export const route = signal<Route>({ view: 'overview' });

/** Keeps `route` in step with the address; called once. */
export function startRouter(): void {
  const read = (): void => {
    // A link within the page has moved the focus; the address stays the view's.
    if (/^#[^/]/.test(location.hash)) history.replaceState(null, '', hrefOf(route.value));
    else route.value = parseRoute(location.hash);
  };
  addEventListener('hashchange', read);
  read();
}
