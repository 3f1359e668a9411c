import {
  IDENTITY,
  IDENTITY_COLUMNS,
  incidents,
  OPEN_IN_RANGE,
  SEVERITY_NUMBER,
  SHOWN,
  TITLE,
  UNCLOSED,
} from './incident-sql.ts';
import { type Panel, panel } from './panel.ts';
import { STREAM } from './rollup-sql.ts';

type Given = Pick<Panel, 'id' | 'number'> & Partial<Panel>;

const ALIGHT = [
  { from: null, level: 'ok' },
  { from: 1, level: 'critical' },
] as const;

/** How many regressions are open, whatever the range. */
export const openRegressions = (given: Given): Panel =>
  panel({
    title: 'Open regressions',
    question: 'Is anything worse than it was, right now?',
    kind: 'stat',
    thresholds: ALIGHT,
    ...given,
    sql: incidents('count() AS value', `${UNCLOSED} AND verdict = 'regression'`),
  });

/** What is open, the most urgent first. */
export const openIncidents = (given: Given): Panel =>
  panel({
    title: 'Open incidents',
    question: 'What is open, how urgent is it, and has somebody taken it on?',
    kind: 'table',
    ...given,
    sql: `${incidents(
      `${IDENTITY},
       toDateTime(since, 'UTC') AS since_at, acknowledged_by, id`,
      UNCLOSED,
    )}
 ORDER BY ${SEVERITY_NUMBER} DESC, opened_at DESC, id
 LIMIT 200`,
    columns: [
      ...IDENTITY_COLUMNS,
      { name: 'since_at', title: 'Since', unit: 'instant' },
      { name: 'acknowledged_by', title: 'Taken on by', unit: 'text' },
      { name: 'id', title: 'Id', unit: 'text' },
    ],
  });

/** When what was open: one lane for each aspect of each stream, at most fifty. */
export const incidentLanes = (given: Given): Panel =>
  panel({
    title: 'Incidents over time',
    question: 'When did which change begin and end?',
    kind: 'statetimeline',
    states: [
      { value: 0, text: 'closed', level: 'none' },
      { value: 1, text: 'info', level: 'ok' },
      { value: 2, text: 'warning', level: 'warning' },
      { value: 3, text: 'critical', level: 'critical' },
    ],
    ...given,
    sql: `
WITH shown AS (
  ${incidents(
    `concat(${STREAM}, if(segment = '', '', concat(' ', segment)), ': ', if(aspect = '', signal, aspect)) AS lane,
         ${SEVERITY_NUMBER} AS severity_number, opened_at, closed_at`,
    `${SHOWN} AND ${OPEN_IN_RANGE}`,
  )}
   ORDER BY opened_at DESC LIMIT 500
), lanes AS (SELECT lane FROM shown GROUP BY lane ORDER BY max(severity_number) DESC, max(opened_at) DESC LIMIT 50)
SELECT time, lane, max(severity_number) AS severity
  FROM (
    SELECT greatest(toDateTime(opened_at, 'UTC'), toDateTime($__fromTime, 'UTC')) AS time, lane, severity_number
      FROM shown WHERE lane IN (SELECT lane FROM lanes)
    UNION ALL
    SELECT toDateTime(assumeNotNull(closed_at), 'UTC') AS time, lane, 0 AS severity_number
      FROM shown WHERE closed_at IS NOT NULL AND closed_at <= $__toTime AND lane IN (SELECT lane FROM lanes)
  )
 GROUP BY time, lane
 ORDER BY time, lane`,
  });

/** Incidents as regions on every panel with a time axis: columns `time`, `timeEnd`, `text` and `tags`. */
export const incidentAnnotations = `${incidents(
  `opened_at AS time, ifNull(closed_at, now64(3)) AS timeEnd, concat(${TITLE}, ' (', model, ')') AS text,
       concat('incident:', id, ',', verdict, ',', severity) AS tags`,
  `${SHOWN} AND muted_by = '' AND ${OPEN_IN_RANGE}`,
)}
 ORDER BY time DESC
 LIMIT 200`;
