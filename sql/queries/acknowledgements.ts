import { z } from 'zod';
import type { Incident } from '../../core/incident.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

export type Acknowledgement = NonNullable<Incident['acknowledged']>;

const Row = z.object({
  incident_id: z.string(),
  author: z.string(),
  comment: z.string(),
  at: Instant,
  closes: z.number(),
});

/** What people have said of incidents. */
export interface Said {
  /** By incident, who has taken it on. */
  readonly acknowledgements: ReadonlyMap<string, Acknowledgement>;
  /** Those that somebody has closed. */
  readonly closings: ReadonlySet<string>;
}

const IDS_PER_QUERY = 500;

/** Says who has taken an incident on, or (`closes`) that it is over; the last word counts. */
export async function writeAcknowledgement(
  store: Store,
  { project, id }: Pick<Incident, 'project' | 'id'>,
  { by, at, comment, closes = false }: Acknowledgement & { readonly closes?: boolean },
): Promise<void> {
  const row = {
    project,
    incident_id: id,
    author: by,
    comment,
    at: toSqlInstant(at),
    closes: Number(closes),
    revision: revisionNow(),
  };
  await store.insertLines('acknowledgements', Buffer.from(`${JSON.stringify(row)}\n`));
}

/** What people have said of incidents. @param ids any number of them */
export async function readSaid(store: Store, ids: readonly string[]): Promise<Said> {
  const acknowledgements = new Map<string, Acknowledgement>();
  const closings = new Set<string>();
  for (let at = 0; at < ids.length; at += IDS_PER_QUERY) {
    const rows = await store.rows(
      `SELECT incident_id, author, comment, at, closes FROM acknowledgements FINAL
        WHERE incident_id IN {ids: Array(String)}`,
      { ids: ids.slice(at, at + IDS_PER_QUERY) },
    );
    for (const { incident_id, author, closes, ...said } of z.array(Row).parse(rows)) {
      acknowledgements.set(incident_id, { by: author, ...said });
      if (closes === 1) closings.add(incident_id);
    }
  }
  return { acknowledgements, closings };
}
