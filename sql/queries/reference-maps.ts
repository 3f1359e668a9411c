import { z } from 'zod';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';

/** A reference map as stored. */
export interface StoredMap {
  readonly project: string;
  readonly model: string;
  readonly side: 'prompt' | 'response';
  readonly identity: string;
  readonly id: string;
  readonly createdAt: Date;
  /** JSON. */
  readonly body: string;
}

/** The maps of one embedder that are in force: of each project, model and side the one made last; in no order. */
export async function mapsInForce(store: Store, identity: string): Promise<string[]> {
  const rows = z.array(z.object({ body: z.string() })).parse(
    await store.rows(
      `SELECT body FROM reference_maps FINAL WHERE identity = {identity: String}
        ORDER BY created_at DESC, id LIMIT 1 BY project, model, side`,
      { identity },
    ),
  );
  return rows.map(({ body }) => body);
}

/** Stores a map. */
export async function writeMap(store: Store, { createdAt, ...map }: StoredMap): Promise<void> {
  const line = JSON.stringify({ ...map, created_at: toSqlInstant(createdAt) });
  await store.insertLines('reference_maps', Buffer.from(`${line}\n`));
}
