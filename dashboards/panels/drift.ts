import { evidenceOverTime, lastFindings } from './findings-panels.ts';
import { quantileOverTime } from './over-time.ts';
import { type PanelDashboard, panel } from './panel.ts';
import { BINS, POINT, quantile, rollups, WHOLE } from './rollup-sql.ts';
import { SIGNAL_VARIABLE, STREAM_VARIABLES } from './variables.ts';

const SHARES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

/** Rows of the heat map are quarters of a decade; the number in front keeps them in order as texts. */
const BAND = `if(bin <= 0, 0, intDiv(bin - 1, 58) + 1)`;

const distribution = panel({
  id: 'drift-distribution',
  number: 201,
  title: 'Quantiles of $signal',
  question: 'Did the middle move, or the edges?',
  kind: 'timeseries',
  unit: 'score',
  width: 24,
  sql: `
SELECT time, ${SHARES.map((share) => `${quantile(share)} AS p${String(share * 100).padStart(2, '0')}`).join(',\n       ')}
  FROM (
    SELECT ${POINT} AS time, ${BINS}
      FROM ${rollups({ columns: ['bucket', 'bins'], where: `signal = \${signal:singlequote} AND ${WHOLE}` })}
     GROUP BY time
    HAVING notEmpty(bin_seen)
  )
 ORDER BY time`,
});

const heat = panel({
  id: 'drift-heatmap',
  number: 202,
  title: 'Values of $signal',
  question: 'Which values are there, how often, and since when?',
  kind: 'heatmap',
  width: 24,
  sql: `
SELECT ${POINT} AS time,
       concat(leftPad(toString(band), 3, '0'), ' from ', toString(if(band = 0, 0, round(pow(1.01, (band - 1) * 58 + 1 - 5000), 3)))) AS row,
       sum(rows) AS inferences
  FROM (
    SELECT bucket, ${BAND} AS band, rows
      FROM ${rollups({ columns: ['bucket', 'bins'], where: `signal = \${signal:singlequote} AND ${WHOLE}` })}
     ARRAY JOIN mapKeys(bins) AS bin, mapValues(bins) AS rows
  )
 GROUP BY time, band
 ORDER BY time, band`,
});

const languages = (id: string, number: number, signal: 'language' | 'prompt_language') =>
  panel({
    id,
    number,
    title: signal === 'language' ? 'Languages of the responses' : 'Languages of the prompts',
    question: 'Is the mix of languages what it was? The ten most frequent ones.',
    kind: 'timeseries',
    unit: 'share',
    sql: `
WITH counted AS (
  SELECT ${POINT} AS time, toString(language) AS series, sum(rows) AS rows
    FROM ${rollups({ columns: ['bucket', 'categories'], where: `signal = '${signal}' AND ${WHOLE}` })}
   ARRAY JOIN mapKeys(categories) AS language, mapValues(categories) AS rows
   GROUP BY time, series)
SELECT time, series, rows / of_point AS value
  FROM (SELECT time, series, rows, sum(rows) OVER (PARTITION BY time) AS of_point FROM counted)
 WHERE series IN (SELECT series FROM counted GROUP BY series ORDER BY sum(rows) DESC, series LIMIT 10)
 ORDER BY time, series`,
  });

/** Do prompts and responses look as they used to. */
export const DRIFT: PanelDashboard = {
  uid: 'plumbline-drift',
  title: 'Plumbline: drift',
  purpose: 'Do the prompts and the responses look as they used to?',
  variables: [...STREAM_VARIABLES, SIGNAL_VARIABLE],
  rows: [
    { title: 'One signal', panels: [distribution, heat] },
    {
      title: 'Responses',
      panels: [
        quantileOverTime('response_words', 0.5, {
          id: 'drift-response-words',
          number: 203,
          title: 'Words of a response, median',
          question: 'Did responses become longer or shorter?',
        }),
        quantileOverTime('readability', 0.5, {
          id: 'drift-readability',
          number: 204,
          title: 'Readability, median',
          question: 'Did responses become harder or easier to read?',
        }),
        quantileOverTime('tone', 0.5, {
          id: 'drift-tone',
          number: 205,
          title: 'Tone, median',
          question: 'Did the tone change?',
        }),
        languages('drift-languages', 206, 'language'),
      ],
    },
    {
      title: 'Prompts',
      panels: [
        quantileOverTime('prompt_characters', 0.5, {
          id: 'drift-prompt-characters',
          number: 207,
          title: 'Characters of a prompt, median',
          question: 'Do users, or the callers, ask otherwise than before?',
        }),
        languages('drift-prompt-languages', 208, 'prompt_language'),
      ],
    },
    {
      title: 'Judgements',
      panels: [
        evidenceOverTime('drift', { id: 'drift-evidence', number: 209, width: 24 }),
        lastFindings('drift', { id: 'drift-findings', number: 210 }),
      ],
    },
  ],
};
