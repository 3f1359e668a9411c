import dashGen from 'grafana-dash-gen';
import { DASHBOARDS } from '../panels/catalogue.ts';
import { incidentAnnotations } from '../panels/incident-panels.ts';
import type { PanelDashboard, PanelVariable } from '../panels/panel.ts';
import { DATASOURCE, type Json, PLUGIN, TAG, target } from './ids.ts';
import { modernise } from './modernise.ts';
import { panelJson } from './panel-json.ts';

export interface ComposeOptions {
  /** Address of the built-in page, without a slash at its end: links to incidents begin with it. */
  readonly pageUrl: string;
}

/** Whatever has `generate`: dash-gen asks no more of a panel, variable or annotation, whatever its types say. */
const duck = (json: Json): never => ({ generate: () => json }) as never;

/** Every dashboard as Grafana's classic JSON, in order of display. The same every time. */
export function composeDashboards(options: ComposeOptions): Json[] {
  return DASHBOARDS.map((dashboard) => composeDashboard(dashboard, options));
}

function composeDashboard(dashboard: PanelDashboard, { pageUrl }: ComposeOptions): Json {
  const composed = new dashGen.Dashboard({
    title: dashboard.title,
    tags: [TAG],
    refresh: '1m',
    timezone: 'browser',
    time: { from: 'now-24h', to: 'now' },
    links: linksFrom(dashboard),
  } as never);
  for (const variable of variables(dashboard.variables, pageUrl)) composed.addTemplate(duck(variable));
  for (const annotation of ANNOTATIONS) composed.addAnnotation(duck(annotation));
  for (const [index, { title, panels }] of dashboard.rows.entries()) {
    const row = new dashGen.Row({ title, id: rowId(panels[0]?.number ?? 0, index) } as never);
    for (const panel of panels) row.addPanel(duck(panelJson(panel)));
    composed.addRow(row);
  }
  return modernise(composed.generate() as unknown as Json, {
    uid: dashboard.uid,
    description: dashboard.purpose,
  });
}

/** Panels count from 1 in their hundred, rows from 90. */
const rowId = (panelNumber: number, index: number): number =>
  Math.floor(panelNumber / 100) * 100 + 90 + index;

function linksFrom(dashboard: PanelDashboard): InstanceType<typeof dashGen.ExternalLink>[] {
  const others = DASHBOARDS.filter((other) => other !== dashboard).map(({ uid, title, purpose }) =>
    new dashGen.ExternalLink({
      title: title.replace('Plumbline: ', ''),
      tooltip: purpose,
      url: `/d/${uid}`,
    })
      .includeVariableValues()
      .includeTimeFilter()
      .withIcon('dashboard'),
  );
  return [
    ...others,
    new dashGen.ExternalLink({ title: 'Page', tooltip: "Plumbline's own page", url: `\${page}/` }),
  ];
}

function variables(ofDashboard: readonly PanelVariable[], pageUrl: string): Json[] {
  return [
    {
      type: 'datasource',
      name: 'datasource',
      label: 'Data source',
      query: PLUGIN.id,
      refresh: 1,
      options: [],
    },
    ...ofDashboard.map(queryVariable),
    // Hidden: a link needs it, a reader does not.
    { type: 'constant', name: 'page', query: pageUrl, hide: 2, skipUrlSync: true },
  ];
}

function queryVariable({ name, label, sql, isMulti }: PanelVariable): Json {
  const { refId, queryType, rawSql, editorType, format, pluginVersion } = target(`var-${name}`, sql, 'table');
  return {
    type: 'query',
    name,
    label,
    datasource: DATASOURCE,
    query: { refId, queryType, rawSql, editorType, format, pluginVersion },
    definition: rawSql,
    // Whenever the range changes: it is in the query.
    refresh: 2,
    sort: 0,
    multi: isMulti,
    includeAll: isMulti,
    options: [],
    ...(isMulti ? { current: { text: ['All'], value: ['$__all'] } } : {}),
  };
}

const GRAFANA = { type: 'grafana', uid: '-- Grafana --' } as const;

const ANNOTATIONS: readonly Json[] = [
  {
    builtIn: 1,
    type: 'dashboard',
    name: 'Annotations & Alerts',
    enable: true,
    hide: true,
    iconColor: 'rgba(0, 211, 255, 1)',
    datasource: GRAFANA,
  },
  {
    name: 'Incidents',
    enable: true,
    hide: false,
    iconColor: 'red',
    datasource: DATASOURCE,
    target: target('incidents', incidentAnnotations, 'table'),
  },
  {
    // What the Grafana receiver wrote: the same incidents, for who has no access to the store. Off, or all would be there twice.
    name: 'Incidents, as told to Grafana',
    enable: false,
    hide: false,
    iconColor: 'orange',
    datasource: GRAFANA,
    target: { type: 'tags', tags: [TAG], limit: 100, matchAny: false },
  },
];
