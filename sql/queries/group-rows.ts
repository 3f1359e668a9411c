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

/** What of a span is told apart; the rest of each is `(other)`. Values and strata by their hash within the stream. */
export interface GroupBounds {
  readonly values: readonly string[];
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

/** What is held equal, as numbers: a text for every inference would cost more than all the rest. */
const BY_VALUES = `arrayMap(name -> attributes[name], {strata_by: Array(String)})`;
const BUCKET = `intDiv(toUnixTimestamp(timestamp), {bucket_s: UInt32})`;
const STRATUM = `cityHash64(project, model, version, prompt_name, ${BY_VALUES}, ${BUCKET})`;
const VALUE = 'cityHash64(project, model, version, attribute, of_group)';
const GROUPS = 'ARRAY JOIN mapKeys(groups) AS attribute, mapValues(groups) AS of_group';
const UNIT = `multiIf(session != '', cityHash64('session', session), user != '', cityHash64('user', user), 0)`;

/** A score attached later replaces one of the same name that came with the inference. */
const SCORE = (name: string): string =>
  `multiIf(mapContains(late_scores, ${name}), toNullable(late_scores[${name}]), mapContains(scores, ${name}), toNullable(scores[${name}]), NULL)`;

const NUMBERS = [...RATES, ...LONG_TAILED, ...BOUNDED];

/** Narrow columns of the inferences that have a group, each once, a row for each of its groups; an empty value is no group. */
const CELL_ROWS = `
  SELECT project, model, version, id, pair, unit, numbers, stratum, label, attribute,
         if(${VALUE} IN (SELECT toUInt64(arrayJoin({values: Array(String)}))), of_group, '(other)') AS of_group
    FROM (
      SELECT project, model, version, id, groups, attributes[{pair_by: String}] AS pair, ${UNIT} AS unit,
             if(${STRATUM} IN (SELECT toUInt64(arrayJoin({strata: Array(String)}))), ${STRATUM}, 0) AS stratum,
             if({label: String} = '', '', ifNull(toString(${SCORE('{label: String}')}), 'unlabelled')) AS label,
             arrayConcat([${NUMBERS.map((name) => `toFloat64(${name})`).join(', ')}],
                         arrayMap(name -> ${SCORE('name')}, {scores: Array(String)})) AS numbers
        FROM (SELECT * FROM inferences FINAL WHERE ${RANGE}) AS i
        LEFT JOIN (
          SELECT project AS late_project, inference_id,
                 mapFromArrays(groupArray(toString(name)), groupArray(value)) AS late_scores
            FROM scores FINAL
           WHERE (project, inference_id) IN (SELECT project, id FROM inferences WHERE ${RANGE})
           GROUP BY late_project, inference_id
        ) AS late ON late.late_project = i.project AND late.inference_id = i.id
    )
   ${GROUPS}
   WHERE attribute != '' AND of_group != ''`;

const CELL = 'project, model, version, attribute, of_group, stratum, label';
/** As text: 64 bits do not fit a number of JSON. */
const TOLD = `${CELL}, toString(stratum) AS stratum_key`;
const IN_UNITS = `arrayMap((value, at) -> if(at > ${RATE_COUNT} AND at <= ${RATE_COUNT + LONG_TAILED.length}, toFloat64(${BIN}), value),
                           arrayMap(value -> ifNull(value, 0), numbers), arrayEnumerate(numbers))`;
const PRESENT = `arrayMap(value -> toFloat64(isNotNull(value)), numbers)`;
const product = (a: string, b: string): string => `arrayMap((a, b) -> a * b, ${a}, ${b})`;
const SUMS = `${PRESENT} AS n, ${product('n', IN_UNITS)} AS s, ${product('s', 's')} AS q`;

/** Per cell: rows, sums and squares by signal, and what its units are. A unit that is one row needs no grouping. */
export const GROUP_MOMENTS = `
  SELECT ${TOLD}, sumForEach(n) AS counts, sumForEach(s) AS sums, sumForEach(q) AS squares,
         sumForEach(arrayMap(one -> toFloat64(one > 0), n)) AS units,
         sumForEach(${product('n', 'n')}) AS unit_row_squares,
         sumForEach(${product('n', 's')}) AS unit_cross, sumForEach(${product('s', 's')}) AS unit_sum_squares
    FROM (
      SELECT ${CELL}, ${SUMS} FROM (${CELL_ROWS}) WHERE {has_strangers: UInt8} AND unit = 0 AND pair = ''
      UNION ALL
      SELECT ${CELL}, sumForEach(n) AS n, sumForEach(s) AS s, sumForEach(q) AS q
        FROM (SELECT ${CELL}, unit, ${SUMS} FROM (${CELL_ROWS}) WHERE {has_units: UInt8} AND unit != 0 AND pair = '')
       GROUP BY ${CELL}, unit
    )
   GROUP BY ${CELL}
   ORDER BY ${CELL}
   LIMIT {cells_max: UInt32}`;

const PLACES = `arrayFilter(place -> place > ${RATE_COUNT} AND isNotNull(numbers[place]), arrayEnumerate(numbers))`;

/** Per cell and signal that is no rate (\`place\` from 1): rows by bin, ascending. */
export const GROUP_BINS = `
  SELECT ${TOLD}, place, groupArray((bin, n)) AS bins
    FROM (
      SELECT ${CELL}, place, ${BIN} AS bin, count() AS n
        FROM (
          SELECT ${CELL}, place, assumeNotNull(numbers[place]) AS value
            FROM (${CELL_ROWS})
           ARRAY JOIN ${PLACES} AS place
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

/**
 * How many inferences there are of each value and stratum, the largest first and so many of a stream, and of each score; and
 * of those that are paired, in a session or a user's, and alone. Repeated rows may count twice: it only chooses.
 */
export const GROUP_BOUNDS = `
  SELECT kind, key, name, rows
    FROM (
      SELECT 'value' AS kind, toString(${VALUE}) AS key, '' AS name, count() AS rows
        FROM inferences ${GROUPS} WHERE ${RANGE}
       GROUP BY project, model, version, attribute, of_group
       ORDER BY rows DESC, key LIMIT {values_max: UInt32} BY project, model, version, attribute
      UNION ALL
      SELECT 'stratum', toString(hash), arrayStringConcat(arrayConcat([toString(prompt_name)], by_values, [toString(bucket)]), '\\n'), rows
        FROM (
          SELECT project, model, version, prompt_name, ${BY_VALUES} AS by_values, ${BUCKET} AS bucket, any(${STRATUM}) AS hash, count() AS rows
            FROM inferences WHERE ${RANGE}
           GROUP BY project, model, version, prompt_name, by_values, bucket
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
