import { z } from 'zod';
import type { Incident } from '../../core/incident.ts';
import { incidentTitle } from '../../core/incident-words.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

const Row = z.object({ body: z.string(), told: z.string() });

/** An incident, and what its receivers are to be told, as JSON. */
export interface StoredIncident {
  readonly incident: Incident;
  readonly told: unknown;
}

/** Stores incidents and what is to be said of them, all in one insert; the latest of an id replaces the earlier ones. */
export async function writeIncidents(store: Store, incidents: readonly StoredIncident[]): Promise<void> {
  const lines = incidents.map(({ incident, told }) => {
    const { project, id, model, version, segment, signal, family, aspect, verdict, state } = incident;
    const { rule, severity, mutedBy, acknowledged, since, openedAt, closedAt } = incident;
    return JSON.stringify({
      project,
      id,
      model,
      version,
      segment,
      signal,
      family,
      aspect,
      verdict,
      rule,
      severity,
      title: incidentTitle(incident),
      since: toSqlInstant(since),
      state,
      opened_at: toSqlInstant(openedAt),
      closed_at: closedAt ? toSqlInstant(closedAt) : null,
      muted_by: mutedBy,
      acknowledged_by: acknowledged?.by ?? '',
      body: JSON.stringify(incident),
      told: JSON.stringify(told),
      revision: revisionNow(),
    });
  });
  await store.insertLines('incidents', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

/**
 * Incidents that are neither closed nor dropped, and those written since an instant (by the store's clock: what they are
 * about may be long ago), oldest first.
 */
export async function standingIncidents(store: Store, writtenSince: Date): Promise<StoredIncident[]> {
  const rows = await store.rows(
    `SELECT body, told FROM incidents FINAL
      WHERE state NOT IN ('closed', 'dropped') OR incidents.revision >= {since: DateTime64(3, 'UTC')}
      ORDER BY opened_at, id`,
    { since: toSqlInstant(writtenSince) },
  );
  return z
    .array(Row)
    .parse(rows)
    .map(({ body, told }) => ({ incident: parseIncident(body), told: told === '' ? {} : JSON.parse(told) }));
}

/** An incident from the JSON this module wrote. */
export function parseIncident(body: string): Incident {
  const incident = JSON.parse(body) as Incident &
    Record<'since' | 'openedAt' | 'updatedAt' | 'seenAt' | 'conditionSince', string> & {
      closedAt: string | null;
    };
  return {
    // Of an incident that was stored before there was any of these.
    ...{ speaksFor: [], windowMs: 0, cause: '' },
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
