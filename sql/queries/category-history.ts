import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import type { Store } from '../client.ts';

const Row = z.object({ categories: z.record(z.string(), z.coerce.number()) });

/** Hours that are asked for at most: a month. */
const HOURS_MAX = 720;

/** What a stream had of a category signal in the hours before an instant, oldest first; hours without a value are left out. */
export async function categoryHistory(
  store: Store,
  { key, signal, before }: { key: StreamKey; signal: string; before: Date },
): Promise<ReadonlyMap<string, number>[]> {
  const rows = await store.rows(
    `SELECT categories FROM (
       SELECT bucket, r.categories AS categories FROM rollup_hour AS r FINAL
        WHERE project = {project: String} AND model = {model: String} AND version = {version: String}
          AND segment = {segment: String} AND signal = {signal: String} AND notEmpty(mapKeys(r.categories))
          AND bucket < toStartOfHour(toDateTime({before: Float64}, 'UTC'))
        ORDER BY bucket DESC LIMIT ${HOURS_MAX})
     ORDER BY bucket`,
    { ...key, signal, before: before.getTime() / 1000 },
  );
  return z
    .array(Row)
    .parse(rows)
    .map(({ categories }) => new Map(Object.entries(categories)));
}
