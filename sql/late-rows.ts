import type { Store } from './client.ts';

/**
 * Keeps what minutes that were judged already have gained since: the rollup as it is about to be, less the rollup as it
 * was. Called before the rollup is replaced; called again after a kill it replaces what it wrote.
 *
 * @param late `summary`: what is in the minutes now (summaryQuery, with bucket and segment); `inBuckets`: condition on `bucket`
 */
export async function keepLate(
  store: Store,
  late: { summary: string; params: Record<string, unknown>; inBuckets: string; revision: number },
): Promise<void> {
  const { summary, params, inBuckets, revision } = late;
  await store.command(
    `INSERT INTO rollup_late
       (project, bucket, model, version, segment, signal, base, revision, count, sum, sum_squares, bins, categories)
     SELECT project, bucket, model, version, segment, signal, max(was), ${revision},
            sum(n) AS more, sum(total), sum(squares), sumMap(by_bin) AS more_bins, sumMap(by_category) AS more_categories
       FROM (
         SELECT project, bucket, model, version, segment, signal, 0 AS was, toInt64(count) AS n, sum AS total,
                sum_squares AS squares, ${signed('bins', 'Int16', '')} AS by_bin, ${signed('categories', 'String', '')} AS by_category
           FROM (${summary})
         UNION ALL
         SELECT project, bucket, model, version, segment, signal, r.revision, -toInt64(r.count), -r.sum,
                -r.sum_squares, ${signed('r.bins', 'Int16', '-')}, ${signed('r.categories', 'String', '-')}
           FROM rollup_minute AS r FINAL WHERE ${inBuckets})
      GROUP BY project, bucket, model, version, segment, signal
     HAVING more != 0 OR notEmpty(mapFilter((key, rows) -> rows != 0, more_bins))
                      OR notEmpty(mapFilter((key, rows) -> rows != 0, more_categories))`,
    params,
  );
}

const signed = (map: string, key: string, sign: '' | '-'): string =>
  `CAST(mapApply((key, rows) -> (toString(key), ${sign}toInt64(rows)), ${map}), 'Map(${key}, Int64)')`;
