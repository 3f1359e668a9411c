import { z } from 'zod';
import type { Incident } from '../../core/incident.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

export type Acknowledgement = NonNullable<Incident['acknowledged']>;

const Row = z.object({ incident_id: z.string(), author: z.string(), comment: z.string(), at: Instant });

/** Says who has taken an incident on; the last one counts. */
export async function writeAcknowledgement(
  store: Store,
  { project, id }: Pick<Incident, 'project' | 'id'>,
  { by, at, comment }: Acknowledgement,
): Promise<void> {
  const row = {
    project,
    incident_id: id,
    author: by,
    comment,
    at: toSqlInstant(at),
    revision: revisionNow(),
  };
  await store.insertLines('acknowledgements', Buffer.from(`${JSON.stringify(row)}\n`));
}

/** By incident, who has taken it on. @param ids of incidents, a few hundred at most */
export async function readAcknowledgements(
  store: Store,
  ids: readonly string[],
): Promise<Map<string, Acknowledgement>> {
  if (ids.length === 0) return new Map();
  const rows = await store.rows(
    `SELECT incident_id, author, comment, at FROM acknowledgements FINAL
      WHERE incident_id IN {ids: Array(String)}`,
    { ids },
  );
  return new Map(
    z
      .array(Row)
      .parse(rows)
      .map(({ incident_id, author, comment, at }) => [incident_id, { by: author, at, comment }]),
  );
}
