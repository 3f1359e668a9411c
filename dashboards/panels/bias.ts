import { groupGaps, lastFindings } from './findings-panels.ts';
import { type Panel, type PanelDashboard, panel } from './panel.ts';
import { BINS, literal, POINT, quantile, rollups } from './rollup-sql.ts';
import { ATTRIBUTE_VARIABLE, STREAM_VARIABLES } from './variables.ts';

/** Rows of the segments of the attribute that the reader chose. */
const OF_ATTRIBUTE = `startsWith(segment, concat(\${attribute:singlequote}, '='))`;
const VALUE = `substring(segment, length(\${attribute:singlequote}) + 2)`;
/** Below this a share says nothing of a segment in a table. */
const SEGMENT_ROWS_MIN = 30;

type Given = Pick<Panel, 'id' | 'number' | 'title' | 'question'>;

const shareBySegment = (signal: string, given: Given): Panel =>
  panel({
    kind: 'timeseries',
    unit: 'share',
    ...given,
    sql: `
SELECT ${POINT} AS time, ${VALUE} AS series, sum(r.sum) / sum(r.count) AS value
  FROM ${rollups({ columns: ['bucket', 'segment', 'count', 'sum'], where: `signal = ${literal(signal)} AND ${OF_ATTRIBUTE}` })} AS r
 GROUP BY time, series
HAVING sum(r.count) > 0
 ORDER BY time, series`,
  });

const GAP_SIGNALS = ['error', 'refusal', 'partial_refusal', 'empty', 'truncated', 'toxicity', 'json_valid'];

/** The margin is that of the normal approximation: the table ranks, the detectors judge. */
const gaps = panel({
  id: 'bias-gaps',
  number: 405,
  title: 'Segments that differ from the rest',
  question: 'Who is served otherwise than the others, by how much, and on how many inferences is that seen?',
  kind: 'table',
  sql: `
SELECT model, signal, value, share, of_others, share - of_others AS difference,
       1.96 * sqrt(share * (1 - share) / rows + of_others * (1 - of_others) / other_rows) AS margin, rows
  FROM (
    SELECT model, signal, ${VALUE} AS value, sum(r.count) AS rows, sum(r.sum) / rows AS share,
           sum(rows) OVER (PARTITION BY model, signal) - rows AS other_rows,
           (sum(sum(r.sum)) OVER (PARTITION BY model, signal) - sum(r.sum)) / other_rows AS of_others
      FROM ${rollups({ columns: ['model', 'segment', 'signal', 'count', 'sum'], where: `signal IN (${GAP_SIGNALS.map(literal).join(', ')}) AND ${OF_ATTRIBUTE}` })} AS r
     GROUP BY model, signal, segment
  )
 WHERE rows >= ${SEGMENT_ROWS_MIN} AND other_rows >= ${SEGMENT_ROWS_MIN}
 ORDER BY abs(difference) - margin DESC, model, signal, value
 LIMIT 100`,
  columns: [
    { name: 'model', title: 'Model', unit: 'text', link: 'stream' },
    { name: 'signal', title: 'Signal', unit: 'text' },
    { name: 'value', title: 'Segment', unit: 'text' },
    { name: 'share', title: 'Share', unit: 'share' },
    { name: 'of_others', title: 'Of the others', unit: 'share' },
    { name: 'difference', title: 'Difference', unit: 'share' },
    { name: 'margin', title: '± (95 %)', unit: 'share' },
    { name: 'rows', title: 'Inferences', unit: 'count' },
  ],
});

/** Are all served alike: the segments of one attribute side by side. */
export const BIAS: PanelDashboard = {
  uid: 'plumbline-bias',
  title: 'Plumbline: bias',
  purpose: 'Are all served alike? The segments of one attribute side by side.',
  variables: [...STREAM_VARIABLES, ATTRIBUTE_VARIABLE],
  rows: [
    {
      title: 'Who there is',
      panels: [
        panel({
          id: 'bias-inferences',
          number: 401,
          title: 'Inferences by $attribute',
          question: 'How many inferences does each segment have? A small one proves little.',
          kind: 'barchart',
          sql: `
SELECT ${VALUE} AS value, sum(r.count) AS inferences
  FROM ${rollups({ columns: ['segment', 'count'], where: `signal = 'inferences' AND ${OF_ATTRIBUTE}` })} AS r
 GROUP BY value
 ORDER BY inferences DESC, value
 LIMIT 50`,
        }),
        panel({
          id: 'bias-latency',
          number: 402,
          title: 'Latency by $attribute, median',
          question: 'Do some wait longer than others?',
          kind: 'timeseries',
          unit: 'ms',
          sql: `
SELECT time, series, ${quantile(0.5)} AS value
  FROM (
    SELECT ${POINT} AS time, ${VALUE} AS series, ${BINS}
      FROM ${rollups({ columns: ['bucket', 'segment', 'bins'], where: `signal = 'latency_ms' AND ${OF_ATTRIBUTE}` })}
     GROUP BY time, series
    HAVING notEmpty(bin_seen)
  )
 ORDER BY time, series`,
        }),
      ],
    },
    {
      title: 'How they are served',
      panels: [
        shareBySegment('refusal', {
          id: 'bias-refusals',
          number: 403,
          title: 'Share of refusals by $attribute',
          question: 'Are some declined more often than others?',
        }),
        shareBySegment('error', {
          id: 'bias-errors',
          number: 404,
          title: 'Share of errors by $attribute',
          question: 'Do the calls of some fail more often?',
        }),
        gaps,
      ],
    },
    {
      title: 'Judgements',
      panels: [
        groupGaps({ id: 'bias-groups', number: 407 }),
        lastFindings('bias', {
          id: 'bias-findings',
          number: 406,
          question: 'What did the bias detectors say last? Empty while none has anything to compare.',
        }),
      ],
    },
  ],
};
