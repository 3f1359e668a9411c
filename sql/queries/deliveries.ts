import { z } from 'zod';
import { NOTIFICATION_KINDS, type NotificationKind, type ReceiverHandle } from '../../core/notification.ts';
import { SEVERITIES, type Severity } from '../../core/severity.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

/** What became of one notification. */
export interface Delivery {
  readonly project: string;
  readonly id: string;
  readonly incidentId: string;
  readonly receiver: string;
  readonly sequence: number;
  readonly kind: NotificationKind;
  /** As it was told, or tried. */
  readonly severity: Severity;
  /** `waiting`: failed for now; `sent`; `failed`: for good; `skipped`: there was nothing to say any more. */
  readonly state: 'waiting' | 'sent' | 'failed' | 'skipped';
  readonly attempts: number;
  /** What was wrong last; empty if nothing was. */
  readonly error: string;
  /** What the receiver keeps of the incident; null if it said nothing. */
  readonly handle: ReceiverHandle | null;
  readonly decidedAt: Date;
  /** When it is tried again, if it waits. */
  readonly nextAt: Date;
  readonly sentAt: Date | null;
}

const Row = z.object({
  project: z.string(),
  id: z.string(),
  incident_id: z.string(),
  receiver: z.string(),
  sequence: z.number(),
  kind: z.enum(NOTIFICATION_KINDS),
  severity: z.enum(SEVERITIES),
  state: z.enum(['waiting', 'sent', 'failed', 'skipped']),
  attempts: z.number(),
  error: z.string(),
  handle: z.string(),
  decided_at: Instant,
  next_at: Instant,
  sent_at: Instant.nullable(),
});

/** Stores what became of notifications; the latest of a notification replaces the earlier ones. */
export async function writeDeliveries(store: Store, deliveries: readonly Delivery[]): Promise<void> {
  const lines = deliveries.map(({ incidentId, decidedAt, nextAt, sentAt, handle, ...rest }) =>
    JSON.stringify({
      ...rest,
      incident_id: incidentId,
      handle: handle === null ? '' : JSON.stringify(handle),
      decided_at: toSqlInstant(decidedAt),
      next_at: toSqlInstant(nextAt),
      sent_at: sentAt && toSqlInstant(sentAt),
      revision: revisionNow(),
    }),
  );
  await store.insertLines('deliveries', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

const COLUMNS = `project, id, incident_id, receiver, sequence, kind, severity, state, attempts, error, handle,
  decided_at, next_at, sent_at`;

/** What was said of incidents, in the order in which it was decided. @param ids of incidents, a few hundred at most */
export async function deliveriesOf(store: Store, ids: readonly string[]): Promise<Delivery[]> {
  if (ids.length === 0) return [];
  const rows = await store.rows(
    `SELECT ${COLUMNS} FROM deliveries FINAL WHERE incident_id IN {ids: Array(String)}
      ORDER BY decided_at, receiver, sequence`,
    { ids },
  );
  return parseRows(rows);
}

function parseRows(rows: unknown): Delivery[] {
  return z
    .array(Row)
    .parse(rows)
    .map(({ incident_id, handle, decided_at, next_at, sent_at, ...row }) => ({
      ...row,
      incidentId: incident_id,
      handle: handle === '' ? null : (JSON.parse(handle) as ReceiverHandle),
      decidedAt: decided_at,
      nextAt: next_at,
      sentAt: sent_at,
    }));
}
