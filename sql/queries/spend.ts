import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

export interface SpendQuery {
  readonly project: string;
  /** Empty: all models. */
  readonly model: string;
  /** `attribute=value`; empty: all inferences. */
  readonly segment: string;
  /** Half-open [since, until), whole hours. */
  readonly since: Date;
  readonly until: Date;
}

const HourRow = z.object({ bucket: Instant, usd: z.coerce.number() });

const SPEND_BY_HOUR = `
  SELECT bucket, sum(r.sum) / 1e6 AS usd
    FROM rollup_hour AS r FINAL
   WHERE project = {project: String} AND segment = {segment: String} AND signal = 'cost_micro_usd'
     AND ({model: String} = '' OR model = {model: String})
     AND bucket >= toDateTime({since: Int64}, 'UTC') AND bucket < toDateTime({until: Int64}, 'UTC')
   GROUP BY bucket ORDER BY bucket`;

/** What was spent in each hour that has an inference with a price, oldest first; dollars. */
export async function spendByHour(store: Store, query: SpendQuery): Promise<{ hour: Date; usd: number }[]> {
  const { since, until, ...chosen } = query;
  const rows = await store.rows(SPEND_BY_HOUR, { ...chosen, ...seconds({ since, until }) });
  return z
    .array(HourRow)
    .parse(rows)
    .map(({ bucket, usd }) => ({ hour: bucket, usd }));
}

/** What one part of the spend was, dollars; a part is a model and version, or a segment of one. */
export interface SpendPart {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly inferences: number;
  readonly usd: number;
  /** Inferences whose price is known: the others count nothing to `usd`. */
  readonly priced: number;
}

const PartRow = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  segment: z.string(),
  inferences: z.coerce.number(),
  usd: z.coerce.number(),
  priced: z.coerce.number(),
});
const PARTS_MAX = 1_000;

const SPEND_PARTS = `
  SELECT project, model, version, segment, sumIf(r.count, signal = 'inferences') AS inferences,
         sumIf(r.sum, signal = 'cost_micro_usd') / 1e6 AS usd, sumIf(r.count, signal = 'cost_micro_usd') AS priced
    FROM rollup_hour AS r FINAL
   WHERE ({project: String} = '' OR project = {project: String}) AND (segment = '') = {isWhole: UInt8}
     AND signal IN ('inferences', 'cost_micro_usd')
     AND bucket >= toDateTime({since: Int64}, 'UTC') AND bucket < toDateTime({until: Int64}, 'UTC')
   GROUP BY project, model, version, segment
   ORDER BY usd DESC, inferences DESC, project, model, version, segment LIMIT ${PARTS_MAX}`;

/** Who spent what, the most first; an empty project means all of them. @param by whole streams, or their segments */
export async function spendParts(
  store: Store,
  { project, by, since, until }: { project: string; by: 'stream' | 'segment'; since: Date; until: Date },
): Promise<SpendPart[]> {
  const isWhole = by === 'stream' ? 1 : 0;
  return z
    .array(PartRow)
    .parse(await store.rows(SPEND_PARTS, { project, isWhole, ...seconds({ since, until }) }));
}

/** Calls that gave an answer somebody can use: no error, and neither empty, nor refused, nor cut off. */
export interface AnsweredCalls {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  readonly calls: number;
  readonly answered: number;
  readonly usd: number;
}

const AnsweredRow = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  calls: z.coerce.number(),
  answered: z.coerce.number(),
  usd: z.coerce.number(),
});

const ANSWERED = `
  SELECT project, model, version, count() AS calls,
         countIf(status != 'error' AND NOT coalesce(empty, 0) AND NOT coalesce(refusal, 0) AND NOT coalesce(truncated, 0))
           AS answered,
         sum(coalesce(cost_micro_usd, 0)) / 1e6 AS usd
    FROM inferences FINAL
   WHERE ({project: String} = '' OR project = {project: String})
     AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
   GROUP BY project, model, version ORDER BY usd DESC, project, model, version LIMIT ${PARTS_MAX}`;

/** How many calls were answered, and what all of them cost, by model and version; an empty project means all. */
export async function answeredCalls(
  store: Store,
  { project, since, until }: { project: string; since: Date; until: Date },
): Promise<AnsweredCalls[]> {
  const params = { project, since: toSqlInstant(since), until: toSqlInstant(until) };
  return z.array(AnsweredRow).parse(await store.rows(ANSWERED, params));
}

const seconds = ({ since, until }: { since: Date; until: Date }) => ({
  since: Math.floor(since.getTime() / 1_000),
  until: Math.floor(until.getTime() / 1_000),
});
