import { AppError } from '../core/errors.ts';

/** Several servers that act as one store: its name in their `remote_servers`, and the database on each of them. */
export interface Cluster {
  readonly name: string;
  readonly database: string;
}

/**
 * Which shard a row lives on. All versions of a row must meet on one shard, or FINAL would not collapse them: each key
 * is made of columns that never change under the table's sort key. What is joined lies together: an inference, its
 * scores and its vectors. docs/decisions/0006-the-cluster.md has the reasons.
 */
const SHARDED_BY: Readonly<Record<string, readonly string[]>> = {
  migrations: ['name'],
  inferences: ['project', 'id'],
  scores: ['project', 'inference_id'],
  embeddings: ['project', 'inference_id'],
  rollup_minute: ['project', 'model', 'version', 'segment', 'signal'],
  rollup_hour: ['project', 'model', 'version', 'segment', 'signal'],
  findings: ['project', 'model', 'version', 'segment', 'signal'],
  incidents: ['project', 'id'],
  // Made by an early migration, and dropped by a later one.
  outbox: ['project', 'id'],
  // All of one incident together: what was said to a receiver is read in order.
  deliveries: ['project', 'incident_id'],
  silences: ['project', 'id'],
  acknowledgements: ['project', 'incident_id'],
  states: ['kind', 'name'],
  // All versions of a stream together: a new one is compared with the one before.
  stream_states: ['project', 'model', 'segment'],
  rollup_late: ['project', 'model', 'version', 'segment', 'signal'],
  touched_minutes: ['token'],
  api_keys: ['id'],
  key_uses: ['key_id', 'process'],
  span_contents: ['project', 'id'],
};

/** Settings of every query in a cluster; docs/decisions/0006-the-cluster.md has the reason of each. */
export const CLUSTER_SETTINGS = {
  distributed_foreground_insert: 1,
  insert_quorum: 'auto',
  // In ms, and below the client's own limit, so that the answer says what happened.
  insert_quorum_timeout: 30_000,
  load_balancing: 'in_order',
  prefer_localhost_replica: 0,
  skip_unavailable_shards: 0,
  distributed_product_mode: 'global',
  parallel_distributed_insert_select: '0',
  // In seconds, and below the client's own limit.
  distributed_ddl_task_timeout: '50',
} as const;

/** Statement on the whole cluster, as SQL. */
export const onCluster = (cluster: Cluster): string => `ON CLUSTER '${checkedName(cluster.name)}'`;

/** The table that holds a shard's rows; the plain name is the Distributed table over all shards. */
export const localTable = (table: string): string => `${table}_local`;

const CREATE = /^CREATE TABLE (?:IF NOT EXISTS )?(\w+)\s+\{\{on_cluster\}\}(?:\s+AS (\w+))?/;
const ALTER = /^ALTER TABLE (\w+)(?:\s+\{\{on_cluster\}\})?/;
const DROP = /^DROP TABLE IF EXISTS (\w+)\s+\{\{on_cluster\}\}$/;
const CHANGES_COLUMNS = /\b(ADD|DROP|MODIFY|ALTER|RENAME|COMMENT|CLEAR)\s+COLUMN\b/;

/**
 * A migration's statement as the statements that do the same on a cluster, its other template words left as they are:
 * the table of that name becomes `…_local`, and the name itself stands for all shards.
 *
 * @throws Error if the statement is of another shape, or its table has no sharding key here
 */
export function forCluster(statement: string, cluster: Cluster): string[] {
  const created = CREATE.exec(statement);
  if (created) {
    const [head, table = '', like] = created;
    const columns = like === undefined ? '' : ` AS ${localTable(like)}`;
    const local = `CREATE TABLE IF NOT EXISTS ${localTable(table)} {{on_cluster}}${columns}`;
    return [
      local + statement.slice(head.length),
      `CREATE TABLE IF NOT EXISTS ${table} ${distributed(table, cluster)}`,
    ];
  }
  const altered = ALTER.exec(statement);
  if (altered) {
    const [head, table = ''] = altered;
    const local = `ALTER TABLE ${localTable(table)} {{on_cluster}}${statement.slice(head.length)}`;
    // A Distributed table holds no rows: made anew it has the columns of the table it stands for.
    return CHANGES_COLUMNS.test(statement)
      ? [local, `CREATE OR REPLACE TABLE ${table} ${distributed(table, cluster)}`]
      : [local];
  }
  const dropped = DROP.exec(statement)?.[1];
  if (dropped) {
    return [dropped, localTable(dropped)].map((table) => `DROP TABLE IF EXISTS ${table} {{on_cluster}} SYNC`);
  }
  throw new Error(
    `a migration has a statement that sql/cluster.ts cannot render for a cluster: ${statement.slice(0, 80)}`,
  );
}

function distributed(table: string, cluster: Cluster): string {
  const columns = SHARDED_BY[table];
  if (columns === undefined) {
    throw new Error(
      `the table ${table} has no sharding key: add a line to SHARDED_BY in sql/cluster.ts, of columns of its sort key`,
    );
  }
  const [name, database] = [checkedName(cluster.name), checkedName(cluster.database)];
  const key = `cityHash64(${columns.map((column) => `toString(${column})`).join(', ')})`;
  return `{{on_cluster}} AS ${localTable(table)} ENGINE = Distributed('${name}', '${database}', '${localTable(table)}', ${key})`;
}

/** The engine of a shard's table: the same, replicated. `{shard}` and `{replica}` are macros of each server. */
export function replicated(engine: string): string {
  const [, name = '', args = ''] = /^(\w+)(?:\((.*)\))?$/.exec(engine) ?? [];
  const path = `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`;
  return `Replicated${name}(${args === '' ? path : `${path}, ${args}`})`;
}

/** A name that stands in the text of a statement, since the engine binds no values there. */
function checkedName(name: string): string {
  if (/^[\w.-]+$/.test(name)) return name;
  throw new AppError(
    'invalid_input',
    `"${name}" cannot name a cluster or a database: use letters, digits, "_", "." and "-" in CLICKHOUSE_CLUSTER and CLICKHOUSE_DATABASE.`,
  );
}
