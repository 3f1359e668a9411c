import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

/** What became of one notification. */
export interface DeliveryRecord {
  readonly incidentId: string;
  readonly receiver: string;
  readonly kind: string;
  readonly state: 'waiting' | 'sent' | 'failed' | 'skipped';
  readonly attempts: number;
  readonly error: string;
  readonly decidedAt: Date;
  readonly nextAt: Date;
  readonly sentAt: Date | null;
}

/** How one receiver has done. */
export interface ReceiverTotals {
  readonly receiver: string;
  readonly sent: number;
  readonly waiting: number;
  readonly failed: number;
  readonly lastSentAt: Date | null;
  readonly lastError: string;
}

const Row = z
  .object({
    incident_id: z.string(),
    receiver: z.string(),
    kind: z.string(),
    state: z.enum(['waiting', 'sent', 'failed', 'skipped']),
    attempts: z.coerce.number(),
    error: z.string(),
    decided_at: Instant,
    next_at: Instant,
    sent_at: Instant.nullable(),
  })
  .transform(
    ({ incident_id, decided_at, next_at, sent_at, ...row }): DeliveryRecord => ({
      ...row,
      incidentId: incident_id,
      decidedAt: decided_at,
      nextAt: next_at,
      sentAt: sent_at,
    }),
  );

const DELIVERY_LIST = `
  SELECT incident_id, receiver, kind, state, attempts, error, decided_at, next_at, sent_at
    FROM deliveries FINAL
   WHERE ({project: String} = '' OR project = {project: String})
     AND ({incident: String} = '' OR incident_id = {incident: String})
     AND ({isTroubled: UInt8} = 0 OR state IN ('waiting', 'failed'))
   ORDER BY decided_at DESC, receiver, sequence DESC
   LIMIT {limit: UInt32}`;

/**
 * Deliveries, the last decided first.
 *
 * @param query.incidentId empty: of all incidents
 * @param query.isTroubled only those that wait or have failed
 */
export async function deliveryList(
  store: Store,
  query: { project: string; incidentId: string; isTroubled: boolean; limit: number },
): Promise<DeliveryRecord[]> {
  const { project, incidentId, isTroubled, limit } = query;
  return z.array(Row).parse(
    await store.rows(DELIVERY_LIST, {
      project,
      incident: incidentId,
      isTroubled: isTroubled ? 1 : 0,
      limit,
    }),
  );
}

const TotalsRow = z
  .object({
    receiver: z.string(),
    sent: z.coerce.number(),
    waiting: z.coerce.number(),
    failed: z.coerce.number(),
    last_sent: Instant.nullable(),
    last_error: z.string(),
  })
  .transform(
    ({ last_sent, last_error, ...row }): ReceiverTotals => ({
      ...row,
      lastSentAt: last_sent,
      lastError: last_error,
    }),
  );

/** Deliveries by receiver since an instant, by name. The error is that of the last one that waits or has failed. */
export async function receiverTotals(
  store: Store,
  { project, since }: { project: string; since: Date },
): Promise<ReceiverTotals[]> {
  const rows = await store.rows(
    `SELECT receiver, countIf(state = 'sent') AS sent, countIf(state = 'waiting') AS waiting,
            countIf(state = 'failed') AS failed, max(sent_at) AS last_sent,
            argMaxIf(error, decided_at, state IN ('waiting', 'failed')) AS last_error
       FROM deliveries FINAL
      WHERE ({project: String} = '' OR project = {project: String}) AND decided_at >= {since: DateTime64(3, 'UTC')}
      GROUP BY receiver ORDER BY receiver LIMIT 1000`,
    { project, since: toSqlInstant(since) },
  );
  return z.array(TotalsRow).parse(rows);
}
