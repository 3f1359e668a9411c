import { z } from 'zod';
import { type ApiKey, KEY_SCOPES } from '../../core/api-key.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

const Row = z.object({
  id: z.string(),
  secret_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  // Inside, an empty project means all: none may come from a row.
  project: z.string().min(1),
  scopes: z.array(z.enum(KEY_SCOPES)),
  name: z.string(),
  created_at: Instant,
  revoked_at: Instant.nullable(),
  requests_per_second: z.coerce.number().nullable(),
  bytes_per_second: z.coerce.number().nullable(),
  body_bytes_max: z.coerce.number().nullable(),
});

/** Keys of one store at most, revoked ones too: every process holds them all. */
export const KEYS_MAX = 10_000;

const KEYS = `
  SELECT id, secret_sha256, project, scopes, name, created_at, revoked_at, requests_per_second, bytes_per_second,
         body_bytes_max
    FROM api_keys FINAL
   ORDER BY created_at, id
   LIMIT {limit: UInt32}`;

/** Every key, revoked ones too, oldest first. */
export async function readKeys(store: Store): Promise<ApiKey[]> {
  const rows = z.array(Row).parse(await store.rows(KEYS, { limit: KEYS_MAX }));
  return rows.map((row) => ({
    id: row.id,
    secretSha256: row.secret_sha256,
    project: row.project,
    scopes: row.scopes,
    name: row.name,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
    limits: {
      requestsPerSecond: row.requests_per_second,
      bytesPerSecond: row.bytes_per_second,
      bodyBytesMax: row.body_bytes_max,
    },
  }));
}

/** Stores a key as made, or, with `revokedAt`, as revoked; the latter counts whichever was written last. */
export async function writeKey(store: Store, key: ApiKey): Promise<void> {
  const line = JSON.stringify({
    id: key.id,
    secret_sha256: key.secretSha256,
    project: key.project,
    scopes: key.scopes,
    name: key.name,
    created_at: toSqlInstant(key.createdAt),
    revoked_at: key.revokedAt ? toSqlInstant(key.revokedAt) : null,
    requests_per_second: key.limits.requestsPerSecond,
    bytes_per_second: key.limits.bytesPerSecond,
    body_bytes_max: key.limits.bodyBytesMax,
    revision: key.revokedAt ? 2 : 1,
  });
  await store.insertLines('api_keys', Buffer.from(`${line}\n`));
}
