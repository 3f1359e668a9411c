import { type Panel, panel } from './panel.ts';
import { CHOSEN, literal, STREAM } from './rollup-sql.ts';

/** The end of the last window in which each signal of a choice was judged, as `latest`. */
const latest = (condition: string): string => `WITH latest AS (
  SELECT project, model, version, segment, signal, max(until) AS last_until
    FROM findings
   WHERE until >= $__fromTime AND until <= $__toTime AND ${condition} AND ${CHOSEN}
   GROUP BY project, model, version, segment, signal LIMIT 20000)`;

/** The findings of those windows, alarms and the strongest evidence first. */
const FROM_LATEST = `  FROM findings FINAL
 WHERE until >= $__fromTime AND until <= $__toTime
   AND (project, model, version, segment, signal, until) IN latest
 ORDER BY outcome = 'alarm' DESC, evidence DESC, model, version, segment, signal
 LIMIT 200`;

type Given = Pick<Panel, 'id' | 'number'> & Partial<Panel>;

const POINT_S = `greatest(intDiv($__interval_s + 299, 300) * 300, 300)`;
const FINDING_POINT = `toDateTime(intDiv(toUnixTimestamp(until), ${POINT_S}) * ${POINT_S}, 'UTC')`;

/** How strong the evidence of a change is, by aspect of a family; 1 is what an alarm needs. At most ten signals. */
export const evidenceOverTime = (family: string, given: Given): Panel =>
  panel({
    title: 'Evidence of a change',
    question: 'What is on its way to an alarm? At 1 it is one, if the change is large enough to matter.',
    kind: 'timeseries',
    unit: 'score',
    thresholds: [
      { from: null, level: 'ok' },
      { from: 1, level: 'critical' },
    ],
    ...given,
    sql: `
WITH chosen AS (
  SELECT ${FINDING_POINT} AS time, concat(${STREAM}, ': ', signal) AS series, max(evidence) AS value
    FROM findings FINAL
   WHERE until >= $__fromTime AND until <= $__toTime AND segment = '' AND family = ${literal(family)}
     AND outcome != 'not_enough_data' AND ${CHOSEN}
   GROUP BY time, series)
SELECT time, series, value
  FROM chosen
 WHERE series IN (SELECT series FROM chosen GROUP BY series ORDER BY max(value) DESC, series LIMIT 10)
 ORDER BY time, series`,
  });

/** What each group gets against the rest, with the interval of the difference: the last judgement of each in the range. */
export const groupGaps = (given: Given): Panel =>
  panel({
    title: 'Groups against the rest',
    question: 'What does each protected group get, what do all others get, and how sure is the difference?',
    kind: 'table',
    ...given,
    sql: `
${latest("family = 'bias' AND outcome != 'not_enough_data'")}
SELECT model, version, segment, replaceOne(signal, 'disparity:', '') AS what, outcome,
       JSONExtract(body, 'after', 'Nullable(Float64)') AS of_group, JSONExtract(body, 'before', 'Nullable(Float64)') AS of_rest,
       transform(JSONExtractString(body, 'effect', 'name'), ['rate_ratio', 'rate_difference', 'cliffs_delta'],
                 ['ratio', 'difference', 'Cliff’s δ'], '') AS measure,
       JSONExtract(body, 'effect', 'value', 'Nullable(Float64)') AS effect,
       JSONExtract(body, 'effect', 'low', 'Nullable(Float64)') AS low,
       JSONExtract(body, 'effect', 'high', 'Nullable(Float64)') AS high, evidence,
       JSONExtract(body, 'samples', 'current', 'Nullable(Float64)') AS rows, toDateTime(until, 'UTC') AS judged_at
${FROM_LATEST}`,
    columns: [
      { name: 'model', title: 'Model', unit: 'text', link: 'stream' },
      { name: 'version', title: 'Version', unit: 'text' },
      { name: 'segment', title: 'Group', unit: 'text' },
      { name: 'what', title: 'Signal', unit: 'text' },
      { name: 'outcome', title: 'Outcome', unit: 'text' },
      { name: 'of_group', title: 'Group gets', unit: 'score' },
      { name: 'of_rest', title: 'Rest gets', unit: 'score' },
      { name: 'measure', title: 'Measured by', unit: 'text' },
      { name: 'effect', title: 'Size', unit: 'score' },
      { name: 'low', title: 'From (95 %)', unit: 'score' },
      { name: 'high', title: 'To (95 %)', unit: 'score' },
      { name: 'evidence', title: 'Evidence', unit: 'score' },
      { name: 'rows', title: 'Inferences', unit: 'count' },
      { name: 'judged_at', title: 'Judged', unit: 'instant' },
    ],
  });

/** The last judgement of each signal of a family in the range: the strongest evidence first. */
export const lastFindings = (family: string, given: Given): Panel =>
  panel({
    title: 'What was judged last',
    question: 'What was each signal before, what is it now, and does the difference say anything?',
    kind: 'table',
    ...given,
    sql: `
${latest(`family = ${literal(family)}`)}
SELECT model, version, segment, signal, outcome, verdict, JSONExtract(body, 'before', 'Nullable(Float64)') AS before,
       JSONExtract(body, 'after', 'Nullable(Float64)') AS after,
       JSONExtract(body, 'effect', 'value', 'Nullable(Float64)') AS effect, evidence,
       toDateTime(until, 'UTC') AS judged_at
${FROM_LATEST}`,
    columns: [
      { name: 'model', title: 'Model', unit: 'text', link: 'stream' },
      { name: 'version', title: 'Version', unit: 'text' },
      { name: 'segment', title: 'Segment', unit: 'text' },
      { name: 'signal', title: 'Signal', unit: 'text' },
      { name: 'outcome', title: 'Outcome', unit: 'text' },
      { name: 'verdict', title: 'Verdict', unit: 'text' },
      { name: 'before', title: 'Before', unit: 'score' },
      { name: 'after', title: 'After', unit: 'score' },
      { name: 'effect', title: 'Effect', unit: 'score' },
      { name: 'evidence', title: 'Evidence', unit: 'score' },
      { name: 'judged_at', title: 'Judged', unit: 'instant' },
    ],
  });
