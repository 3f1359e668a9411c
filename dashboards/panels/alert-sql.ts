import { SEVERITY_NUMBER, UNCLOSED } from './incident-sql.ts';

/**
 * What Grafana's own alert rule asks: one row for each open regression that no other incident speaks for, its texts to be
 * labels, and one number above 0. No macro of the browser is known there, and no variable. The title is not among the
 * labels: its numbers change, and a changed label is another alert.
 */
export const ALERT_SQL = `
SELECT id AS incident, project, model, version, segment, signal, aspect, severity, rule, toFloat64(${SEVERITY_NUMBER}) AS value
  FROM incidents FINAL
 WHERE ${UNCLOSED} AND verdict = 'regression'
 ORDER BY id
 LIMIT 500`;
