import { type PanelDashboard, panel } from './panel.ts';
import { CHOSEN, COVERED_S, POINT, rollups, WHOLE } from './rollup-sql.ts';
import { STREAM_VARIABLES } from './variables.ts';

const LATE = [
  { from: null, level: 'ok' },
  { from: 300, level: 'warning' },
  { from: 1800, level: 'critical' },
] as const;

const numbers = [
  panel({
    id: 'pipeline-age',
    number: 701,
    title: 'Age of the newest minute',
    question: 'Do inferences still arrive, and are they counted?',
    kind: 'stat',
    unit: 's',
    width: 6,
    thresholds: LATE,
    sql: `
SELECT if(count() = 0, NULL, greatest(0, dateDiff('second', max(bucket), now()) - 60)) AS value
  FROM rollup_minute FINAL
PREWHERE bucket >= now() - 86400 AND signal = 'inferences' AND segment = '' AND ${CHOSEN}`,
  }),
  panel({
    id: 'pipeline-judged-age',
    number: 702,
    title: 'Age of the last judgement',
    question: 'Do the analyzers keep up?',
    kind: 'stat',
    unit: 's',
    width: 6,
    sql: `
SELECT if(count() = 0, NULL, greatest(0, dateDiff('second', max(until), now()))) AS value
  FROM findings
 WHERE until >= now() - 604800 AND ${CHOSEN}`,
  }),
  panel({
    id: 'pipeline-waiting',
    number: 703,
    title: 'Deliveries that wait',
    question: 'Does a receiver not take what it is sent?',
    kind: 'stat',
    width: 6,
    thresholds: [
      { from: null, level: 'ok' },
      { from: 1, level: 'warning' },
    ],
    sql: `
SELECT count() AS value
  FROM deliveries FINAL
 WHERE state = 'waiting' AND $__conditionalAll(project IN (\${project:singlequote}), $project)`,
  }),
  panel({
    id: 'pipeline-blind',
    number: 704,
    title: 'Judgements without enough data',
    question: 'Of how many judgements was there too little to say anything?',
    kind: 'stat',
    unit: 'share',
    width: 6,
    sql: `
SELECT if(count() = 0, NULL, countIf(outcome = 'not_enough_data') / count()) AS value
  FROM findings FINAL
 WHERE until >= $__fromTime AND until <= $__toTime AND ${CHOSEN}`,
  }),
];

const arrivals = panel({
  id: 'pipeline-arrivals',
  number: 705,
  title: 'Inferences per minute, by project',
  question: 'Did somebody stop sending?',
  kind: 'timeseries',
  unit: 'per_minute',
  sql: `
SELECT ${POINT} AS time, project AS series, sum(r.count) / (${COVERED_S} / 60) AS value
  FROM ${rollups({ columns: ['project', 'bucket', 'count'], where: `signal = 'inferences' AND ${WHOLE}` })} AS r
 GROUP BY time, series
 ORDER BY time, series`,
});

const POINT_S = `(intDiv($__interval_s + 299, 300) * 300)`;

const judged = panel({
  id: 'pipeline-judgements',
  number: 706,
  title: 'Judgements, by outcome',
  question: 'How much is judged, and how much of it cannot be?',
  kind: 'timeseries',
  unit: 'count',
  sql: `
SELECT toDateTime(intDiv(toUnixTimestamp(until), ${POINT_S}) * ${POINT_S}, 'UTC') AS time, outcome AS series, count() AS value
  FROM findings FINAL
 WHERE until >= $__fromTime AND until <= $__toTime AND ${CHOSEN}
 GROUP BY time, series
 ORDER BY time, series`,
});

const coverage = panel({
  id: 'pipeline-coverage',
  number: 707,
  title: 'Inferences that have a signal',
  question: 'What is not sent, or not yet computed? Relevance comes with the embeddings, behind the store.',
  kind: 'barchart',
  unit: 'share',
  sql: `
WITH counted AS (
  SELECT signal, sum(r.count) AS rows
    FROM ${rollups({ columns: ['signal', 'count'], where: `NOT startsWith(signal, 'score:') AND ${WHOLE}` })} AS r
   GROUP BY signal)
SELECT toString(signal) AS name, rows / (SELECT sum(rows) FROM counted WHERE signal = 'inferences') AS share
  FROM counted
 WHERE signal != 'inferences'
 ORDER BY share DESC, name
 LIMIT 100`,
});

const sent = panel({
  id: 'pipeline-deliveries',
  number: 708,
  title: 'Deliveries, by receiver',
  question: 'Does each receiver take what it is sent?',
  kind: 'barchart',
  sql: `
SELECT toString(receiver) AS name, countIf(state = 'sent') AS sent, countIf(state = 'waiting') AS waiting,
       countIf(state = 'failed') AS failed, countIf(state = 'skipped') AS skipped
  FROM deliveries FINAL
 WHERE decided_at >= $__fromTime AND decided_at <= $__toTime
   AND $__conditionalAll(project IN (\${project:singlequote}), $project)
 GROUP BY name
 ORDER BY count() DESC, name
 LIMIT 50`,
});

const note = panel({
  id: 'pipeline-note',
  number: 709,
  title: 'What is not here',
  question: 'Where are the numbers of the processes themselves?',
  kind: 'text',
  text: 'These panels read the store. What a process knows of itself (queues, refusals, lag of the log, memory) it says at `/metrics`, for Prometheus.',
});

/** Does Plumbline itself work: arrivals, judgements, deliveries. */
export const PIPELINE: PanelDashboard = {
  uid: 'plumbline-pipeline',
  title: 'Plumbline: pipeline health',
  purpose: 'Does Plumbline itself work: do inferences arrive, are they judged, is anybody told?',
  variables: STREAM_VARIABLES,
  rows: [
    { title: 'Now', panels: numbers },
    { title: 'Flow', panels: [arrivals, judged, coverage, sent, note] },
  ],
};
