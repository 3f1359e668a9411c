import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import type { JudgedPair } from '../../core/judged-setting.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';

/** Parts that a window's inferences fall into; a session, else a user, is in one. */
const BUCKETS = 32;

const Row = z.object({
  labels: z.coerce.number(),
  y: z.coerce.number(),
  yy: z.coerce.number(),
  f: z.coerce.number(),
  ff: z.coerce.number(),
  yf: z.coerce.number(),
  others: z.coerce.number(),
  g: z.coerce.number(),
  gg: z.coerce.number(),
});

const QUERY = `
  WITH chosen AS (
    SELECT id, session, user, scores FROM inferences FINAL
     WHERE project = {project: String} AND model = {model: String} AND version = {version: String}
       AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
       AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')})
       AND toStartOfMinute(timestamp) <= {until: DateTime64(3, 'UTC')}
       AND ({attribute: String} = '' OR attributes[{attribute: String}] = {attributeValue: String}))
  SELECT bucket, countIf(has_label) AS labels, sumIf(person, has_label) AS y, sumIf(person * person, has_label) AS yy,
         sumIf(judged, has_label) AS f, sumIf(judged * judged, has_label) AS ff, sumIf(person * judged, has_label) AS yf,
         countIf(not has_label) AS others, sumIf(judged, not has_label) AS g, sumIf(judged * judged, not has_label) AS gg
    FROM (
      SELECT cityHash64(multiIf(session != '', concat('s', session), user != '', concat('u', user), concat('i', id))) % ${BUCKETS} AS bucket,
             mapUpdate(CAST(c.scores, 'Map(String, Float64)'), late.scores) AS given,
             mapContains(given, {label: String}) AS has_label,
             least(1, greatest(0, (given[{judge: String}] - {low: Float64}) / ({high: Float64} - {low: Float64}))) AS judged,
             least(1, greatest(0, (given[{label: String}] - {low: Float64}) / ({high: Float64} - {low: Float64}))) AS person
        FROM chosen AS c
        LEFT JOIN (
          SELECT inference_id, mapFromArrays(groupArray(toString(name)), groupArray(value)) AS scores
            FROM scores FINAL
           WHERE project = {project: String} AND name IN ({judge: String}, {label: String})
             AND inference_id IN (SELECT id FROM chosen)
           GROUP BY inference_id
        ) AS late ON late.inference_id = c.id
       WHERE mapContains(given, {judge: String})
    )
   GROUP BY bucket ORDER BY bucket`;

/** Sums of one bucket, as analyzers/quality reads them. */
export type JudgedBucket = Readonly<z.infer<typeof Row>> & { readonly bucket: number };

/**
 * Sums of the judge's and people's scores, scaled to [0, 1], of a stream's inferences in [since, until) that the judge has
 * scored: by bucket, in order, empty ones left out. A score that came later replaces one that came with the inference.
 */
export async function judgedBuckets(
  store: Store,
  query: { key: StreamKey; since: Date; until: Date; pair: JudgedPair },
): Promise<JudgedBucket[]> {
  const { key, since, until, pair } = query;
  const [attribute = '', ...rest] = key.segment.split('=');
  const rows = await store.rows(QUERY, {
    project: key.project,
    model: key.model,
    version: key.version,
    attribute,
    attributeValue: rest.join('='),
    since: toSqlInstant(since),
    until: toSqlInstant(until),
    ...pair,
  });
  return z.array(Row.extend({ bucket: z.coerce.number() })).parse(rows);
}
