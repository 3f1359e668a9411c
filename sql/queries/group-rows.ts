import { GROUP_RATES, type GroupLabel } from '../../core/group-label.ts';
import { SCORE_PREFIX } from '../../core/signals.ts';
import { binOfColumn } from './signal-rows.ts';

const RATES = GROUP_RATES;
/** Numbers with a long tail: what their units differ by is measured in bins. */
const LONG_TAILED = ['latency_ms', 'response_characters'] as const;
const BOUNDED = ['tone'] as const;

/** What is looked at, and how much of it at most. */
export interface GroupQuery {
  /** Null: all streams; empty texts and a null version choose among them. */
  readonly stream: {
    readonly project: string;
    readonly model: string;
    readonly version: string | null;
  } | null;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Attributes whose values are held equal, beside the prompt's name and topic. */
  readonly strataBy: readonly string[];
  /** Time that is held equal, in seconds; at most 1 day. */
  readonly bucketSeconds: number;
  /** Attribute that two inferences of a counterfactual pair share. */
  readonly pairBy: string;
  /** What would have been right: 1, 0 or `unlabelled` begins the stratum. Null: none is asked for. */
  readonly label: GroupLabel | null;
  /** Scores that are asked for; null: the most frequent. */
  readonly scores: readonly string[] | null;
  /** Strata of a stream that are told apart, the largest. */
  readonly strataMax: number;
}

/** What a question depends on beside its values. */
export interface GroupShape {
  readonly scoreCount: number;
  /** Whether an inference of the span has a topic: only then is it looked up. */
  readonly hasTopics: boolean;
  readonly label: GroupLabel | null;
}

/** What of a span is told apart; the rest of each is `(other)`. Values and strata by their hash within the stream. */
export interface GroupBounds {
  readonly values: readonly string[];
  readonly strata: readonly string[];
  readonly scores: readonly string[];
}

/** Names of the signals in the order of the arrays. */
export const groupSignalNames = (scores: readonly string[]): readonly string[] => [
  ...RATES,
  ...LONG_TAILED,
  ...BOUNDED,
  ...scores.map((name) => `${SCORE_PREFIX}${name}`),
];

/** Places in that order of what is binary whatever its rows say. */
export const RATE_COUNT = RATES.length;

const OF_MODEL = `({project: String} = '' OR project = {project: String}) AND ({model: String} = '' OR model = {model: String})`;
const STREAM = `${OF_MODEL} AND ({is_any_version: UInt8} OR version = {version: String})`;
const IN_MINUTES = `timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
  AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')})
  AND toStartOfMinute(timestamp) <= {until: DateTime64(3, 'UTC')}`;
const RANGE = `${IN_MINUTES} AND notEmpty(groups) AND ${STREAM}`;

/**
 * Topics of prompts on the map that was in force when they were embedded; each names its map, so that two maps share no stratum.
 * By a number: texts as keys would cost more than all the rest.
 */
const TOPICS = `
  SELECT cityHash64(project, inference_id) AS place_key, prompt_topic AS topic
    FROM projections FINAL
   WHERE ${IN_MINUTES} AND ${OF_MODEL} AND prompt_topic != ''
     AND cityHash64(project, inference_id) IN (SELECT cityHash64(project, id) FROM inferences WHERE ${RANGE})`;
const withTopics = (rows: string, hasTopics: boolean): string =>
  hasTopics
    ? `${rows} LEFT ANY JOIN (${TOPICS}) AS place ON place.place_key = cityHash64(i.project, i.id)`
    : rows;

/** What is held equal, as numbers: a text for every inference would cost more than all the rest. */
const BY_VALUES = `arrayMap(name -> attributes[name], {strata_by: Array(String)})`;
const BUCKET = `intDiv(toUnixTimestamp(timestamp), {bucket_s: UInt32})`;
const stratumOf = (hasTopics: boolean): string =>
  `cityHash64(project, model, version, prompt_name, ${BY_VALUES}, ${BUCKET}${hasTopics ? ', topic' : ''})`;
