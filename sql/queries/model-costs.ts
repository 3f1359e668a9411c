import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant } from '../instant.ts';

/** What a model costs in a segment, all its versions together. */
export interface ModelCost {
  readonly project: string;
  readonly model: string;
  /** `attribute=value`; empty: all inferences. */
  readonly segment: string;
  readonly inferences: number;
  /** Inferences whose price is known, and what they cost in dollars. */
  readonly priced: number;
  readonly usd: number;
  /** Start of the first and of the last hour with an inference. */
  readonly first: Date;
  readonly last: Date;
}

const Row = z.object({
  project: z.string(),
  model: z.string(),
  segment: z.string(),
  inferences: z.coerce.number(),
  priced: z.coerce.number(),
  usd: z.coerce.number(),
  first: Instant,
  last: Instant,
});
const ROWS_MAX = 2_000;

const MODEL_COSTS = `
  SELECT project, model, segment, sumIf(r.count, signal = 'inferences') AS inferences,
         sumIf(r.count, signal = 'cost_micro_usd') AS priced, sumIf(r.sum, signal = 'cost_micro_usd') / 1e6 AS usd,
         min(bucket) AS first, max(bucket) AS last
    FROM rollup_hour AS r FINAL
   WHERE ({project: String} = '' OR project = {project: String}) AND signal IN ('inferences', 'cost_micro_usd')
     AND bucket >= toDateTime({since: Int64}, 'UTC') AND bucket < toDateTime({until: Int64}, 'UTC')
   GROUP BY project, model, segment HAVING priced > 0
   ORDER BY usd DESC, project, model, segment LIMIT ${ROWS_MAX}`;

/** Models with a price by segment, the dearest together first; whole hours of [since, until), an empty project means all. */
export async function modelCosts(
  store: Store,
  { project, since, until }: { project: string; since: Date; until: Date },
): Promise<ModelCost[]> {
  const rows = await store.rows(MODEL_COSTS, {
    project,
    since: Math.floor(since.getTime() / 1_000),
    until: Math.floor(until.getTime() / 1_000),
  });
  return z.array(Row).parse(rows);
}
