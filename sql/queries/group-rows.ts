import { SCORE_PREFIX } from '../../core/signals.ts';
import { BIN } from './signal-rows.ts';

/** Rates of which a group may get more or less. */
const RATES = [
  'error',
  'refusal',
  'partial_refusal',
  'empty',
  'truncated',
  'toxicity',
  'json_valid',
  'language_mismatch',
] as const;
/** Numbers with a long tail: what their units differ by is measured in bins. */
const LONG_TAILED = ['latency_ms', 'response_characters'] as const;
const BOUNDED = ['tone'] as const;

/** What is looked at, and how much of it at most. */
export interface GroupQuery {
  /** Null: all streams. */
  readonly stream: { readonly project: string; readonly model: string; readonly version: string } | null;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Attributes whose values are held equal, beside the prompt's name. */
  readonly strataBy: readonly string[];
  /** Time that is held equal, in seconds; at most 1 day. */
  readonly bucketSeconds: number;
  /** Attribute that two inferences of a counterfactual pair share. */
  readonly pairBy: string;
  /** Score that says what would have been right; empty: none. Its value begins the stratum. */
  readonly label: string;
}

/** What of a span is told apart; the rest of each is `(other)`. */
export interface GroupBounds {
  /** `project\nmodel\nversion\nattribute\nvalue`. */
  readonly values: readonly string[];
  /** `project\nmodel\nversion\nstratum`. */
  readonly strata: readonly string[];
  readonly scores: readonly string[];
}

/** Names of the signals in the order of the arrays of `groupRows`. */
export const groupSignalNames = (scores: readonly string[]): readonly string[] => [
  ...RATES,
  ...LONG_TAILED,
  ...BOUNDED,
  ...scores.map((name) => `${SCORE_PREFIX}${name}`),
];

/** Places in that order of what is binary whatever its rows say. */
export const RATE_COUNT = RATES.length;

const STREAM = `({is_all: UInt8} OR (project = {project: String} AND model = {model: String} AND version = {version: String}))`;
const RANGE = `timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
  AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')}) AND notEmpty(groups) AND ${STREAM}`;

const STRATUM = `arrayStringConcat(arrayConcat(
    if({label: String} = '', [], [toString(all_scores[{label: String}])]),
    [toString(prompt_name)],
    arrayMap(name -> attributes[name], {strata_by: Array(String)}),
    [toString(intDiv(toUnixTimestamp(timestamp), {bucket_s: UInt32}))]), '\\n')`;

/** Narrow columns of the inferences that have a group, each once; a score attached later replaces one that came with it. */
export const GROUP_ROWS = `
  SELECT project, model, version, id, groups, attributes[{pair_by: String}] AS pair, ${STRATUM} AS whole_stratum,
         multiIf(session != '', cityHash64('session', session), user != '', cityHash64('user', user), 0) AS unit,
         arrayConcat(
           [${[...RATES, ...LONG_TAILED, ...BOUNDED].map((name) => `toFloat64(${name})`).join(', ')}],
           arrayMap(name -> if(mapContains(all_scores, name), toNullable(all_scores[name]), NULL), {scores: Array(String)})
         ) AS numbers,
         all_scores
    FROM (
      SELECT project, model, version, id, timestamp, groups, attributes, prompt_name, session, user,
             ${[...RATES, ...LONG_TAILED, ...BOUNDED].join(', ')},
             mapUpdate(CAST(i.scores, 'Map(String, Float64)'), late.late_scores) AS all_scores
        FROM (SELECT * FROM inferences FINAL WHERE ${RANGE}) AS i
        LEFT JOIN (
          SELECT project AS late_project, inference_id,
                 mapFromArrays(groupArray(toString(name)), groupArray(value)) AS late_scores
            FROM scores FINAL
           WHERE (project, inference_id) IN (SELECT project, id FROM inferences WHERE ${RANGE})
           GROUP BY late_project, inference_id
        ) AS late ON late.late_project = i.project AND late.inference_id = i.id
    )`;

/** The same, a row for each of its groups, values and strata within the bounds; an empty value is no group. */
const CELL_ROWS = `
  SELECT project, model, version, id, pair, unit, numbers, entry.1 AS attribute,
         if(concat(project, '\\n', model, '\\n', version, '\\n', attribute, '\\n', entry.2) IN (SELECT arrayJoin({values: Array(String)})),
            entry.2, '(other)') AS of_group,
         if(concat(project, '\\n', model, '\\n', version, '\\n', whole_stratum) IN (SELECT arrayJoin({strata: Array(String)})),
            whole_stratum, '(other)') AS stratum
    FROM (${GROUP_ROWS})
   ARRAY JOIN CAST(groups, 'Array(Tuple(String, String))') AS entry
   WHERE entry.1 != '' AND entry.2 != ''`;