const VALUE = 'cityHash64(project, model, version, attribute, own_group)';
const GROUPS = 'ARRAY JOIN mapKeys(groups) AS attribute, mapValues(groups) AS own_group';
const UNIT = `multiIf(session != '', cityHash64('session', session), user != '', cityHash64('user', user), 0)`;

/** A score attached later replaces one of the same name that came with the inference. */
const SCORE = (name: string): string =>
  `multiIf(mapContains(late_scores, ${name}), toNullable(late_scores[${name}]), mapContains(scores, ${name}), toNullable(scores[${name}]), NULL)`;

const YES = `('1', 'true', 'yes')`;
const NO = `('0', 'false', 'no')`;

/** 1, 0 or `unlabelled`; empty where nothing was asked. */
function labelOf(label: GroupLabel | null): string {
  if (label === null) return `''`;
  if (label.of === 'score')
    return `ifNull(toString(${SCORE('{label: String}')} >= {label_from: Float64}), 'unlabelled')`;
  const value = 'attributes[{label: String}]';
  return label.yes === ''
    ? `multiIf(lower(${value}) IN ${YES}, '1', lower(${value}) IN ${NO}, '0', 'unlabelled')`
    : `multiIf(${value} = '', 'unlabelled', ${value} = {label_yes: String}, '1', '0')`;
}

/** Columns of one signal each, `x1` and up; those that are no rates also as bins, `b9` and up. */
function signalColumns(scoreCount: number): { values: string[]; bins: string[] } {
  const scores = Array.from({ length: scoreCount }, (_, index) =>
    SCORE(`{scores: Array(String)}[${index + 1}]`),
  );
  const own = [...RATES, ...LONG_TAILED, ...BOUNDED, ...scores];
  const isTailed = (index: number) => index >= RATE_COUNT && index < RATE_COUNT + LONG_TAILED.length;
  return {
    values: own.map(
      (sql, index) => `toFloat64(${isTailed(index) ? binOfColumn(sql) : sql}) AS x${index + 1}`,
    ),
    bins: own.slice(RATE_COUNT).map((sql, index) => `${binOfColumn(sql)} AS b${RATE_COUNT + index + 1}`),
  };
}

/**
 * Narrow columns of the inferences that have a group, each once, a row for each of its groups; an empty value is no group.
 * `cell` is what is counted together, as a number.
 */
function cellRows(columns: readonly string[], where: string, { hasTopics, label }: GroupShape): string {
  const stratum = stratumOf(hasTopics);
  const aliases = columns.map((column) => column.replace(/^.* AS /s, '')).join(', ');
  return `
  SELECT project, model, version, id, pair, unit, stratum, label, attribute, ${aliases},
         if(${VALUE} IN (SELECT toUInt64(arrayJoin({values: Array(String)}))), own_group, '(other)') AS of_group,
         cityHash64(project, model, version, attribute, of_group, stratum, label) AS cell
    FROM (
      SELECT project, model, version, id, groups, attributes[{pair_by: String}] AS pair, ${UNIT} AS unit,
             if(${stratum} IN (SELECT toUInt64(arrayJoin({strata: Array(String)}))), ${stratum}, 0) AS stratum,
             ${labelOf(label)} AS label,
             ${columns.join(', ')}
        FROM ${withTopics(`(SELECT * FROM inferences FINAL WHERE ${RANGE}) AS i`, hasTopics)}
        LEFT JOIN (
          SELECT project AS late_project, inference_id,
                 mapFromArrays(groupArray(toString(name)), groupArray(value)) AS late_scores
            FROM scores FINAL
           WHERE (project, inference_id) IN (SELECT project, id FROM inferences WHERE ${RANGE})
           GROUP BY late_project, inference_id
        ) AS late ON late.late_project = i.project AND late.inference_id = i.id
       WHERE ${where}
    )
   ${GROUPS}
   WHERE attribute != '' AND own_group != ''`;
}

/** A million sessions fit; beyond it their sums go to disk, for twice the time. */
const SPILL_BYTES = 1_000_000_000;

