import { z } from 'zod';
import { streamName } from '../../core/finding.ts';
import { SESSION_BIN_OF_ZERO } from '../../core/grid.ts';
import { groupBy } from '../../core/group-by.ts';
import { ACCOUNT, type SessionSums } from '../../core/window.ts';
import type { Store } from '../client.ts';
import { SEGMENT_VALUE_LENGTH_MAX } from '../segments.ts';
import { INFERENCES, type SummarySource, summaryQuery } from './signal-rows.ts';

/** What an inference shares with others: its session, else its user; alone, it is one of its own. */
export const UNIT = `multiIf(session != '', cityHash64('session', session), user != '', cityHash64('user', user), cityHash64('id', id))`;

/** Inferences whose sessions are read of one span: beyond it, whole sessions are drawn by their hash. */
export const INFERENCES_READ = 20_000;

const SumsRow = z.object({
  signal: z.string(),
  rows: z.coerce.number(),
  squares: z.coerce.number(),
  bin_squares: z.coerce.number(),
  rows_times_bins: z.coerce.number(),
});
const StreamSumsRow = SumsRow.extend({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  segment: z.string(),
});

/** Query for `SessionSums` by signal and what `source` groups by; every inference counts, those without a session too. */
export function sessionSumsQuery({ where, keep, groupBy: groups }: SummarySource): string {
  const keys = ['project', 'model', 'version', ...groups].join(', ');
  const inner = summaryQuery({ where, keep: [...keep, `${UNIT} AS unit`], groupBy: [...groups, 'unit'] });
  return `
  SELECT ${keys}, signal, sum(n) AS rows, sum(n * n) AS squares, sum(b * b + equal) AS bin_squares, sum(n * b) AS rows_times_bins
    FROM (
      SELECT ${keys}, signal, toFloat64(u.count) AS n, sum(n) OVER (PARTITION BY ${keys}, signal) AS of_all,
             arraySum((bin, times) -> if(bin = 0, ${SESSION_BIN_OF_ZERO}, toFloat64(bin)) * toFloat64(times),
                      mapKeys(u.bins), mapValues(u.bins)) AS b,
             arraySum(times -> toFloat64(times) * toFloat64(times), mapValues(u.categories)) AS equal
        FROM (${inner}) AS u WHERE signal != '${INFERENCES}' AND (notEmpty(mapKeys(u.bins)) OR notEmpty(mapKeys(u.categories)))
    )
   WHERE n <= ${ACCOUNT.rows} OR n <= ${ACCOUNT.share} * of_all
   GROUP BY ${keys}, signal`;
}

/** Sums by signal, of rows of `sessionSumsQuery`. */
export function sumsOf(rows: readonly unknown[]): Map<string, SessionSums> {
  return new Map(
    z
      .array(SumsRow)
      .parse(rows)
      .map(({ signal, bin_squares, rows_times_bins, ...sums }) => [
        signal,
        { ...sums, binSquares: bin_squares, rowsTimesBins: rows_times_bins },
      ]),
  );
}

/**
 * Sums by stream (`streamName`) and signal. Segments that stand for the other values of an attribute have none, and nobody has any in
 * a span in which no inference has a session or a user.
 *
 * @param segmentsOf the segments that are asked for, beside the wholes; read only where somebody has a session
 */
export async function sessionSums(
  store: Store,
  { since, until }: { since: Date; until: Date },
  segmentsOf: () => Promise<readonly string[]>,
): Promise<ReadonlyMap<string, ReadonlyMap<string, SessionSums>>> {
  const params = { since: since.getTime() / 1000, until: until.getTime() / 1000 };
  const span = `toStartOfMinute(timestamp) >= toDateTime({since: Float64}, 'UTC') AND toStartOfMinute(timestamp) < toDateTime({until: Float64}, 'UTC')`;
  const [size] = z
    .array(z.object({ rows: z.coerce.number(), together: z.coerce.number() }))
    .parse(
      await store.rows(
        `SELECT count() AS rows, countIf(session != '' OR user != '') AS together FROM inferences WHERE ${span}`,
        params,
      ),
    );
  if (!size || size.together === 0) return new Map();
  const drawn = Math.max(1, Math.ceil(size.rows / INFERENCES_READ));
  const query = sessionSumsQuery({
    where: `${span} AND ${UNIT} % {drawn: UInt32} = 0`,
    keep: [
      `arrayJoin(arrayConcat([''], arrayFilter(name -> has({segments: Array(String)}, name),
         arrayMap((name, value) -> concat(toString(name), '=', leftUTF8(value, ${SEGMENT_VALUE_LENGTH_MAX})),
                  mapKeys(attributes), mapValues(attributes))))) AS segment`,
    ],
    groupBy: ['segment'],
  });
  const segments = await segmentsOf();
  const rows = z.array(StreamSumsRow).parse(await store.rows(query, { ...params, drawn, segments }));
  return new Map([...groupBy(rows, streamName)].map(([name, ofStream]) => [name, sumsOf(ofStream)]));
}