const CELL = 'project, model, version, attribute, of_group, stratum';
const IN_UNITS = `arrayMap((value, at) -> if(at > ${RATE_COUNT} AND at <= ${RATE_COUNT + LONG_TAILED.length}, toFloat64(${BIN}), assumeNotNull(value)),
                           arrayMap(value -> ifNull(value, 0), numbers), arrayEnumerate(numbers))`;
const PRESENT = `arrayMap(value -> toFloat64(isNotNull(value)), numbers)`;
const product = (a: string, b: string): string => `arrayMap((a, b) -> a * b, ${a}, ${b})`;

/** Per cell: rows, sums and squares by signal, and what its units are. A unit that is one row needs no grouping. */
export const GROUP_MOMENTS = `
  SELECT ${CELL}, sumForEach(n) AS counts, sumForEach(s) AS sums, sumForEach(q) AS squares,
         sumForEach(arrayMap(one -> toFloat64(one > 0), n)) AS units,
         sumForEach(${product('n', 'n')}) AS unit_row_squares,
         sumForEach(${product('n', 's')}) AS unit_cross, sumForEach(${product('s', 's')}) AS unit_sum_squares
    FROM (
      SELECT ${CELL}, ${PRESENT} AS n, ${IN_UNITS} AS v, ${product('n', 'v')} AS s, ${product('s', 's')} AS q
        FROM (${CELL_ROWS}) WHERE unit = 0 AND pair = ''
      UNION ALL
      SELECT ${CELL}, sumForEach(n) AS n, [] AS v, sumForEach(s) AS s, sumForEach(q) AS q
        FROM (SELECT ${CELL}, unit, ${PRESENT} AS n, ${IN_UNITS} AS v, ${product('n', 'v')} AS s, ${product('s', 's')} AS q
                FROM (${CELL_ROWS}) WHERE unit != 0 AND pair = '')
       GROUP BY ${CELL}, unit
    )
   GROUP BY ${CELL}
   ORDER BY ${CELL}
   LIMIT {cells_max: UInt32}`;

/** Per cell and signal that is no rate (\`place\` from 1): rows by bin, ascending. */
export const GROUP_BINS = `
  SELECT ${CELL}, place, groupArray((bin, n)) AS bins
    FROM (
      SELECT ${CELL}, place, ${BIN} AS bin, count() AS n
        FROM (
          SELECT ${CELL}, place, assumeNotNull(maybe) AS value
            FROM (${CELL_ROWS})
           ARRAY JOIN arrayFilter(place -> place > ${RATE_COUNT} AND isNotNull(numbers[place]), arrayEnumerate(numbers)) AS place,
                      arrayMap(place -> numbers[place], arrayFilter(place -> place > ${RATE_COUNT} AND isNotNull(numbers[place]), arrayEnumerate(numbers))) AS maybe
           WHERE pair = ''
        )
       GROUP BY ${CELL}, place, bin
       ORDER BY ${CELL}, place, bin
    )
   GROUP BY ${CELL}, place`;

/**
 * Per group and signal: pairs by whether the event came in the group's inference and in the other one. Of a pair each value's
 * first inference counts, and the first of another value beside it.
 */
export const GROUP_PAIRS = `
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
                  SELECT project, model, version, attribute, pair, of_group, min(id) AS first_id, argMin(numbers, id) AS first_numbers
                    FROM (${CELL_ROWS}) WHERE pair != ''
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

/** How many inferences each value, stratum and score has: the largest first, so many of a stream. */
export const GROUP_BOUNDS = `
  SELECT kind, name, rows
    FROM (
      SELECT 'value' AS kind, concat(project, '\\n', model, '\\n', version, '\\n', entry.1, '\\n', entry.2) AS name,
             concat(project, '\\n', model, '\\n', version, '\\n', entry.1) AS of, count() AS rows
        FROM (${GROUP_ROWS}) ARRAY JOIN CAST(groups, 'Array(Tuple(String, String))') AS entry
       GROUP BY name, of ORDER BY rows DESC, name LIMIT {values_max: UInt32} BY of
      UNION ALL
      SELECT 'stratum', concat(project, '\\n', model, '\\n', version, '\\n', whole_stratum) AS name,
             concat(project, '\\n', model, '\\n', version) AS of, count() AS rows
        FROM (${GROUP_ROWS}) GROUP BY name, of ORDER BY rows DESC, name LIMIT {strata_max: UInt32} BY of
      UNION ALL
      SELECT 'score', toString(score) AS name, '' AS of, count() AS rows
        FROM (${GROUP_ROWS}) ARRAY JOIN mapKeys(all_scores) AS score
       GROUP BY name ORDER BY rows DESC, name LIMIT {scores_max: UInt32}
    )
   LIMIT {cells_max: UInt32}`;
