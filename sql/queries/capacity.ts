import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

/** One minute of a model on one kind of accelerator. */
export interface CapacityMinute {
  readonly project: string;
  readonly model: string;
  /** Empty: not said. */
  readonly accelerator: string;
  readonly at: Date;
  /** Calls under way on average: time of all calls that began in the minute, over the minute. */
  readonly concurrency: number;
  /** Output tokens a second. */
  readonly throughput: number;
  /** Mean of what the calls said, in [0, 1]; null if none did. */
  readonly utilization: number | null;
  /** 95 % of calls queued for less; null if none said. */
  readonly queueMs: number | null;
}

const Row = z.object({
  project: z.string(),
  model: z.string(),
  accelerator: z.string(),
  minute: Instant,
  concurrency: z.coerce.number(),
  throughput: z.coerce.number(),
  utilization: z.coerce.number().nullable(),
  queue_ms: z.coerce.number().nullable(),
});

/** A week of minutes of twenty models, with room. */
const ROWS_MAX = 250_000;

const CAPACITY = `
  SELECT project, model, accelerator, toDateTime(toStartOfMinute(timestamp), 'UTC') AS minute,
         sum(coalesce(latency_ms, 0)) / 60000 AS concurrency, sum(coalesce(output_tokens, 0)) / 60 AS throughput,
         avg(accelerator_utilization) AS utilization, quantileTDigest(0.95)(queue_ms) AS queue_ms
    FROM inferences FINAL
   WHERE ({project: String} = '' OR project = {project: String})
     AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
   GROUP BY project, model, accelerator, minute
   ORDER BY project, model, accelerator, minute
   LIMIT ${ROWS_MAX}`;

/** How busy each model was in each minute in which it had calls, oldest first; an empty project means all of them. */
export async function capacityMinutes(
  store: Store,
  { project, since, until }: { project: string; since: Date; until: Date },
): Promise<CapacityMinute[]> {
  const params = { project, since: toSqlInstant(since), until: toSqlInstant(until) };
  return z
    .array(Row)
    .parse(await store.rows(CAPACITY, params))
    .map(({ minute, queue_ms, utilization, ...row }) => ({
      ...row,
      at: minute,
      utilization: finite(utilization),
      queueMs: finite(queue_ms),
    }));
}

/** The mean of nothing is NaN, which JSON says as null. */
const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;
