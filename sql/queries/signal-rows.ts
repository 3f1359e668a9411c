import { GRID_BIN_MAX, GRID_GAMMA, GRID_ONE } from '../../core/grid.ts';
import { SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';

/** Name under which a rollup and a window count all their rows. */
export const INFERENCES = 'inferences';

const NUMBERS = SIGNALS.filter(
  (spec) => spec.kind !== 'category' && spec.source !== 'embedding' && spec.source !== 'map',
);
/** Category signals of the row of an inference itself. */
export const CATEGORIES = SIGNALS.filter((spec) => spec.kind === 'category' && spec.source !== 'map');
/** Columns of `embeddings` that are numbers or flags. */
const MEANT = SIGNALS.filter((spec) => spec.kind !== 'category' && spec.source === 'embedding');
/** Columns of `projections`. */
export const PLACED = SIGNALS.filter((spec) => spec.source === 'map');
const PLACED_CATEGORIES = PLACED.filter((spec) => spec.kind === 'category');
const ALL_CATEGORIES = [...CATEGORIES, ...PLACED_CATEGORIES];

/** Category signals that are not a column of `inferences`. */
const CATEGORY_VALUES: Readonly<Record<string, string>> = {
  prompt_template: `concat(prompt_name, if(prompt_version = '', '', concat('@', prompt_version)))`,
};
/** Value of a category signal of an inference. */
export const categoryColumn = (name: string): string => CATEGORY_VALUES[name] ?? name;
/** Of one signal in one row of a rollup; an attacker may send a million, and the rest is `(other)`. */
const CATEGORIES_MAX = 400;
/** A category's name is cut here. */
export const CATEGORY_LENGTH_MAX = 100;

/** Codes of a signal within a query: numbers by position, then categories, then these. Strings would cost more. */
const MEANT_CODE = 252;
const ROWS_CODE = 253;
const SCORE_CODE = 255;
const CATEGORY_CODE = NUMBERS.length;

/** Bin of the value grid, as core/grid.ts `binOf` says it. */
export const binOfColumn = (column: string): string =>
  `toInt16(if(${column} = 0, 0, sign(${column}) * least(greatest(floor(log(abs(${column})) / log(${GRID_GAMMA}) + 1e-9) + ${GRID_ONE}, 1), ${GRID_BIN_MAX})))`;
const BIN = binOfColumn('value');

const SIGNAL_NAME = `multiIf(
  code = ${SCORE_CODE}, concat('${SCORE_PREFIX}', name),
  code = ${ROWS_CODE}, '${INFERENCES}',
  code = ${MEANT_CODE}, name,
  [${[...NUMBERS, ...ALL_CATEGORIES].map((spec) => `'${spec.name}'`).join(', ')}][code + 1])`;

/**
 * Every value of every signal of the inferences chosen, as (code, name, value): one array a row, joined. A score
 * attached later replaces one of the same name that came with the inference.
 */
const VALUES = `arrayConcat(
  [(toUInt8(${ROWS_CODE}), '', toFloat64(0))],
  arrayMap((code, value) -> (toUInt8(code), '', assumeNotNull(value)),
    arrayFilter((code, value) -> isNotNull(value), range(${NUMBERS.length}), numbers) AS codes,
    arrayFilter(value -> isNotNull(value), numbers)),
  arrayMap((name, value) -> (toUInt8(${SCORE_CODE}), toString(name), value), mapKeys(all_scores), mapValues(all_scores)),
  arrayMap((name, value) -> (toUInt8(${MEANT_CODE}), toString(name), value), mapKeys(meant), mapValues(meant)),
  arrayMap((name, value) -> (toUInt8(${CATEGORY_CODE + CATEGORIES.length - 1} + indexOf([${PLACED_CATEGORIES.map(({ name }) => `'${name}'`).join(', ')}], name)), value, toFloat64(0)),
    mapKeys(placed), mapValues(placed)),
  arrayFilter(entry -> entry.2 != '', [${CATEGORIES.map(
    ({ name }, index) =>
      `(toUInt8(${CATEGORY_CODE + index}), leftUTF8(ifNull(toString(${name}), ''), ${CATEGORY_LENGTH_MAX}), toFloat64(0))`,
  ).join(', ')}]))`;

/** Rows by category, the most frequent ones apart. */
const BOUNDED_CATEGORIES = `arrayMap(ranked -> mapFromArrays(
    arrayConcat(arrayMap(entry -> entry.1, arraySlice(ranked, 1, ${CATEGORIES_MAX})), if(length(ranked) > ${CATEGORIES_MAX}, ['(other)'], [])),
    arrayConcat(arrayMap(entry -> entry.2, arraySlice(ranked, 1, ${CATEGORIES_MAX})),
                if(length(ranked) > ${CATEGORIES_MAX}, [arraySum(entry -> entry.2, arraySlice(ranked, ${CATEGORIES_MAX + 1}))], []))),
  [arrayReverseSort(entry -> (entry.2, entry.1), groupArrayIf((category, n), is_category))])[1]`;

export interface SummarySource {
  /** Condition on `inferences`, on its own columns; kept cheap by the primary key. */
  readonly where: string;
  /** Expressions, with aliases, that are kept beside project, model and version. */
  readonly keep: readonly string[];
  /** What is grouped by, beside project, model, version and signal: aliases from `keep`. */
  readonly groupBy: readonly string[];
}

/**
 * Query for the summaries (core/summary.ts) of a choice of inferences: columns project, model, version, the
 * groupBy ones, signal, count, sum, sum_squares, bins, categories. Rows of one id count once (FINAL).
 */
export function summaryQuery({ where, keep, groupBy }: SummarySource): string {
  const keys = ['project', 'model', 'version', ...groupBy].join(', ');
  const chosen = `(SELECT project, id FROM inferences WHERE ${where})`;
  return `
  SELECT ${keys}, signal, sum(n) AS count, sum(total) AS sum, sum(total_squares) AS sum_squares,
         mapFromArrays(groupArrayIf(bin, not is_category), groupArrayIf(n, not is_category)) AS bins,
         ${BOUNDED_CATEGORIES} AS categories
    FROM (
      SELECT ${keys}, ${SIGNAL_NAME} AS signal,
             code >= ${CATEGORY_CODE} AND code < ${CATEGORY_CODE + ALL_CATEGORIES.length} AS is_category,
             if(is_category, name, '') AS category,
             if(is_category, 0, ${BIN}) AS bin,
             count() AS n, sum(value) AS total, sum(value * value) AS total_squares
        FROM (
          SELECT ${keys}, entry.1 AS code, entry.2 AS name, entry.3 AS value
            FROM (
              SELECT project, model, version, ${keep.join(', ')}${keep.length > 0 ? ',' : ''}
                     [${NUMBERS.map((spec) => `toFloat64(${spec.name})`).join(', ')}] AS numbers,
                     mapUpdate(CAST(i.scores, 'Map(String, Float64)'), late.scores) AS all_scores,
                     late.meant AS meant, late.placed AS placed,
                     ${CATEGORIES.map(({ name }) => (CATEGORY_VALUES[name] ? `${categoryColumn(name)} AS ${name}` : name)).join(', ')}
                FROM (SELECT * FROM inferences FINAL WHERE ${where}) AS i
                LEFT JOIN (
                  SELECT project AS late_project, inference_id,
                         mapFromArrays(groupArrayIf(name, kind = 'score'), groupArrayIf(value, kind = 'score')) AS scores,
                         mapFromArrays(groupArrayIf(name, kind = 'number'), groupArrayIf(value, kind = 'number')) AS meant,
                         mapFromArrays(groupArrayIf(name, kind = 'category'), groupArrayIf(category, kind = 'category')) AS placed
                    FROM (
                      SELECT project, inference_id, toString(name) AS name, value, '' AS category, 'score' AS kind
                        FROM scores FINAL WHERE (project, inference_id) IN ${chosen}
                      UNION ALL
                      SELECT project, inference_id, entry.1, assumeNotNull(entry.2), '', 'number'
                        FROM embeddings FINAL
                       ARRAY JOIN [${MEANT.map(({ name }) => `('${name}', toFloat64(${name}))`).join(', ')}] AS entry
                       WHERE isNotNull(entry.2) AND (project, inference_id) IN ${chosen}
                      UNION ALL
                      SELECT project, inference_id, entry.1, ifNull(entry.2, 0), entry.3, if(entry.3 = '', 'number', 'category')
                        FROM projections FINAL
                       ARRAY JOIN [${PLACED.map(({ name, kind }) =>
                         kind === 'category'
                           ? `('${name}', NULL, toString(${name}))`
                           : `('${name}', toFloat64(${name}), '')`,
                       ).join(', ')}] AS entry
                       WHERE (isNotNull(entry.2) OR entry.3 != '') AND (project, inference_id) IN ${chosen}
                    )
                   GROUP BY late_project, inference_id
                ) AS late ON late.late_project = i.project AND late.inference_id = i.id
            )
           ARRAY JOIN ${VALUES} AS entry
        )
       GROUP BY ${keys}, signal, is_category, category, bin
    )
   GROUP BY ${keys}, signal`;
}
