import { GRID_GAMMA, GRID_ONE } from '../../core/grid.ts';

/** Up to here minutes are read, beyond it hours: two days of minutes are as many rows as four months of hours. */
const MINUTES_SPAN_S = 2 * 86_400;

const SPAN_S = '(toUnixTimestamp($__toTime) - toUnixTimestamp($__fromTime))';
const IS_SHORT = `${SPAN_S} <= ${MINUTES_SPAN_S}`;

/** Seconds from one point to the next: whole minutes, or whole hours where those are read. */
export const STEP_S = `if(${IS_SHORT}, intDiv($__interval_s + 59, 60) * 60, intDiv($__interval_s + 3599, 3600) * 3600)`;

/** Start of the point that a bucket belongs to. */
export const POINT = `toDateTime(intDiv(toUnixTimestamp(bucket), ${STEP_S}) * ${STEP_S}, 'UTC')`;

/** Seconds of a point, `time`, that the range covers: the last one is not over yet. */
export const COVERED_S = `least(${STEP_S}, greatest(60, toUnixTimestamp($__toTime) - toUnixTimestamp(time)))`;

/** A version that is not declared has a name, since an empty choice means all in Grafana. */
const VERSION_NAME = `if(version = '', 'not declared', version)`;

/** What the reader chose of projects, models and versions. */
export const CHOSEN = [
  `$__conditionalAll(project IN (\${project:singlequote}), $project)`,
  `$__conditionalAll(model IN (\${model:singlequote}), $model)`,
  `$__conditionalAll(${VERSION_NAME} IN (\${version:singlequote}), $version)`,
].join(' AND ');

/** Whole points: the first one is not cut, so that its numbers compare with the others. */
const IN_RANGE = `bucket >= toDateTime(intDiv(toUnixTimestamp($__fromTime), ${STEP_S}) * ${STEP_S}, 'UTC') AND bucket <= $__toTime`;

/**
 * The buckets of the range, from the minutes or the hours; the other table is not opened: its condition is a constant.
 *
 * @param where on columns of the sorting key only (project, bucket, model, version, segment, signal): it is asked before
 * rows of one key are merged, which is right for those alone, and eight times as fast
 */
export function rollups({ columns, where }: { columns: readonly string[]; where: string }): string {
  const part = (table: string, condition: string): string =>
    `SELECT ${columns.join(', ')} FROM ${table} FINAL PREWHERE ${IN_RANGE} AND ${where} AND ${CHOSEN} WHERE ${condition}`;
  return `(${part('rollup_minute', IS_SHORT)} UNION ALL ${part('rollup_hour', `NOT (${IS_SHORT})`)})`;
}

/** Name of a stream in a legend: model and version, and the project if it is not the only one by default. */
export const STREAM = `concat(if(project = 'default', '', concat(project, ' / ')), model, if(version = '', '', concat(' ', version)))`;

/** All inferences, not one segment of them. */
export const WHOLE = `segment = ''`;

/** Value of a bin of the value grid, as core/grid.ts \`valueOfBin\` says it. */
const valueOfBin = (bin: string): string =>
  `if(${bin} = 0 OR abs(${bin}) = ${GRID_ONE}, toFloat64(sign(${bin})), sign(${bin}) * pow(${GRID_GAMMA}, abs(${bin}) - ${GRID_ONE} + 0.5))`;

/** Columns that `quantile` needs, of rows with \`bins\` that are grouped. */
export const BINS = `sumMap(bins) AS all_bins, mapKeys(all_bins) AS bin_keys, arrayCumSum(mapValues(all_bins)) AS bin_seen`;

/** Quantile by nearest rank, within 0.5 % of the value; over columns of `BINS`, of groups that have a value. */
export const quantile = (share: number): string =>
  valueOfBin(
    `bin_keys[arrayFirstIndex(seen -> seen >= greatest(1, ceil(${share} * bin_seen[-1])), bin_seen)]`,
  );

/** A text as a literal of SQL. */
export const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
