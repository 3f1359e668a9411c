import type { Panel, PanelColumn, PanelKind, PanelUnit, Threshold } from '../panels/panel.ts';
import { DATASOURCE, type Json, target } from './ids.ts';

/** Ids of Grafana's own units. */
export const UNITS: Readonly<Record<PanelUnit, string>> = {
  count: 'short',
  share: 'percentunit',
  ms: 'ms',
  s: 's',
  usd: 'currencyUSD',
  per_minute: 'cpm',
  tokens: 'short',
  tokens_per_second: 'short',
  characters: 'short',
  words: 'short',
  items: 'short',
  score: 'none',
  text: 'string',
  instant: 'dateTimeAsIso',
};

const TYPES: Readonly<Record<PanelKind, string>> = {
  timeseries: 'timeseries',
  stat: 'stat',
  table: 'table',
  statetimeline: 'state-timeline',
  barchart: 'barchart',
  heatmap: 'heatmap',
  text: 'text',
};

const COLOURS = { ok: 'green', warning: 'orange', critical: 'red', none: 'transparent' } as const;

/** Height of Grafana's row in the pixels of a dashboard of old. */
const ROW_PX = 38;

/** A panel as dash-gen lays it out (`span` of 12, `height` in pixels), in the form of today otherwise. */
export function panelJson(panel: Panel): Json {
  const { kind, sql } = panel;
  const common = {
    id: panel.number,
    type: TYPES[kind],
    title: panel.title,
    description: panel.question,
    span: panel.width / 2,
    height: `${panel.height * ROW_PX}px`,
    options: optionsOf(panel),
  };
  if (kind === 'text') return common;
  const isSeries = kind === 'timeseries' || kind === 'statetimeline' || kind === 'heatmap';
  return {
    ...common,
    datasource: DATASOURCE,
    fieldConfig: { defaults: defaultsOf(panel), overrides: panel.columns.map(override) },
    targets: [target('A', sql, isSeries ? 'timeseries' : 'table')],
    // Below a minute there is nothing to be seen.
    ...(isSeries ? { interval: '1m' } : {}),
  };
}

const steps = (thresholds: readonly Threshold[]): Json[] =>
  thresholds.length === 0
    ? [{ value: null, color: COLOURS.ok }]
    : thresholds.map(({ from, level }) => ({ value: from, color: COLOURS[level] }));

function defaultsOf(panel: Panel): Json {
  const { kind, unit, thresholds, states } = panel;
  const label = LABELS[kind];
  return {
    unit: UNITS[unit],
    thresholds: { mode: 'absolute', steps: steps(thresholds) },
    color: { mode: kind === 'timeseries' || kind === 'barchart' ? 'palette-classic' : 'thresholds' },
    custom: customOf(panel),
    ...(label !== undefined && new RegExp(`\\b${label}\\b`).test(panel.sql)
      ? { displayName: `\${__field.labels.${label}}` }
      : {}),
    ...(states.length === 0 ? {} : { mappings: [stateMapping(panel)] }),
    ...(kind === 'stat' ? { noValue: 'none' } : {}),
  };
}

/** The column whose texts name the lines, lanes and rows. */
const LABELS: Readonly<Partial<Record<PanelKind, string>>> = {
  timeseries: 'series',
  statetimeline: 'lane',
  heatmap: 'row',
};

const stateMapping = ({ states }: Panel): Json => ({
  type: 'value',
  options: Object.fromEntries(
    states.map(({ value, text, level }, index) => [String(value), { text, color: COLOURS[level], index }]),
  ),
});

function customOf({ kind, thresholds }: Panel): Json {
  switch (kind) {
    case 'timeseries':
      return {
        drawStyle: 'line',
        lineWidth: 1,
        fillOpacity: 5,
        showPoints: 'auto',
        // A stream that was silent has a gap, not a line across it.
        spanNulls: 7_200_000,
        thresholdsStyle: { mode: thresholds.length === 0 ? 'off' : 'dashed' },
      };
    case 'statetimeline':
      // Lanes change at different times: where one has no value, the last one holds.
      return { fillOpacity: 80, lineWidth: 0, spanNulls: true };
    case 'barchart':
      return { fillOpacity: 80, lineWidth: 1 };
    default:
      return {};
  }
}

function override(column: PanelColumn): Json {
  const links = column.link === undefined ? [] : [{ id: 'links', value: [linkOf(column.link)] }];
  return {
    matcher: { id: 'byName', options: column.name },
    properties: [
      { id: 'displayName', value: column.title },
      { id: 'unit', value: UNITS[column.unit] },
      ...links,
    ],
  };
}

/** From a row to where it is told in full. */
function linkOf(link: 'stream' | 'incident'): Json {
  return link === 'incident'
    ? {
        title: 'The incident on the page',
        url: `\${page}/#/incidents/\${__data.fields.id:percentencode}`,
        targetBlank: true,
      }
    : {
        title: 'How it does',
        url: `/d/plumbline-degradation?\${datasource:queryparam}&\${project:queryparam}&var-model=\${__data.fields.model:percentencode}&\${__url_time_range}`,
        targetBlank: false,
      };
}

const LEGEND = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] } as const;

function optionsOf(panel: Panel): Json {
  switch (panel.kind) {
    case 'timeseries':
      return { legend: LEGEND, tooltip: { mode: 'multi', sort: 'desc' } };
    case 'stat':
      return {
        graphMode: 'none',
        colorMode: panel.thresholds.length === 0 ? 'none' : 'value',
        justifyMode: 'auto',
        textMode: 'value',
        wideLayout: true,
        showPercentChange: false,
        percentChangeColorMode: 'standard',
        orientation: 'auto',
        reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' },
      };
    case 'table':
      return { frameIndex: 0, showHeader: true, cellHeight: 'sm' };
    case 'statetimeline':
      return {
        showValue: 'auto',
        rowHeight: 0.8,
        mergeValues: true,
        alignValue: 'left',
        legend: { ...LEGEND, showLegend: false },
        tooltip: { mode: 'single', sort: 'none' },
      };
    case 'barchart':
      return {
        orientation: 'horizontal',
        xTickLabelRotation: 0,
        xTickLabelMaxLength: 40,
        stacking: 'none',
        showValue: 'auto',
        barWidth: 0.9,
        groupWidth: 0.8,
        fullHighlight: false,
        legend: LEGEND,
        tooltip: { mode: 'multi', sort: 'desc' },
      };
    case 'heatmap':
      return HEATMAP;
    case 'text':
      return { mode: 'markdown', content: panel.text };
  }
}

const HEATMAP: Json = {
  calculate: false,
  color: { mode: 'scheme', scheme: 'Blues', fill: 'blue', exponent: 0.5, steps: 64, reverse: false },
  rowsFrame: { layout: 'auto' },
  showValue: 'never',
  cellGap: 1,
  yAxis: { axisPlacement: 'left', reverse: false },
  legend: { show: true },
  tooltip: { mode: 'single', yHistogram: false, showColorScale: true },
  exemplars: { color: 'red' },
};
