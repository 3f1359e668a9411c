import type { Json } from './ids.ts';

/** What Grafana has not read since its rows became a grid. */
const OLD_DASHBOARD_KEYS = [
  'rows',
  'originalTitle',
  'style',
  'hideControls',
  'sharedCrosshair',
  'hideAllLegends',
] as const;

/** The widest support: what the plugin's own dashboards use. */
const SCHEMA_VERSION = 41;
const COLUMNS = 24;
const ROW_PX = 38;

/**
 * Classic dashboard JSON, as Grafana 10 to 13 takes it, from what dash-gen generates: its rows become headings in the
 * grid, and what is of old goes. A copy: what dash-gen gives is its live state.
 */
export function modernise(generated: Json, { uid, description }: { uid: string; description: string }): Json {
  const { templating, annotations, links, ...rest } = structuredClone(generated) as Json &
    Record<'templating' | 'annotations', { list: Json[] }> & { links: Json[] };
  const rows = (rest['rows'] ?? []) as (Json & { panels: Json[] })[];
  for (const key of OLD_DASHBOARD_KEYS) delete rest[key];
  return {
    ...rest,
    uid,
    description,
    schemaVersion: SCHEMA_VERSION,
    version: 0,
    graphTooltip: 1,
    timepicker: {},
    templating: { list: templating.list },
    annotations: { list: annotations.list },
    links: links.map((link) => ({ ...link, asDropdown: false })),
    panels: layOut(rows),
  };
}

/** Each row is a heading, its panels from left to right under it, in as many lines as they need. */
function layOut(rows: readonly (Json & { panels: Json[] })[]): Json[] {
  const placed: Json[] = [];
  let y = 0;
  for (const { id, title, collapse, panels } of rows) {
    placed.push({
      id,
      type: 'row',
      title,
      collapsed: collapse === true,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let [x, lineHeight] = [0, 0];
    for (const { span, height, ...panel } of panels) {
      const [w, h] = [Number(span) * 2, Math.ceil(Number.parseInt(String(height), 10) / ROW_PX)];
      if (x + w > COLUMNS) [x, y, lineHeight] = [0, y + lineHeight, 0];
      placed.push({ ...panel, gridPos: { x, y, w, h } });
      x += w;
      lineHeight = Math.max(lineHeight, h);
    }
    y += lineHeight;
  }
  return placed;
}
