import { z } from 'zod';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { SELECTOR_COLUMNS, type Selector } from './gate-rows.ts';

export interface ExportQuery {
  /** Empty: all. */
  readonly project: string;
  readonly where: readonly Selector[];
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Conversations taken, of 2^32, by a hash of their name. */
  readonly share: number;
  /** The page begins after this one; null: at the first. */
  readonly after: { readonly project: string; readonly id: string } | null;
  readonly limit: number;
}

const Row = z.object({ project: z.string(), id: z.string() });

/** Ids of a selection in order of project and id, a page at a time; a conversation is in the sample as a whole. */
export async function exportIds(
  store: Store,
  query: ExportQuery,
): Promise<{ project: string; id: string }[]> {
  const params: Record<string, unknown> = {};
  const conditions = query.where.map(({ field, key, value }, index) => {
    params[`value${index}`] = value;
    if (field !== 'attributes' && field !== 'groups') {
      const column = SELECTOR_COLUMNS.find((known) => known === field);
      return `${column} = {value${index}: String}`;
    }
    params[`key${index}`] = key;
    return `${field}[{key${index}: String}] = {value${index}: String}`;
  });
  const rows = await store.rows(
    `SELECT project, id FROM inferences FINAL
      WHERE ({project: String} = '' OR project = {project: String})
        AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
        AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')})
        AND toStartOfMinute(timestamp) <= {until: DateTime64(3, 'UTC')}
        AND cityHash64(if(session != '', session, id)) % 4294967296 < {share: UInt64}
        AND (project, id) > ({afterProject: String}, {afterId: String})
        AND ${['1', ...conditions].join(' AND ')}
      ORDER BY project, id LIMIT {limit: UInt32}`,
    {
      ...params,
      project: query.project,
      since: toSqlInstant(query.since),
      until: toSqlInstant(query.until),
      share: Math.round(query.share * 2 ** 32),
      afterProject: query.after?.project ?? '',
      afterId: query.after?.id ?? '',
      limit: query.limit,
    },
  );
  return z.array(Row).parse(rows);
}
