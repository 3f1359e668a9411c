import { incidentLanes, openIncidents, openRegressions } from './incident-panels.ts';
import { IDENTITY, IDENTITY_COLUMNS, incidents, OPEN_IN_RANGE, SHOWN, UNCLOSED } from './incident-sql.ts';
import { type PanelDashboard, panel } from './panel.ts';
import { STREAM_VARIABLES } from './variables.ts';

const numbers = [
  openRegressions({ id: 'incidents-open-regressions', number: 601 }),
  panel({
    id: 'incidents-open',
    number: 602,
    title: 'Open',
    question: 'How many incidents of any kind are open right now?',
    kind: 'stat',
    sql: incidents('count() AS value', UNCLOSED),
  }),
  panel({
    id: 'incidents-nobody',
    number: 603,
    title: 'Taken on by nobody',
    question: 'How many open regressions wait for somebody?',
    kind: 'stat',
    thresholds: [
      { from: null, level: 'ok' },
      { from: 1, level: 'warning' },
    ],
    sql: incidents('count() AS value', `${UNCLOSED} AND verdict = 'regression' AND acknowledged_by = ''`),
  }),
  panel({
    id: 'incidents-opened',
    number: 604,
    title: 'Opened in this range',
    question: 'How many incidents opened?',
    kind: 'stat',
    sql: incidents(
      'count() AS value',
      `${SHOWN} AND muted_by = '' AND opened_at >= $__fromTime AND opened_at <= $__toTime`,
    ),
  }),
  panel({
    id: 'incidents-duration',
    number: 605,
    title: 'Time to close, median',
    question: 'How long does an incident usually last?',
    kind: 'stat',
    unit: 's',
    sql: incidents(
      `if(count() = 0, NULL, quantileExact(0.5)(dateDiff('second', opened_at, assumeNotNull(closed_at)))) AS value`,
      `state = 'closed' AND closed_at IS NOT NULL AND closed_at >= $__fromTime AND closed_at <= $__toTime`,
    ),
  }),
  panel({
    id: 'incidents-undelivered',
    number: 606,
    title: 'Not delivered',
    question: 'How many notifications of this range did a receiver refuse for good?',
    kind: 'stat',
    thresholds: [
      { from: null, level: 'ok' },
      { from: 1, level: 'critical' },
    ],
    sql: `
SELECT count() AS value
  FROM deliveries FINAL
 WHERE state = 'failed' AND decided_at >= $__fromTime AND decided_at <= $__toTime
   AND $__conditionalAll(project IN (\${project:singlequote}), $project)`,
  }),
];

const opened = panel({
  id: 'incidents-by-day',
  number: 607,
  title: 'Opened, by aspect',
  question: 'What changes most often?',
  kind: 'barchart',
  width: 24,
  sql: `${incidents(
    `if(aspect = '', signal, aspect) AS what, countIf(verdict = 'regression') AS regressions,
       countIf(verdict = 'change') AS changes, countIf(verdict = 'improvement') AS improvements`,
    `${SHOWN} AND muted_by = '' AND opened_at >= $__fromTime AND opened_at <= $__toTime`,
  )}
 GROUP BY what
 ORDER BY count() DESC, what
 LIMIT 50`,
});

const all = panel({
  id: 'incidents-of-range',
  number: 608,
  title: 'Incidents of this range',
  question: 'What was open at some moment of this range?',
  kind: 'table',
  sql: `${incidents(
    `${IDENTITY}, rule,
       toDateTime(opened_at, 'UTC') AS opened, toDateTime(closed_at, 'UTC') AS closed, muted_by, id`,
    `${SHOWN} AND ${OPEN_IN_RANGE}`,
  )}
 ORDER BY opened_at DESC, id
 LIMIT 500`,
  columns: [
    ...IDENTITY_COLUMNS,
    { name: 'rule', title: 'Rule', unit: 'text' },
    { name: 'opened', title: 'Opened', unit: 'instant' },
    { name: 'closed', title: 'Closed', unit: 'instant' },
    { name: 'muted_by', title: 'Spoken for by', unit: 'text' },
    { name: 'id', title: 'Id', unit: 'text' },
  ],
});

const silences = panel({
  id: 'incidents-silences',
  number: 609,
  title: 'Silences',
  question: 'About what is nobody told right now, by whose decision, and until when?',
  kind: 'table',
  width: 12,
  sql: `
SELECT arrayStringConcat(matchers, ', ') AS what, toDateTime(ends_at, 'UTC') AS until_at, author, comment,
       if(project = '', 'all', toString(project)) AS of_project
  FROM silences FINAL
 WHERE starts_at <= now() AND ends_at > now()
   AND (project = '' OR $__conditionalAll(project IN (\${project:singlequote}), $project))
 ORDER BY ends_at, id
 LIMIT 200`,
  columns: [
    { name: 'what', title: 'What', unit: 'text' },
    { name: 'until_at', title: 'Until', unit: 'instant' },
    { name: 'author', title: 'By', unit: 'text' },
    { name: 'comment', title: 'Why', unit: 'text' },
    { name: 'of_project', title: 'Project', unit: 'text' },
  ],
});

const deliveries = panel({
  id: 'incidents-deliveries',
  number: 610,
  title: 'Deliveries that failed or wait',
  question: 'Who was not told, and what did the receiver say?',
  kind: 'table',
  width: 12,
  sql: `
SELECT receiver, kind, state, attempts, error, toDateTime(decided_at, 'UTC') AS decided, incident_id AS id
  FROM deliveries FINAL
 WHERE state IN ('waiting', 'failed') AND decided_at >= $__fromTime AND decided_at <= $__toTime
   AND $__conditionalAll(project IN (\${project:singlequote}), $project)
 ORDER BY decided_at DESC, incident_id, receiver, sequence
 LIMIT 200`,
  columns: [
    { name: 'receiver', title: 'Receiver', unit: 'text' },
    { name: 'kind', title: 'Kind', unit: 'text' },
    { name: 'state', title: 'State', unit: 'text' },
    { name: 'attempts', title: 'Attempts', unit: 'count' },
    { name: 'error', title: 'Answer', unit: 'text' },
    { name: 'decided', title: 'Decided', unit: 'instant' },
    { name: 'id', title: 'Incident', unit: 'text', link: 'incident' },
  ],
});

/** What is open, what was, and whether those who should know were told. */
export const INCIDENTS: PanelDashboard = {
  uid: 'plumbline-incidents',
  title: 'Plumbline: incidents',
  purpose: 'What is open, what was, and were those who should know told?',
  variables: STREAM_VARIABLES,
  rows: [
    { title: 'Now', panels: numbers },
    {
      title: 'Open',
      panels: [
        openIncidents({ id: 'incidents-open-table', number: 611 }),
        incidentLanes({ id: 'incidents-lanes', number: 612 }),
      ],
    },
    { title: 'History', panels: [opened, all] },
    { title: 'Who was told', panels: [silences, deliveries] },
  ],
};
