import { incidentLanes, openIncidents, openRegressions } from './incident-panels.ts';
import { meanOverTime, quantileOverTime, ratePerMinute } from './over-time.ts';
import { type PanelDashboard, panel } from './panel.ts';
import { BINS, quantile, rollups, WHOLE } from './rollup-sql.ts';
import { STREAM_VARIABLES } from './variables.ts';

const SUMS = ['count', 'sum'];

/** One number of a signal over the whole range. */
const overRange = (expression: string, signal: string): string => `
SELECT ${expression} AS value
  FROM ${rollups({ columns: SUMS, where: `signal = '${signal}' AND ${WHOLE}` })} AS r`;

const numbers = [
  panel({
    id: 'overview-inferences',
    number: 101,
    title: 'Inferences',
    question: 'How many inferences are there in this range?',
    kind: 'stat',
    sql: overRange('sum(r.count)', 'inferences'),
  }),
  openRegressions({ id: 'overview-open-regressions', number: 102 }),
  panel({
    id: 'overview-error-share',
    number: 103,
    title: 'Errors',
    question: 'Which share of the calls failed?',
    kind: 'stat',
    unit: 'share',
    thresholds: [
      { from: null, level: 'ok' },
      { from: 0.01, level: 'warning' },
      { from: 0.05, level: 'critical' },
    ],
    sql: overRange('if(sum(r.count) = 0, NULL, sum(r.sum) / sum(r.count))', 'error'),
  }),
  panel({
    id: 'overview-latency-p95',
    number: 104,
    title: 'Latency, p95',
    question: 'How long do the slowest twentieth of the calls take at least?',
    kind: 'stat',
    unit: 'ms',
    sql: `
SELECT ${quantile(0.95)} AS value
  FROM (SELECT ${BINS} FROM ${rollups({ columns: ['bins'], where: `signal = 'latency_ms' AND ${WHOLE}` })})
 WHERE notEmpty(bin_seen)`,
  }),
  panel({
    id: 'overview-refusal-share',
    number: 105,
    title: 'Refusals',
    question: 'Which share of the responses declines to answer?',
    kind: 'stat',
    unit: 'share',
    sql: overRange('if(sum(r.count) = 0, NULL, sum(r.sum) / sum(r.count))', 'refusal'),
  }),
  panel({
    id: 'overview-cost',
    number: 106,
    title: 'Cost',
    question: 'What did the calls of this range cost?',
    kind: 'stat',
    unit: 'usd',
    sql: overRange('sum(r.sum) / 1e6', 'cost_micro_usd'),
  }),
];

/** Is all well, and if not, what is not: the first page to open. */
export const OVERVIEW: PanelDashboard = {
  uid: 'plumbline-overview',
  title: 'Plumbline: overview',
  purpose: 'Is all well with the models, and if not, where is it not?',
  variables: STREAM_VARIABLES,
  rows: [
    { title: 'Now', panels: numbers },
    {
      title: 'Incidents',
      panels: [
        openIncidents({ id: 'overview-open-incidents', number: 107 }),
        incidentLanes({ id: 'overview-incident-lanes', number: 108 }),
      ],
    },
    {
      title: 'Traffic and health',
      panels: [
        ratePerMinute(
          { signal: 'inferences', of: 'count' },
          {
            id: 'overview-traffic',
            number: 109,
            title: 'Inferences per minute',
            question: 'Does each model get the traffic it should?',
          },
        ),
        meanOverTime('error', {
          id: 'overview-errors',
          number: 110,
          title: 'Share of errors',
          question: 'Did calls begin to fail, and of which model?',
        }),
        quantileOverTime('latency_ms', 0.95, {
          id: 'overview-latency',
          number: 111,
          title: 'Latency, p95',
          question: 'Did a model become slow?',
        }),
        meanOverTime('refusal', {
          id: 'overview-refusals',
          number: 112,
          title: 'Share of refusals',
          question: 'Did a model begin to decline what it used to answer?',
        }),
      ],
    },
  ],
};
