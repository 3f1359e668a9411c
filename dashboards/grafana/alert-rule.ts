import { ALERT_SQL } from '../panels/alert-sql.ts';
import { OVERVIEW } from '../panels/overview.ts';
import { FOLDER, type Json, PLUGIN, TAG } from './ids.ts';

/** Uid of the data source that our files make: an alert rule cannot ask for another. */
export const DATASOURCE_UID = 'plumbline';

/** Panel that Grafana shows beside the alert. */
const PANEL_NUMBER = 102;

/**
 * Grafana's file of one rule: it fires for each open regression, and so brings them into Grafana's list of alerts, its
 * history and its silences. A table without rows is all well; an error is not, and is shown as one.
 */
export function alertRules({ contactPoint }: { contactPoint: string }): Json {
  const query = {
    refId: 'A',
    editorType: 'sql',
    queryType: 'table',
    format: 1,
    pluginVersion: PLUGIN.version,
    meta: {},
    rawSql: ALERT_SQL.trim(),
  };
  const rule = {
    uid: 'plumbline-regression-open',
    title: 'Regression open',
    condition: 'C',
    for: '0s',
    keepFiringFor: '0s',
    noDataState: 'OK',
    execErrState: 'Error',
    dashboardUid: OVERVIEW.uid,
    panelId: PANEL_NUMBER,
    labels: { source: TAG },
    annotations: {
      summary:
        '{{ $labels.signal }} of {{ $labels.model }} {{ $labels.version }} {{ $labels.segment }} is worse than it was',
      description:
        'Plumbline has an open incident, {{ $labels.incident }}. Its page and its dashboard tell the rest.',
    },
    data: [
      {
        refId: 'A',
        datasourceUid: DATASOURCE_UID,
        relativeTimeRange: { from: 3600, to: 0 },
        model: query,
      },
      {
        refId: 'C',
        datasourceUid: '__expr__',
        relativeTimeRange: { from: 3600, to: 0 },
        model: {
          refId: 'C',
          type: 'threshold',
          expression: 'A',
          conditions: [{ evaluator: { type: 'gt', params: [0] } }],
        },
      },
    ],
    isPaused: false,
    notification_settings: { receiver: contactPoint },
  };
  return {
    apiVersion: 1,
    groups: [{ orgId: 1, name: 'plumbline', folder: FOLDER.title, interval: '60s', rules: [rule] }],
  };
}
