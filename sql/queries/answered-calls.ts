import { z } from 'zod';
import { groupBy } from '../../core/group-by.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { SEGMENTS_OF_ROW, segmentParams, type WatchedAttribute } from '../segments.ts';

/** Calls that gave an answer somebody can use: no error, and neither empty, nor refused, nor cut off. */
export interface AnsweredCalls {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  /** `attribute=value`; empty: all inferences. */
  readonly segment: string;
  readonly calls: number;
  readonly answered: number;
  /** Of the calls whose price is known: those that were answered, and what all of them cost in dollars. */
  readonly priced: number;
  readonly pricedAnswered: number;
  readonly usd: number;
}

export interface AnsweredQuery {
  /** Empty: all of them. */
  readonly project: string;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Segments that are watched, of which calls are told apart; none: whole streams. */
  readonly segments: readonly { readonly project: string; readonly segment: string }[];
}

const Row = z
  .object({
    project: z.string(),
    model: z.string(),
    version: z.string(),
    of_segment: z.string(),
    calls: z.coerce.number(),
    answered: z.coerce.number(),
    priced: z.coerce.number(),
    priced_answered: z.coerce.number(),
    usd: z.coerce.number(),
  })
  .transform(({ of_segment, priced_answered, ...row }) => ({
    ...row,
    segment: of_segment,
    pricedAnswered: priced_answered,
  }));
const ROWS_MAX = 1_000;

const ANSWERED = `
  SELECT project, model, version, of_segment, count() AS calls, countIf(is_answered) AS answered,
         countIf(isNotNull(cost)) AS priced, countIf(is_answered AND isNotNull(cost)) AS priced_answered,
         sum(coalesce(cost, 0)) / 1e6 AS usd
    FROM (SELECT project, model, version, cost_micro_usd AS cost,
                 status != 'error' AND NOT coalesce(empty, 0) AND NOT coalesce(refusal, 0) AND NOT coalesce(truncated, 0)
                   AS is_answered,
                 arrayJoin(if({isWhole: UInt8}, [''], arrayPopFront(${SEGMENTS_OF_ROW}))) AS of_segment
            FROM inferences FINAL
           WHERE ({project: String} = '' OR project = {project: String})
             AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')})
   GROUP BY project, model, version, of_segment
   ORDER BY usd DESC, calls DESC, project, model, version, of_segment LIMIT ${ROWS_MAX}`;

/** How many calls were answered, and what those with a price cost, by model, version and segment; the dearest first. */
export async function answeredCalls(
  store: Store,
  { project, since, until, segments }: AnsweredQuery,
): Promise<AnsweredCalls[]> {
  const params = {
    project,
    since: toSqlInstant(since),
    until: toSqlInstant(until),
    isWhole: Number(segments.length === 0),
    ...segmentParams(attributesOf(segments)),
  };
  return z.array(Row).parse(await store.rows(ANSWERED, params));
}

function attributesOf(segments: AnsweredQuery['segments']): WatchedAttribute[] {
  const pairs = segments.map(({ project, segment }) => {
    const end = segment.indexOf('=');
    return { project, attribute: segment.slice(0, end), value: segment.slice(end + 1) };
  });
  const byAttribute = groupBy(pairs, ({ project, attribute }) => JSON.stringify([project, attribute]));
  return [...byAttribute.values()].flatMap((ofAttribute) => {
    const [first] = ofAttribute;
    return first ? [{ ...first, values: ofAttribute.map(({ value }) => value) }] : [];
  });
}
