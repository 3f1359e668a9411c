import { z } from 'zod';
import type { Store } from '../client.ts';

/** A piece of content, as stored. */
export interface StoredContent {
  readonly project: string;
  readonly id: string;
  readonly at: string;
  readonly part: string;
  readonly order: string;
  /** JSON. */
  readonly piece: string;
}

/** Of a query's ids. */
export interface InferenceNames {
  readonly projects: readonly string[];
  readonly ids: readonly string[];
}

const Row = z.object({
  project: z.string(),
  id: z.string(),
  at: z.string(),
  part: z.string(),
  order: z.string(),
  piece: z.string(),
});

/** Stores checked lines of contents; a piece that is there already is the same piece. */
export async function writeSpanContents(store: Store, lines: Uint8Array): Promise<void> {
  await store.insertLines('span_contents', lines, { date_time_input_format: 'best_effort' });
}

/** Whether any content waits, or waited, for its span. */
export async function hasSpanContents(store: Store): Promise<boolean> {
  return (await store.rows('SELECT 1 FROM span_contents LIMIT 1')).length > 0;
}

/** Every piece of these inferences, in their order. Names of other projects' inferences may come along. */
export async function spanContents(
  store: Store,
  { projects, ids }: InferenceNames,
): Promise<StoredContent[]> {
  const rows = await store.rows(
    `SELECT project, id, toString(at) AS at, part, order, piece FROM span_contents FINAL
      WHERE project IN {projects: Array(String)} AND id IN {ids: Array(String)}
      ORDER BY project, id, order, part`,
    { projects: [...new Set(projects)], ids: [...new Set(ids)] },
  );
  return z.array(Row).parse(rows);
}
