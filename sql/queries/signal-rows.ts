import { GRID_BIN_MAX, GRID_GAMMA, GRID_ONE } from '../../core/grid.ts';
import { SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';

/** Name under which a rollup and a window count all their rows. */
export const INFERENCES = 'inferences';

const NUMBERS = SIGNALS.filter((spec) => spec.kind !== 'category' && spec.source !== 'embedding');
const CATEGORIES = SIGNALS.filter((spec) => spec.kind === 'category');
/** Columns of `embeddings` that are numbers or flags. */
const MEANT = SIGNALS.filter((spec) => spec.kind !== 'category' && spec.source === 'embedding');

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
  [${[...NUMBERS, ...CATEGORIES].map((spec) => `'${spec.name}'`).join(', ')}][code + 1])`;

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
  arrayFilter(entry -> entry.2 != '', [${CATEGORIES.map(
    (spec, index) => `(toUInt8(${CATEGORY_CODE + index}), ifNull(toString(${spec.name}), ''), toFloat64(0))`,
  ).join(', ')}]))`;

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
         mapFromArrays(groupArrayIf(category, is_category), groupArrayIf(n, is_category)) AS categories
    FROM (
      SELECT ${keys}, ${SIGNAL_NAME} AS signal,
             code >= ${CATEGORY_CODE} AND code < ${CATEGORY_CODE + CATEGORIES.length} AS is_category,
             if(is_category, name, '') AS category,
             if(is_category, 0, ${BIN}) AS bin,
             count() AS n, sum(value) AS total, sum(value * value) AS total_squares
        FROM (
          SELECT ${keys}, entry.1 AS code, entry.2 AS name, entry.3 AS value
            FROM (
              SELECT project, model, version, ${keep.join(', ')}${keep.length > 0 ? ',' : ''}
                     [${NUMBERS.map((spec) => `toFloat64(${spec.name})`).join(', ')}] AS numbers,
                     mapUpdate(CAST(i.scores, 'Map(String, Float64)'), late.scores) AS all_scores,
                     late.meant AS meant, ${CATEGORIES.map(({ name }) => name).join(', ')}
                FROM (SELECT * FROM inferences FINAL WHERE ${where}) AS i
                LEFT JOIN (
                  SELECT project AS late_project, inference_id,
                         mapFromArrays(groupArrayIf(name, is_score), groupArrayIf(value, is_score)) AS scores,
                         mapFromArrays(groupArrayIf(name, not is_score), groupArrayIf(value, not is_score)) AS meant
                    FROM (
                      SELECT project, inference_id, toString(name) AS name, value, true AS is_score
                        FROM scores FINAL WHERE (project, inference_id) IN ${chosen}
                      UNION ALL
                      SELECT project, inference_id, entry.1, assumeNotNull(entry.2), false
                        FROM embeddings FINAL
                       ARRAY JOIN [${MEANT.map(({ name }) => `('${name}', toFloat64(${name}))`).join(', ')}] AS entry
                       WHERE isNotNull(entry.2) AND (project, inference_id) IN ${chosen}
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
