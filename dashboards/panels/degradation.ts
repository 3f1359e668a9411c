import { evidenceOverTime, lastFindings } from './findings-panels.ts';
import { MISUSE_ROWS } from './misuse.ts';
import { meanOverTime, quantileOverTime } from './over-time.ts';
import { type PanelDashboard, panel } from './panel.ts';
import { POINT, rollups, STREAM, WHOLE } from './rollup-sql.ts';
import { STREAM_VARIABLES } from './variables.ts';

const scores = panel({
  id: 'degradation-scores',
  number: 312,
  title: 'Scores',
  question: 'What do users, evaluators and ground truth say? Higher is better.',
  kind: 'timeseries',
  unit: 'score',
  width: 24,
  sql: `
SELECT ${POINT} AS time, concat(${STREAM}, ': ', substring(signal, 7)) AS series, sum(r.sum) / sum(r.count) AS value
  FROM ${rollups({ columns: ['project', 'bucket', 'model', 'version', 'signal', 'count', 'sum'], where: `startsWith(signal, 'score:') AND ${WHOLE}` })} AS r
 GROUP BY time, series
HAVING sum(r.count) > 0
 ORDER BY time, series`,
});

/** Is the service worse than it was: speed, failures, what the answers are worth, and who tries to misuse it. */
export const DEGRADATION: PanelDashboard = {
  uid: 'plumbline-degradation',
  title: 'Plumbline: degradation',
  purpose: 'Is a model slower, does it fail more, or are its answers worth less?',
  variables: STREAM_VARIABLES,
  rows: [
    {
      title: 'Speed',
      panels: [
        quantileOverTime('latency_ms', 0.5, {
          id: 'degradation-latency-median',
          number: 301,
          title: 'Latency, median',
          question: 'How long does a usual call take?',
        }),
        quantileOverTime('latency_ms', 0.95, {
          id: 'degradation-latency-p95',
          number: 302,
          title: 'Latency, p95',
          question: 'How long do the slow ones take?',
        }),
        quantileOverTime('time_to_first_token_ms', 0.95, {
          id: 'degradation-first-token',
          number: 303,
          title: 'Time to the first token, p95',
          question: 'How long does a user look at nothing?',
        }),
        quantileOverTime('tokens_per_second', 0.5, {
          id: 'degradation-throughput',
          number: 304,
          title: 'Tokens per second, median',
          question: 'Does a call generate as fast as it used to?',
        }),
      ],
    },
    {
      title: 'Answers',
      panels: [
        meanOverTime('error', {
          id: 'degradation-errors',
          number: 305,
          title: 'Share of errors',
          question: 'Do calls fail?',
        }),
        meanOverTime('refusal', {
          id: 'degradation-refusals',
          number: 306,
          title: 'Share of refusals',
          question: 'Does the model decline to answer?',
        }),
        meanOverTime('truncated', {
          id: 'degradation-truncated',
          number: 307,
          title: 'Share of truncated responses',
          question: 'Do responses stop at a length limit?',
        }),
        meanOverTime('empty', {
          id: 'degradation-empty',
          number: 308,
          title: 'Share of empty responses',
          question: 'Are there answers that say nothing?',
        }),
        meanOverTime('json_valid', {
          id: 'degradation-json-valid',
          number: 309,
          title: 'Share of valid JSON',
          question: 'Of the responses that mean to be JSON, how many parse?',
        }),
        meanOverTime('repetition', {
          id: 'degradation-repetition',
          number: 310,
          title: 'Repetition, mean',
          question: 'Does the model go round in circles?',
        }),
        quantileOverTime('relevance', 0.5, {
          id: 'degradation-relevance',
          number: 311,
          title: 'Relevance, median',
          question: 'Do the answers still belong to their prompts?',
          width: 24,
        }),
        scores,
      ],
    },
    ...MISUSE_ROWS,
    {
      title: 'Judgements',
      panels: [
        evidenceOverTime('degradation', { id: 'degradation-evidence', number: 313, width: 24 }),
        lastFindings('degradation', { id: 'degradation-findings', number: 314 }),
      ],
    },
  ],
};
