import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant } from '../instant.ts';

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

/** What there is of what a budget is about. */
export interface SpendCalls {
  /** From `periodSince` on; and those of them whose price is known. */
  readonly calls: number;
  readonly priced: number;
  /** What there is none of since `since`: of the project, of its model, of its segment, or of both together. */
  readonly missing: 'project' | 'model' | 'segment' | 'model_in_segment' | null;
}

const CallsRow = z.object({
  calls: z.coerce.number(),
  priced: z.coerce.number(),
  of_project: z.coerce.number(),
  of_model: z.coerce.number(),
  of_segment: z.coerce.number(),
  of_both: z.coerce.number(),
});

const SPEND_CALLS = `
  SELECT sumIf(r.count, is_meant AND is_call AND in_period) AS calls,
         sumIf(r.count, is_meant AND NOT is_call AND in_period) AS priced,
         countIf(is_call) AS of_project, countIf(is_call AND is_model) AS of_model,
         countIf(is_call AND is_segment) AS of_segment, countIf(is_call AND is_meant) AS of_both
    FROM (SELECT count, signal = 'inferences' AS is_call, bucket >= toDateTime({periodSince: Int64}, 'UTC') AS in_period,
                 {model: String} = '' OR model = {model: String} AS is_model, segment = {segment: String} AS is_segment,
                 is_model AND is_segment AS is_meant
            FROM rollup_hour FINAL
           WHERE project = {project: String} AND segment IN ('', {segment: String}) AND signal IN ('inferences', 'cost_micro_usd')
             AND bucket >= toDateTime({since: Int64}, 'UTC') AND bucket < toDateTime({until: Int64}, 'UTC')) AS r`;

/** How many calls a budget is about, and how many of them have a price; whole hours of [since, until). */
export async function spendCalls(
  store: Store,
  { since, until, periodSince, ...chosen }: SpendQuery & { readonly periodSince: Date },
): Promise<SpendCalls> {
  const rows = await store.rows(SPEND_CALLS, {
    ...chosen,
    ...seconds({ since, until }),
    periodSince: Math.floor(periodSince.getTime() / 1_000),
  });
  const [row] = z.array(CallsRow).parse(rows);
  return { calls: row?.calls ?? 0, priced: row?.priced ?? 0, missing: missingOf(row) };
}

function missingOf(row: z.output<typeof CallsRow> | undefined): SpendCalls['missing'] {
  if (!row || row.of_project === 0) return 'project';
  if (row.of_model === 0) return 'model';
  if (row.of_segment === 0) return 'segment';
  return row.of_both === 0 ? 'model_in_segment' : null;
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

const seconds = ({ since, until }: { since: Date; until: Date }) => ({
  since: Math.floor(since.getTime() / 1_000),
  until: Math.floor(until.getTime() / 1_000),
});
