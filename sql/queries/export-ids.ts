import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import type { Store } from '../client.ts';
import { type FlagQuery, flagSql } from '../flag-conditions.ts';
import { IN_STREAM, streamParams } from '../in-stream.ts';
import { toSqlInstant } from '../instant.ts';
import { SELECTOR_COLUMNS, type Selector } from './gate-rows.ts';

export interface ExportQuery {
  /** Empty: all. */
  readonly project: string;
  readonly where: readonly Selector[];
  /** Only this stream's, its segment a group or the other values of an attribute too; null: of all. */
  readonly stream: StreamKey | null;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Conversations taken, of 2^32, by a hash of their name. */
  readonly share: number;
  /** The page begins after this one; null: at the first. */
  readonly after: { readonly project: string; readonly id: string } | null;
  readonly limit: number;
  /** Only inferences that have one of these flags; null: all. */
  readonly flags: FlagQuery | null;
}

const Row = z.object({ project: z.string(), id: z.string(), flags: z.array(z.string()) });
/** The flags are those that were asked for and found. */
export type ExportId = z.infer<typeof Row>;

const IN_TIME = `({project: String} = '' OR project = {project: String})
        AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
        AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')})
        AND toStartOfMinute(timestamp) <= {until: DateTime64(3, 'UTC')}`;

/** Ids of a selection in order of project and id, a page at a time; a conversation is in the sample as a whole. */
export async function exportIds(store: Store, query: ExportQuery): Promise<ExportId[]> {
  const { sql, params } = conditionsOf(query.where);
  const flagged = query.flags && flagSql(query.flags, IN_TIME);
  const rows = await store.rows(
    `SELECT i.project AS project, i.id AS id, ${flagged?.flags ?? 'emptyArrayString()'} AS flags
       FROM (
         SELECT * FROM inferences FINAL
          WHERE ${IN_TIME} AND cityHash64(if(session != '', session, id)) % 4294967296 < {share: UInt64}
            AND (project, id) > ({afterProject: String}, {afterId: String}) AND ${sql} AND ${query.stream ? IN_STREAM : '1'}) AS i
            ${flagged?.join ?? ''}
      WHERE ${flagged ? 'notEmpty(flags)' : '1'}
      ORDER BY project, id LIMIT {limit: UInt32}`,
    {
      ...params,
      ...flagged?.params,
      ...(query.stream && streamParams({ ...query, stream: query.stream })),
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

/** Columns come from a list, keys and values are bound. */
function conditionsOf(where: readonly Selector[]): { sql: string; params: Record<string, unknown> } {
  const params: Record<string, unknown> = {};
  const conditions = where.map(({ field, key, value }, index) => {
    params[`value${index}`] = value;
    if (field !== 'attributes' && field !== 'groups') {
      const column = SELECTOR_COLUMNS.find((known) => known === field);
      return `${column} = {value${index}: String}`;
    }
    params[`key${index}`] = key;
    return `${field}[{key${index}: String}] = {value${index}: String}`;
  });
  return { sql: ['1', ...conditions].join(' AND '), params };
}
