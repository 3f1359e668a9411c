import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { JudgedPair } from '../../core/judged-setting.ts';
import type { Store } from '../client.ts';
import { IN_MINUTES, IN_SEGMENT, streamParams } from '../in-stream.ts';

/** Parts that a window's inferences fall into; a session, else a user, is in one. */
const BUCKETS = 32;

const Moments = z.object({
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
const Row = Moments.extend({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  place: z.coerce.number(),
  bucket: z.coerce.number(),
});

const QUERY = `
  WITH chosen AS (
    SELECT project, model, version, id, session, user, scores FROM inferences FINAL
     WHERE ({is_all: UInt8} OR (project = {project: String} AND model = {model: String} AND version = {version: String}))
       AND ${IN_MINUTES}
       AND ${IN_SEGMENT})
  SELECT project, model, version, place, bucket,
         countIf(has_label) AS labels, sumIf(person, has_label) AS y, sumIf(person * person, has_label) AS yy,
         sumIf(judged, has_label) AS f, sumIf(judged * judged, has_label) AS ff, sumIf(person * judged, has_label) AS yf,
         countIf(not has_label) AS others, sumIf(judged, not has_label) AS g, sumIf(judged * judged, not has_label) AS gg
    FROM (
      SELECT project, model, version, place, bucket, mapContains(given, {labels: Array(String)}[place]) AS has_label,
             {lows: Array(Float64)}[place] AS low, {highs: Array(Float64)}[place] AS high,
             least(1, greatest(0, (given[{judges: Array(String)}[place]] - low) / (high - low))) AS judged,
             least(1, greatest(0, (given[{labels: Array(String)}[place]] - low) / (high - low))) AS person
        FROM (
          SELECT c.project AS project, c.model AS model, c.version AS version,
                 cityHash64(multiIf(session != '', concat('s', session), user != '', concat('u', user), concat('i', id))) % ${BUCKETS} AS bucket,
                 mapUpdate(CAST(c.scores, 'Map(String, Float64)'), late.scores) AS given
            FROM chosen AS c
            LEFT JOIN (
              SELECT project AS late_project, inference_id, mapFromArrays(groupArray(toString(name)), groupArray(value)) AS scores
                FROM scores FINAL
               WHERE (name IN {judges: Array(String)} OR name IN {labels: Array(String)})
                 AND (project, inference_id) IN (SELECT project, id FROM chosen)
               GROUP BY late_project, inference_id
            ) AS late ON late.late_project = c.project AND late.inference_id = c.id
        )
       ARRAY JOIN arrayEnumerate({judges: Array(String)}) AS place
       WHERE mapContains(given, {judges: Array(String)}[place])
    )
   GROUP BY project, model, version, place, bucket ORDER BY project, model, version, place, bucket`;

/** Sums of one bucket, as analyzers/quality reads them. */
export type JudgedBucket = Readonly<z.infer<typeof Moments>> & { readonly bucket: number };

/** The buckets of one stream, by pair in the order in which they were asked for. */
export interface JudgedStreamBuckets {
  readonly key: StreamKey;
  readonly byPair: readonly (readonly JudgedBucket[])[];
}

/**
 * Sums of the judge's and people's scores, scaled to [0, 1], of inferences in [since, until) that the judge of a pair has
 * scored: by stream, pair and bucket, empty ones left out, also of streams. A score that came later replaces one that came with
 * the inference.
 *
 * @param key null: all wholes in one question
 */
export async function judgedBuckets(
  store: Store,
  query: { key: StreamKey | null; since: Date; until: Date; pairs: readonly JudgedPair[] },
): Promise<JudgedStreamBuckets[]> {
  const { key, since, until, pairs } = query;
  const stream = key ?? { project: '', model: '', version: '', segment: '' };
  const rows = z.array(Row).parse(
    await store.rows(QUERY, {
      ...streamParams({ stream, since, until }),
      is_all: key === null ? 1 : 0,
      judges: pairs.map(({ judge }) => judge),
      labels: pairs.map(({ label }) => label),
      lows: pairs.map(({ low }) => low),
      highs: pairs.map(({ high }) => high),
    }),
  );
  const ofStreams = groupBy(rows, (row) => JSON.stringify([row.project, row.model, row.version]));
  return [...ofStreams.values()].flatMap((ofStream) => {
    const [first] = ofStream;
    if (!first) return [];
    const of = { project: first.project, model: first.model, version: first.version };
    return [
      {
        key: { ...of, segment: stream.segment },
        byPair: pairs.map((_, index) => bucketsOf(ofStream, index + 1)),
      },
    ];
  });
}

function bucketsOf(rows: readonly z.infer<typeof Row>[], place: number): JudgedBucket[] {
  return rows
    .filter((row) => row.place === place)
    .map(({ project, model, version, place: _, ...bucket }) => bucket);
}
