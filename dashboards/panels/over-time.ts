import { signalSpec } from '../../core/signals.ts';
import { type Panel, type PanelUnit, panel } from './panel.ts';
import { BINS, COVERED_S, literal, POINT, quantile, rollups, STREAM, WHOLE } from './rollup-sql.ts';

type Given = Pick<Panel, 'id' | 'number' | 'title' | 'question'> & Partial<Panel>;

const UNITS: Readonly<Record<string, PanelUnit>> = {
  share: 'share',
  ms: 'ms',
  tokens: 'tokens',
  'tokens/s': 'tokens_per_second',
  characters: 'characters',
  words: 'words',
  items: 'items',
};

/** Unit of a signal on a panel; a score where there is none of its own. */
export const unitOfSignal = (signal: string): PanelUnit => UNITS[signalSpec(signal).unit] ?? 'score';

/** Mean of a signal by stream; of a rate that is the share. */
export function meanOverTime(signal: string, given: Given): Panel {
  return panel({
    kind: 'timeseries',
    unit: unitOfSignal(signal),
    ...given,
    sql: `
SELECT ${POINT} AS time, ${STREAM} AS series, sum(r.sum) / sum(r.count) AS value
  FROM ${rollups({ columns: ['project', 'bucket', 'model', 'version', 'count', 'sum'], where: `signal = ${literal(signal)} AND ${WHOLE}` })} AS r
 GROUP BY time, series
HAVING sum(r.count) > 0
 ORDER BY time, series`,
  });
}

/** A quantile of a signal by stream. */
export function quantileOverTime(signal: string, share: number, given: Given): Panel {
  return panel({
    kind: 'timeseries',
    unit: unitOfSignal(signal),
    ...given,
    sql: `
SELECT time, series, ${quantile(share)} AS value
  FROM (
    SELECT ${POINT} AS time, ${STREAM} AS series, ${BINS}
      FROM ${rollups({ columns: ['project', 'bucket', 'model', 'version', 'bins'], where: `signal = ${literal(signal)} AND ${WHOLE}` })}
     GROUP BY time, series
    HAVING notEmpty(bin_seen)
  )
 ORDER BY time, series`,
  });
}

/** How many a minute, by stream: inferences themselves, or the sum of a signal over them. */
export function ratePerMinute(
  { signal, of }: { signal: string; of: 'count' | 'sum' },
  given: Given & { readonly scale?: number },
): Panel {
  const { scale = 1, ...rest } = given;
  return panel({
    kind: 'timeseries',
    unit: 'per_minute',
    ...rest,
    sql: `
SELECT ${POINT} AS time, ${STREAM} AS series, sum(r.${of}) * ${scale} / (${COVERED_S} / 60) AS value
  FROM ${rollups({ columns: ['project', 'bucket', 'model', 'version', 'count', 'sum'], where: `signal = ${literal(signal)} AND ${WHOLE}` })} AS r
 GROUP BY time, series
 ORDER BY time, series`,
  });
}
