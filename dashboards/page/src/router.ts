import { signal } from '@preact/signals';
import { RANGES, type Range } from '../api.ts';
import { PANEL_DASHBOARDS, PANEL_RANGES, type PanelDashboardName, type PanelRange } from '../api-panels.ts';

/** One stream and a range of time. */
export interface StreamPlace {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly range: Range;
}

/** A dashboard of panels, its range, and what was chosen of its variables. */
export interface PanelPlace {
  readonly dashboard: PanelDashboardName;
  readonly range: PanelRange;
  readonly chosen: Readonly<Record<string, string>>;
}

/**
 * Every view and what its address holds. Routes live in the fragment, so that the page works at any path, behind
 * any proxy. A new view: one member here, a line in `parseRoute` and `hrefOf`, a file in views/, a case in app.tsx.
 */
export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'incidents' }
  | { readonly view: 'incident'; readonly id: string }
  | ({ readonly view: 'stream' | 'segments' } & StreamPlace)
  | ({ readonly view: 'embeddings'; readonly incident: string } & Omit<StreamPlace, 'range'>)
  | ({ readonly view: 'panels' } & PanelPlace)
  | { readonly view: 'silences'; readonly incident: string }
  | { readonly view: 'rules' }
  | { readonly view: 'runbook'; readonly name: string }
  | { readonly view: 'pipeline' }
  | { readonly view: 'send' }
  | { readonly view: 'unknown' };

/** Route of a fragment such as `#/stream?model=gpt-4`; never throws, whatever was typed. */
export function parseRoute(fragment: string): Route {
  const [path = '', search = ''] = fragment.replace(/^#/, '').split('?', 2);
  const query = new URLSearchParams(search);
  const parts = path.split('/').filter((part) => part !== '');
  const [head, id] = parts;
  switch (head) {
    case undefined:
      return { view: 'overview' };
    case 'send':
    case 'rules':
    case 'pipeline':
      return { view: head };
    case 'incidents':
      return id === undefined
        ? { view: 'incidents' }
        : namedRoute(id, (name) => ({ view: 'incident', id: name }));
    case 'runbooks':
      return id === undefined ? { view: 'rules' } : namedRoute(id, (name) => ({ view: 'runbook', name }));
    case 'silences':
      return { view: 'silences', incident: query.get('incident') ?? '' };
    case 'stream':
    case 'segments':
      return { view: head, ...streamPlace(query) };
    case 'embeddings': {
      const { range: _, ...place } = streamPlace(query);
      return { view: 'embeddings', ...place, incident: query.get('incident') ?? '' };
    }
    case 'panels':
      return { view: 'panels', ...panelPlace(id, query) };
    default:
      return { view: 'unknown' };
  }
}

function streamPlace(query: URLSearchParams): StreamPlace {
  return {
    project: query.get('project') ?? 'default',
    model: query.get('model') ?? '',
    version: query.get('version') ?? '',
    segment: query.get('segment') ?? '',
    range: RANGES.find((range) => range === query.get('range')) ?? '24h',
  };
}

function panelPlace(dashboard: string | undefined, query: URLSearchParams): PanelPlace {
  const { range, ...chosen } = Object.fromEntries(query);
  return {
    dashboard: PANEL_DASHBOARDS.find((name) => name === dashboard) ?? 'overview',
    range: PANEL_RANGES.find((name) => name === range) ?? '24h',
    chosen,
  };
}

function namedRoute(part: string, routeOf: (name: string) => Route): Route {
  try {
    return routeOf(decodeURIComponent(part));
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
    case 'runbook':
      return `#/runbooks/${encodeURIComponent(route.name)}`;
    case 'rules':
    case 'pipeline':
      return `#/${route.view}`;
    case 'silences':
      return route.incident === ''
        ? '#/silences'
        : `#/silences?${new URLSearchParams({ incident: route.incident })}`;
    case 'stream':
    case 'segments': {
      const { view, project, model, version, segment, range } = route;
      return `#/${view}?${new URLSearchParams({ project, model, version, segment, range })}`;
    }
    case 'embeddings': {
      const { project, model, version, segment, incident } = route;
      return `#/embeddings?${new URLSearchParams({ project, model, version, segment, ...(incident === '' ? {} : { incident }) })}`;
    }
    case 'panels':
      return `#/panels/${route.dashboard}?${new URLSearchParams({ range: route.range, ...route.chosen })}`;
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