/** Names of a cell; its number as text, since 64 bits do not fit a number of JSON. */
const NAMES = ['project', 'model', 'version', 'attribute', 'of_group', 'label'];

const arrayOf = (places: readonly number[], sql: (place: number) => string): string =>
  `[${places.map(sql).join(', ')}]`;
const placesOf = (values: readonly string[]): number[] => values.map((_, index) => index + 1);

/**
 * Per cell, those in a session or a user's (`in_units`) and those alone: rows, sums and squares by signal. Names are told here only: texts
 * in every session would cost more than all the rest.
 */
export function groupMoments(shape: GroupShape): string {
  const { values } = signalColumns(shape.scoreCount);
  const places = placesOf(values);
  return `
  SELECT toString(cell) AS cell_key, in_units, stratum_key, ${NAMES.map((name) => `any_${name} AS ${name}`).join(', ')},
         counts, sums, squares
    FROM (
      SELECT cell, unit != 0 AS in_units, any(toString(stratum)) AS stratum_key,
             ${NAMES.map((name) => `any(${name}) AS any_${name}`).join(', ')},
             ${arrayOf(places, (k) => `count(x${k})`)} AS counts, ${arrayOf(places, (k) => `sum(ifNull(x${k}, 0))`)} AS sums,
             ${arrayOf(places, (k) => `sum(ifNull(x${k} * x${k}, 0))`)} AS squares
        FROM (${cellRows(values, `pair = ''`, shape)})
       GROUP BY cell, in_units
    )
   LIMIT {cells_max: UInt32}`;
}

/** Per cell and signal: how many units have it, and over them the sums of squared rows, of rows times sum, and of squared sums. */
export function groupUnits(shape: GroupShape): string {
  const { values } = signalColumns(shape.scoreCount);
  const places = placesOf(values);
  const sums = places.map((k) => `count(x${k}) AS n${k}, sum(ifNull(x${k}, 0)) AS s${k}`).join(', ');
  return `
  SELECT toString(cell) AS cell_key, ${arrayOf(places, (k) => `countIf(n${k} > 0)`)} AS units,
         ${arrayOf(places, (k) => `sum(n${k} * n${k})`)} AS unit_row_squares,
         ${arrayOf(places, (k) => `sum(n${k} * s${k})`)} AS unit_cross,
         ${arrayOf(places, (k) => `sum(s${k} * s${k})`)} AS unit_sum_squares
    FROM (SELECT cell, unit, ${sums} FROM (${cellRows(values, `unit != 0 AND pair = ''`, shape)}) GROUP BY cell, unit)
   GROUP BY cell
   LIMIT {cells_max: UInt32}
  SETTINGS max_bytes_before_external_group_by = ${SPILL_BYTES}`;
}

/** Per cell and signal that is no rate (\`place\` from 1): rows by bin, ascending. */
export function groupBins(shape: GroupShape): string {
  const { bins } = signalColumns(shape.scoreCount);
  const places = bins.map((_, index) => RATE_COUNT + index + 1);
  return `
  SELECT toString(cell) AS cell_key, place, groupArray((bin, n)) AS bins
    FROM (
      SELECT cell, place, assumeNotNull(maybe) AS bin, count() AS n
        FROM (${cellRows(bins, `pair = ''`, shape)})
       ARRAY JOIN [${places.map((place) => `b${place}`).join(', ')}] AS maybe, [${places.join(', ')}] AS place
       WHERE isNotNull(maybe)
       GROUP BY cell, place, bin
       ORDER BY cell, place, bin
    )
   GROUP BY cell, place`;
}

/**
 * Per group and signal: pairs by whether the event came in the group's inference and in the other one. Of a pair each value's
 * first inference counts, and the first of another value beside it.
 */
