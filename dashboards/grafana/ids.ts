/** Grafana's id of the ClickHouse plugin, and the version that the queries were written for. */
export const PLUGIN = { id: 'grafana-clickhouse-datasource', version: '4.20.0' } as const;

/** The data source that the reader chose. */
export const DATASOURCE = { type: PLUGIN.id, uid: `\${datasource}` } as const;

/** Where dashboards and rules lie in Grafana. */
export const FOLDER = { uid: 'plumbline', title: 'Plumbline' } as const;

/** Of our annotations and dashboards. */
export const TAG = 'plumbline';

/** JSON of Grafana's: its shape is held by its own types in the tests. */
export type Json = Record<string, unknown>;

/** A query as the plugin stores it: without its version and all three of type, format and editor it is taken for a table. */
export function target(refId: string, sql: string, format: 'timeseries' | 'table'): Json {
  return {
    refId,
    datasource: DATASOURCE,
    editorType: 'sql',
    queryType: format,
    format: format === 'timeseries' ? 0 : 1,
    pluginVersion: PLUGIN.version,
    meta: {},
    rawSql: sql.trim(),
  };
}
