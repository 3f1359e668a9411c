import { z } from 'zod';
import type { Cause, CauseSpan, Onset } from '../../core/cause.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

const Row = z.object({ body: z.string() });

/** Stores what explains an incident, in place of what was stored of it before. */
export async function writeCause(store: Store, cause: Cause): Promise<void> {
  const { project, incidentId, stage, computedAt } = cause;
  const line = JSON.stringify({
    project,
    incident_id: incidentId,
    stage,
    computed_at: toSqlInstant(computedAt),
    body: JSON.stringify(cause),
    revision: revisionNow(),
  });
  await store.insertLines('causes', Buffer.from(`${line}\n`));
}

/** What explains these incidents, as far as it is known; in order of the incident's id. An empty project means any. */
export async function readCauses(
  store: Store,
  { project, incidentIds }: { project: string; incidentIds: readonly string[] },
): Promise<Cause[]> {
  if (incidentIds.length === 0) return [];
  const rows = await store.rows(
    `SELECT body FROM causes FINAL
      WHERE incident_id IN {ids: Array(String)} AND ({project: String} = '' OR project = {project: String})
      ORDER BY incident_id`,
    { project, ids: incidentIds },
  );
  return z
    .array(Row)
    .parse(rows)
    .map(({ body }) => parseCause(body));
}

/** From the JSON that this module wrote. */
function parseCause(body: string): Cause {
  type Stored = Omit<Cause, 'computedAt' | 'before' | 'after' | 'onsets'> & {
    readonly computedAt: string;
    readonly before: StoredSpan;
    readonly after: StoredSpan;
    readonly onsets: readonly (Omit<Onset, 'at'> & { readonly at: string })[];
  };
  const cause = JSON.parse(body) as Stored;
  return {
    ...cause,
    computedAt: new Date(cause.computedAt),
    before: spanOf(cause.before),
    after: spanOf(cause.after),
    onsets: cause.onsets.map(({ at, ...onset }) => ({ ...onset, at: new Date(at) })),
  };
}

type StoredSpan = Omit<CauseSpan, 'since' | 'until'> & { readonly since: string; readonly until: string };

const spanOf = ({ since, until, ...span }: StoredSpan): CauseSpan => ({
  ...span,
  since: new Date(since),
  until: new Date(until),
});