export function groupPairs(shape: GroupShape): string {
  const { values } = signalColumns(shape.scoreCount);
  const numbers = `[${values.map((_, index) => `x${index + 1}`).join(', ')}]`;
  return `
  SELECT project, model, version, attribute, of_group, place,
         countIf(own = 1 AND other = 1) AS both, countIf(own = 1 AND other = 0) AS group_only,
         countIf(own = 0 AND other = 1) AS rest_only, countIf(own = 0 AND other = 0) AS neither
    FROM (
      SELECT project, model, version, attribute, of_group, place, own_numbers[place] AS own, other_numbers[place] AS other
        FROM (
          SELECT project, model, version, attribute, member.1 AS of_group, member.3 AS own_numbers,
                 arrayFirst(one -> one.1 != of_group, members).3 AS other_numbers
            FROM (
              SELECT project, model, version, attribute, pair, arraySort(one -> one.2, groupArray((of_group, first_id, first_numbers))) AS members
                FROM (
                  SELECT project, model, version, attribute, pair, of_group, min(id) AS first_id, argMin(${numbers}, id) AS first_numbers
                    FROM (${cellRows(values, `pair != ''`, { ...shape, hasTopics: false })})
                   GROUP BY project, model, version, attribute, pair, of_group
                )
               GROUP BY project, model, version, attribute, pair
              HAVING length(members) > 1
            )
           ARRAY JOIN members AS member
        )
       ARRAY JOIN arrayEnumerate(own_numbers) AS place
    )
   WHERE own IN (0, 1) AND other IN (0, 1)
   GROUP BY project, model, version, attribute, of_group, place
   ORDER BY project, model, version, attribute, of_group, place
   LIMIT {cells_max: UInt32}`;
}

/** One row if there is a group, else none. */
export const ANY_GROUP = `SELECT 1 AS found FROM inferences WHERE ${RANGE} LIMIT 1`;

/** One row if there is a topic, else none. */
export const ANY_TOPIC = `SELECT 1 AS found FROM projections WHERE ${IN_MINUTES} AND ${OF_MODEL} AND prompt_topic != '' LIMIT 1`;

/**
 * How many inferences there are of each value and stratum, the largest first and so many of a stream, and of each score; and
 * of those that are paired, in a session or a user's, and alone. Repeated rows may count twice: it only chooses.
 */
export function groupBounds(hasTopics: boolean): string {
  const names = `[toString(prompt_name)${hasTopics ? ', toString(topic)' : ''}]`;
  const topic = hasTopics ? ', topic' : '';
  const columns = 'project, model, version, prompt_name, attributes, timestamp, id';
  return `
  SELECT kind, key, name, rows
    FROM (
      SELECT 'value' AS kind, toString(${VALUE}) AS key, '' AS name, count() AS rows
        FROM inferences ${GROUPS} WHERE ${RANGE}
       GROUP BY project, model, version, attribute, own_group
       ORDER BY rows DESC, key LIMIT {values_max: UInt32} BY project, model, version, attribute
      UNION ALL
      SELECT 'stratum', toString(hash), arrayStringConcat(arrayConcat(${names}, by_values, [toString(bucket)]), '\\n'), rows
        FROM (
          SELECT project, model, version, prompt_name${topic}, ${BY_VALUES} AS by_values, ${BUCKET} AS bucket,
                 any(${stratumOf(hasTopics)}) AS hash, count() AS rows
            FROM ${withTopics(`(SELECT ${columns} FROM inferences WHERE ${RANGE}) AS i`, hasTopics)}
           GROUP BY project, model, version, prompt_name${topic}, by_values, bucket
           ORDER BY rows DESC, hash LIMIT {strata_max: UInt32} BY project, model, version
        )
      UNION ALL
      SELECT 'score', '', toString(score), count() AS rows
        FROM (
          SELECT arrayJoin(mapKeys(scores)) AS score FROM inferences WHERE ${RANGE}
          UNION ALL
          SELECT name AS score FROM scores WHERE (project, inference_id) IN (SELECT project, id FROM inferences WHERE ${RANGE})
        )
       GROUP BY score ORDER BY rows DESC, score LIMIT {scores_max: UInt32}
      UNION ALL
      SELECT multiIf(attributes[{pair_by: String}] != '', 'pairs', session != '' OR user != '', 'units', 'strangers') AS of, '', '', count()
        FROM inferences WHERE ${RANGE} GROUP BY of
    )
   LIMIT {cells_max: UInt32}`;
}
