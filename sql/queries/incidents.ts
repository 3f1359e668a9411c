import { z } from 'zod';
import type { Incident } from '../../core/incident.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

const Row = z.object({ body: z.string() });

/** Stores incidents; the latest of an id replaces the earlier ones. */
export async function writeIncidents(store: Store, incidents: readonly Incident[]): Promise<void> {
  const lines = incidents.map((incident) => {
    const { project, id, model, version, segment, signal, verdict, state } = incident;
    return JSON.stringify({
      project,
      id,
      model,
      version,
      segment,
      signal,
      verdict,
      state,
      opened_at: toSqlInstant(incident.openedAt),
      closed_at: incident.closedAt ? toSqlInstant(incident.closedAt) : null,
      body: JSON.stringify(incident),
      revision: revisionNow(),
    });
  });
  await store.insertLines('incidents', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

/** Incidents that are not closed, oldest first. */
export async function openIncidents(store: Store): Promise<Incident[]> {
  const rows = z
    .array(Row)
    .parse(
      await store.rows(`SELECT body FROM incidents FINAL WHERE state != 'closed' ORDER BY opened_at, id`),
    );
  return rows.map((row) => parseIncident(row.body));
}

/** An incident from the JSON this module wrote. */
export function parseIncident(body: string): Incident {
  const incident = JSON.parse(body) as Incident &
    Record<'since' | 'openedAt' | 'updatedAt' | 'seenAt' | 'conditionSince', string> & {
      closedAt: string | null;
    };
  return {
    ...incident,
    since: new Date(incident.since),
    openedAt: new Date(incident.openedAt),
    updatedAt: new Date(incident.updatedAt),
    closedAt: incident.closedAt === null ? null : new Date(incident.closedAt),
    seenAt: new Date(incident.seenAt),
    conditionSince: new Date(incident.conditionSince),
    acknowledged: incident.acknowledged && {
      ...incident.acknowledged,
      at: new Date(incident.acknowledged.at),
    },
  };
}
