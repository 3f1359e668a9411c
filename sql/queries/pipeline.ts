import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { INFERENCES } from './signal-rows.ts';

/** How far each step has come; null where it has done nothing within a week. */
export interface PipelineLatest {
  readonly inference: Date | null;
  readonly embedding: Date | null;
  readonly finding: Date | null;
  readonly incident: Date | null;
}

const MinuteRow = z.object({ minute: z.coerce.number(), count: z.coerce.number() });
const LatestRow = z.object({ step: z.string(), at: Instant });

/** Inferences per minute over [since, until), whole minutes, from the rollups; one number a minute. */
export async function arrivalsByMinute(
  store: Store,
  { project, since, until }: { project: string; since: Date; until: Date },
): Promise<number[]> {
  const rows = z.array(MinuteRow).parse(
    await store.rows(
      `SELECT intDiv(toUnixTimestamp(bucket) - {since: Int64}, 60) AS minute, sum(r.count) AS count
         FROM rollup_minute AS r FINAL
        WHERE ({project: String} = '' OR project = {project: String}) AND segment = '' AND signal = '${INFERENCES}'
          AND bucket >= toDateTime({since: Int64}, 'UTC') AND bucket < toDateTime({until: Int64}, 'UTC')
        GROUP BY minute`,
      { project, since: since.getTime() / 1000, until: until.getTime() / 1000 },
    ),
  );
  const counts = new Array<number>(Math.round((until.getTime() - since.getTime()) / 60_000)).fill(0);
  for (const { minute, count } of rows) counts[minute] = count;
  return counts;
}

const latest = (step: string, column: string, table: string): string => `
  SELECT '${step}' AS step, toString(toDateTime64(max(${column}), 3, 'UTC')) AS at FROM ${table}
   WHERE ({project: String} = '' OR project = {project: String})
     AND ${column} >= {since: DateTime64(3, 'UTC')} AND ${column} <= {now: DateTime64(3, 'UTC')}
  HAVING count() > 0`;

const LATEST = [
  latest('inference', 'bucket', 'rollup_minute'),
  latest('embedding', 'timestamp', 'embeddings'),
  latest('finding', 'until', 'findings'),
  latest('incident', 'opened_at', 'incidents'),
].join('\nUNION ALL\n');

const WEEK_MS = 7 * 86_400_000;

/** The latest instant that each step has seen within a week before `now`: of inferences by their timestamps. */
export async function pipelineLatest(
  store: Store,
  { project, now }: { project: string; now: Date },
): Promise<PipelineLatest> {
  const rows = z.array(LatestRow).parse(
    await store.rows(LATEST, {
      project,
      since: toSqlInstant(new Date(now.getTime() - WEEK_MS)),
      now: toSqlInstant(now),
    }),
  );
  const of = (step: keyof PipelineLatest): Date | null => rows.find((row) => row.step === step)?.at ?? null;
  return {
    inference: of('inference'),
    embedding: of('embedding'),
    finding: of('finding'),
    incident: of('incident'),
  };
}
