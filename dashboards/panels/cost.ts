import { evidenceOverTime } from './findings-panels.ts';
import { meanOverTime, quantileOverTime, ratePerMinute } from './over-time.ts';
import { type PanelDashboard, panel } from './panel.ts';
import { COVERED_S, POINT, rollups, STREAM, WHOLE } from './rollup-sql.ts';
import { STREAM_VARIABLES } from './variables.ts';

const perHour = panel({
  id: 'cost-per-hour',
  number: 501,
  title: 'Cost per hour',
  question: 'What do we spend, and on which model?',
  kind: 'timeseries',
  unit: 'usd',
  sql: `
SELECT ${POINT} AS time, ${STREAM} AS series, sum(r.sum) / 1e6 / (${COVERED_S} / 3600) AS value
  FROM ${rollups({ columns: ['project', 'bucket', 'model', 'version', 'sum'], where: `signal = 'cost_micro_usd' AND ${WHOLE}` })} AS r
 GROUP BY time, series
 ORDER BY time, series`,
});

const perThousand = panel({
  id: 'cost-per-thousand',
  number: 502,
  title: 'Cost of 1,000 inferences',
  question: 'Did one call become dearer, or are there more of them?',
  kind: 'timeseries',
  unit: 'usd',
  sql: `
SELECT ${POINT} AS time, ${STREAM} AS series, sum(r.sum) / sum(r.count) / 1e3 AS value
  FROM ${rollups({ columns: ['project', 'bucket', 'model', 'version', 'count', 'sum'], where: `signal = 'cost_micro_usd' AND ${WHOLE}` })} AS r
 GROUP BY time, series
HAVING sum(r.count) > 0
 ORDER BY time, series`,
});

const byModel = panel({
  id: 'cost-by-model',
  number: 503,
  title: 'Where the money goes',
  question: 'Which model and version costs how much, in sum and per call?',
  kind: 'table',
  sql: `
SELECT project, model, version, sumIf(r.count, signal = 'inferences') AS inferences,
       sumIf(r.sum, signal = 'cost_micro_usd') / 1e6 AS cost,
       if(sumIf(r.count, signal = 'cost_micro_usd') = 0, NULL,
          sumIf(r.sum, signal = 'cost_micro_usd') / sumIf(r.count, signal = 'cost_micro_usd') / 1e3) AS cost_per_thousand,
       sumIf(r.sum, signal = 'input_tokens') AS tokens_read, sumIf(r.sum, signal = 'cached_tokens') AS tokens_cached,
       sumIf(r.sum, signal = 'output_tokens') AS tokens_generated
  FROM ${rollups({ columns: ['project', 'model', 'version', 'signal', 'count', 'sum'], where: `signal IN ('inferences', 'cost_micro_usd', 'input_tokens', 'cached_tokens', 'output_tokens') AND ${WHOLE}` })} AS r
 GROUP BY project, model, version
 ORDER BY cost DESC, inferences DESC, project, model, version
 LIMIT 200`,
  columns: [
    { name: 'project', title: 'Project', unit: 'text' },
    { name: 'model', title: 'Model', unit: 'text', link: 'stream' },
    { name: 'version', title: 'Version', unit: 'text' },
    { name: 'inferences', title: 'Inferences', unit: 'count' },
    { name: 'cost', title: 'Cost', unit: 'usd' },
    { name: 'cost_per_thousand', title: 'Per 1,000 inferences', unit: 'usd' },
    { name: 'tokens_read', title: 'Tokens read', unit: 'tokens' },
    { name: 'tokens_cached', title: 'of them cached', unit: 'tokens' },
    { name: 'tokens_generated', title: 'Tokens generated', unit: 'tokens' },
  ],
});

const bySegment = panel({
  id: 'cost-by-segment',
  number: 512,
  title: 'Cost by segment',
  question: 'For whom is the money spent?',
  kind: 'table',
  sql: `
SELECT segment, sumIf(r.count, signal = 'inferences') AS inferences, sumIf(r.sum, signal = 'cost_micro_usd') / 1e6 AS cost,
       if(sumIf(r.count, signal = 'cost_micro_usd') = 0, NULL,
          sumIf(r.sum, signal = 'cost_micro_usd') / sumIf(r.count, signal = 'cost_micro_usd') / 1e3) AS cost_per_thousand
  FROM ${rollups({ columns: ['segment', 'signal', 'count', 'sum'], where: `signal IN ('inferences', 'cost_micro_usd') AND segment != ''` })} AS r
 GROUP BY segment
 ORDER BY cost DESC, segment
 LIMIT 200`,
  columns: [
    { name: 'segment', title: 'Segment', unit: 'text' },
    { name: 'inferences', title: 'Inferences', unit: 'count' },
    { name: 'cost', title: 'Cost', unit: 'usd' },
    { name: 'cost_per_thousand', title: 'Per 1,000 inferences', unit: 'usd' },
  ],
});

/** What it costs, and whether there is room. */
export const COST: PanelDashboard = {
  uid: 'plumbline-cost',
  title: 'Plumbline: cost and capacity',
  purpose: 'What do the models cost, what is it spent on, and is there room for more?',
  variables: STREAM_VARIABLES,
  rows: [
    { title: 'Cost', panels: [perHour, perThousand, byModel, bySegment] },
    {
      title: 'Tokens',
      panels: [
        ratePerMinute(
          { signal: 'input_tokens', of: 'sum' },
          {
            id: 'cost-tokens-read',
            number: 504,
            title: 'Tokens read per minute',
            question: 'How much do the prompts take?',
          },
        ),
        ratePerMinute(
          { signal: 'output_tokens', of: 'sum' },
          {
            id: 'cost-tokens-generated',
            number: 505,
            title: 'Tokens generated per minute',
            question: 'How much do the models write?',
          },
        ),
        meanOverTime('cached_tokens', {
          id: 'cost-cached-tokens',
          number: 506,
          title: 'Cached tokens of a call, mean',
          question: 'Does the cache still work?',
        }),
        meanOverTime('output_tokens', {
          id: 'cost-output-tokens',
          number: 507,
          title: 'Tokens of a response, mean',
          question: 'Do longer responses make it dear?',
        }),
      ],
    },
    {
      title: 'Capacity',
      panels: [
        quantileOverTime('queue_ms', 0.95, {
          id: 'cost-queue',
          number: 508,
          title: 'Time in the queue, p95',
          question: 'Are there too few workers?',
        }),
        quantileOverTime('tokens_per_second', 0.05, {
          id: 'cost-slow-workers',
          number: 509,
          title: 'Tokens per second, p05',
          question: 'Do the slowest calls starve?',
        }),
        evidenceOverTime('cost', { id: 'cost-evidence', number: 510, width: 24 }),
      ],
    },
  ],
};
