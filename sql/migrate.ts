import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import { packageRoot } from '../core/package-root.ts';
import type { Store } from './client.ts';
import { type Cluster, forCluster, localTable, onCluster, replicated } from './cluster.ts';

/** How long each table keeps its rows, in days since they were received or computed. */
export interface Retention {
  readonly inferencesDays: number;
  readonly embeddingsDays: number;
  readonly rollupMinuteDays: number;
  readonly rollupHourDays: number;
  readonly findingsDays: number;
  readonly keyUsesDays: number;
}

export interface MigrateOptions {
  readonly retention: Retention;
  /** Null on one server or embedded. */
  readonly cluster: Cluster | null;
}

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

const FOLDER = join(packageRoot, 'sql', 'migrations');
const MIGRATIONS = `
  CREATE TABLE migrations {{on_cluster}}
  (name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
  ENGINE = {{engine ReplacingMergeTree(applied_at)}} ORDER BY name`;
const Applied = z.array(z.object({ name: z.string(), checksum: z.string() }));

/**
 * Brings the store's tables up to date, in a database made for them if need be; returns the names of the files applied now, oldest first.
 *
 * @throws AppError `invalid_input` if a file that was applied earlier has changed since, or is gone
 */
export async function migrate(store: Store, options: MigrateOptions): Promise<string[]> {
  await store.createDatabase(options.cluster?.name ?? null);
  const execute = async (text: string): Promise<void> => {
    for (const statement of statementsOf(text))
      for (const one of render(statement, options)) await store.command(one);
  };
  await execute(MIGRATIONS);
  const applied = Applied.parse(
    await store.rows('SELECT name, checksum FROM migrations FINAL ORDER BY name'),
  );
  const files = await readMigrations();
  refuseChanges(files, applied);
  const pending = files.slice(applied.length);
  for (const file of pending) {
    await execute(file.text);
    const row = JSON.stringify({ name: file.name, checksum: file.checksum });
    await store.insertLines('migrations', Buffer.from(`${row}\n`));
  }
  await applyRetention(store, options);
  return pending.map((file) => file.name);
}

/** Names of the files that the store lacks, oldest first. */
export async function pendingMigrations(store: Store): Promise<string[]> {
  const files = await readMigrations();
  const [table] = await store.rows(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'`,
  );
  const applied = table
    ? Applied.parse(await store.rows('SELECT name, checksum FROM migrations FINAL ORDER BY name'))
    : [];
  refuseChanges(files, applied);
  return files.slice(applied.length).map(({ name }) => name);
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(FOLDER, name), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** Applied files are a prefix of the files shipped, unchanged. */
function refuseChanges(files: readonly Migration[], applied: z.infer<typeof Applied>): void {
  for (const [index, { name, checksum }] of applied.entries()) {
    const file = files[index];
    if (file?.name === name && file.checksum === checksum) continue;
    const what =
      file?.name === name ? 'has changed since it was applied' : 'was applied, and is not in this version';
    throw new AppError(
      'invalid_input',
      `migration ${name} ${what}. Migrations are append only: put the file back (reinstall this version, or the newer one that wrote the store) and add a new one for the change.`,
      { name },
    );
  }
}

/** Statements end with a semicolon at the end of a line; comment lines are dropped. */
export function statementsOf(text: string): string[] {
  return text
    .replace(/^\s*--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/**
 * A statement of a migration as the statements to be run, with what depends on the installation filled in: the engine
 * clause, the cluster, the retention. A table that is there already is left: a run that was cut off goes on.
 */
export function render(statement: string, options: MigrateOptions): string[] {
  const { cluster } = options;
  const statements =
    cluster === null
      ? [statement.replace(/^CREATE TABLE (?!IF NOT EXISTS)/, 'CREATE TABLE IF NOT EXISTS ')]
      : forCluster(statement, cluster);
  return statements.map((one) => fill(one, options));
}

function fill(statement: string, { cluster, retention }: MigrateOptions): string {
  const days: Readonly<Record<string, number>> = {
    inferences_days: retention.inferencesDays,
    embeddings_days: retention.embeddingsDays,
    rollup_minute_days: retention.rollupMinuteDays,
    rollup_hour_days: retention.rollupHourDays,
    findings_days: retention.findingsDays,
    key_uses_days: retention.keyUsesDays,
  };
  return statement.replace(
    /\{\{(\w+)(?: ([^}]*))?\}\}/g,
    (whole, word: string, argument: string | undefined) => {
      if (word === 'on_cluster') return cluster === null ? '' : onCluster(cluster);
      if (word === 'engine' && argument) return cluster === null ? argument : replicated(argument);
      const count = days[word];
      if (count === undefined) throw new Error(`a migration uses ${whole}, which is not known`);
      return String(count);
    },
  );
}

/** Text of a day ago is compressed better; also in 0001-inferences.sql, since a TTL is stated as a whole. */
const RECOMPRESS = 'toDateTime(received_at) + toIntervalDay(1) RECOMPRESS CODEC(ZSTD(3))';

const RETAINED: readonly (readonly [table: string, column: string, days: keyof Retention, more?: string])[] =
  [
    ['inferences', 'toDateTime(received_at)', 'inferencesDays', RECOMPRESS],
    ['scores', 'toDateTime(received_at)', 'inferencesDays'],
    ['embeddings', 'toDateTime(embedded_at)', 'embeddingsDays'],
    ['rollup_minute', 'toDateTime(intDiv(revision, 2000))', 'rollupMinuteDays'],
    ['rollup_hour', 'toDateTime(intDiv(revision, 2000))', 'rollupHourDays'],
    ['findings', 'toDateTime(revision)', 'findingsDays'],
    ['incidents', 'toDateTime(revision)', 'findingsDays'],
    ['deliveries', 'toDateTime(revision)', 'findingsDays'],
    ['silences', 'toDateTime(ends_at)', 'findingsDays'],
    ['acknowledgements', 'toDateTime(at)', 'findingsDays'],
    ['causes', 'toDateTime(revision)', 'findingsDays'],
    ['key_uses', 'minute', 'keyUsesDays'],
  ];

const Ttl = z.array(z.object({ name: z.string(), engine_full: z.string() }));

/**
 * Retention is a setting, not history: each start states it again where it is another one now, and old parts follow as
 * they are merged.
 */
async function applyRetention(store: Store, { cluster, retention }: MigrateOptions): Promise<void> {
  const kept = RETAINED.map(([table, column, days, more]) => ({
    table: cluster === null ? table : localTable(table),
    // Spelled as the engine shows it.
    ttl: `${column} + toIntervalDay(${retention[days]})${more ? `, ${more}` : ''}`,
  }));
  const rows = await store.rows(
    'SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND name IN {names: Array(String)}',
    { names: kept.map(({ table }) => table) },
  );
  const engines = new Map(Ttl.parse(rows).map((row) => [row.name, row.engine_full]));
  const on = cluster === null ? '' : ` ${onCluster(cluster)}`;
  for (const { table, ttl } of kept) {
    if (engines.get(table)?.includes(`TTL ${ttl} SETTINGS`)) continue;
    await store.command(
      `ALTER TABLE ${table}${on} MODIFY TTL ${ttl} SETTINGS materialize_ttl_after_modify = 0`,
    );
  }
}
