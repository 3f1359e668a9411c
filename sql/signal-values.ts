import { OUTSIDE, OUTSIDE_LEVEL } from '../core/map-cells.ts';
import { SCORE_PREFIX, SIGNALS, type SignalSpec } from '../core/signals.ts';
import { IN_MINUTES, IN_STREAM } from './in-stream.ts';
import { CATEGORY_LENGTH_MAX, categoryColumn } from './queries/signal-rows.ts';

const BY_NAME: ReadonlyMap<string, SignalSpec> = new Map(SIGNALS.map((spec) => [spec.name, spec]));

/** What single inferences have of a signal; null: nothing, as of a budget. */
export function valueKind(signal: string): 'number' | 'category' | null {
  const spec = BY_NAME.get(signal);
  if (!spec) return signal.startsWith(SCORE_PREFIX) ? 'number' : null;
  return spec.kind === 'category' ? 'category' : 'number';
}

/** Parameters of a signal's query, beside those of the stream. */
export const signalParams = (signal: string) => ({ score: signal.slice(SCORE_PREFIX.length) });

const IDS_IN_STREAM = `(SELECT id FROM inferences WHERE ${IN_STREAM})`;

/** A score that came later replaces one that came with the inference. */
const SCORE_VALUES = `
  SELECT i.id AS id,
         multiIf(late.inference_id != '', toNullable(late.value),
                 mapContains(i.scores, {score: String}), toNullable(i.scores[{score: String}]), NULL) AS v
    FROM (SELECT id, scores FROM inferences WHERE ${IN_STREAM}) AS i
    LEFT JOIN (
      SELECT inference_id, value FROM scores FINAL
       WHERE project = {project: String} AND name = {score: String} AND inference_id IN ${IDS_IN_STREAM}
    ) AS late ON late.inference_id = i.id`;

const besideValues = (table: string, value: string, condition = ''): string => `
  SELECT inference_id AS id, ${value} AS v FROM ${table} FINAL
   WHERE project = {project: String} AND ${IN_MINUTES} ${condition} AND inference_id IN ${IDS_IN_STREAM}`;

/** Without the id of the map; of cells as people are told of them (analyzers/embeddings/cell-bins.ts). */
const placeName = (name: string): string => {
  const named = `substring(toString(${name}), position(${name}, ':') + 1)`;
  return name.endsWith('_cell')
    ? `if(match(${named}, ' [+]{${OUTSIDE_LEVEL},}$'), '${OUTSIDE}', replaceRegexpOne(${named}, ' [+]+$', ''))`
    : named;
};

/** Where texts lie on the map in force: on another one the same text has another place. */
function placeValues({ name, kind }: SignalSpec): string {
  const side = name.startsWith('prompt_') ? 'prompt' : 'response';
  const inForce = `AND ${side}_map = (SELECT argMax(id, created_at) FROM reference_maps
     WHERE project = {project: String} AND model = {model: String} AND side = '${side}')`;
  const value = kind === 'category' ? categoryOf(placeName(name)) : `toFloat64(${name})`;
  return besideValues('projections', value, inForce);
}

const categoryOf = (value: string): string =>
  `nullIf(leftUTF8(ifNull(toString(${value}), ''), ${CATEGORY_LENGTH_MAX}), '')`;

/**
 * Query for (id, v) of a signal, `v` a number or a category, or null; the names of columns come from the registry, so that none is joined in from outside. A
 * signal that single inferences do not have is null.
 */
export function valuesQuery(signal: string): string {
  const spec = BY_NAME.get(signal);
  if (!spec && signal.startsWith(SCORE_PREFIX)) return SCORE_VALUES;
  if (spec?.source === 'map') return placeValues(spec);
  if (spec?.source === 'embedding') return besideValues('embeddings', `toFloat64(${spec.name})`);
  return `SELECT id, ${columnOf(spec)} AS v FROM inferences WHERE ${IN_STREAM}`;
}

function columnOf(spec: SignalSpec | undefined): string {
  if (!spec) return "CAST(NULL, 'Nullable(Float64)')";
  return spec.kind === 'category'
    ? categoryOf(categoryColumn(spec.name))
    : `toNullable(toFloat64(${spec.name}))`;
}
