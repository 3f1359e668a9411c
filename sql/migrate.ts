import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import { packageRoot } from '../core/package-root.ts';
import type { Store } from './client.ts';

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
  /** Name of the cluster, or null on one server or embedded. */
  readonly cluster: string | null;
}

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

const FOLDER = join(packageRoot, 'sql', 'migrations');
const Applied = z.array(z.object({ name: z.string(), checksum: z.string() }));

/**
 * Brings the store's tables up to date; returns the names of the files applied now, oldest first.
 *
 * @throws AppError `invalid_input` if a file that was applied earlier has changed since, or is gone
 */
export async function migrate(store: Store, options: MigrateOptions): Promise<string[]> {
  await store.command(
    render(
      `CREATE TABLE IF NOT EXISTS migrations {{on_cluster}}
       (name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
       ENGINE = {{engine ReplacingMergeTree(applied_at)}} ORDER BY name`,
      options,
    ),
  );
  const applied = Applied.parse(
    await store.rows('SELECT name, checksum FROM migrations FINAL ORDER BY name'),
  );
  const files = await readMigrations();
  refuseChanges(files, applied);
  const pending = files.slice(applied.length);
  for (const file of pending) {
    for (const statement of statementsOf(file.text)) await store.command(render(statement, options));
    const row = JSON.stringify({ name: file.name, checksum: file.checksum });
    await store.insertLines('migrations', Buffer.from(`${row}\n`));
  }
  await applyRetention(store, options);
  return pending.map((file) => file.name);
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

/** Fills in what depends on the installation: the engine clause, the cluster, the retention. */
export function render(statement: string, { cluster, retention }: MigrateOptions): string {
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
      if (word === 'on_cluster') return cluster === null ? '' : `ON CLUSTER '${cluster}'`;
      if (word === 'engine' && argument) return cluster === null ? argument : replicated(argument);
      const count = days[word];
      if (count === undefined) throw new Error(`a migration uses ${whole}, which is not known`);
      return String(count);
    },
  );
}

function replicated(engine: string): string {
  const [, name = '', args = ''] = /^(\w+)(?:\((.*)\))?$/.exec(engine) ?? [];
  const path = `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`;
  return `Replicated${name}(${args === '' ? path : `${path}, ${args}`})`;
}

/** Text of a day ago is compressed better; also in 0001-inferences.sql, since a TTL is stated as a whole. */
const RECOMPRESS = 'toDateTime(received_at) + INTERVAL 1 DAY RECOMPRESS CODEC(ZSTD(3))';

const RETAINED: readonly (readonly [table: string, column: string, days: keyof Retention, more?: string])[] =
  [
    ['inferences', 'toDateTime(received_at)', 'inferencesDays', RECOMPRESS],
    ['scores', 'toDateTime(received_at)', 'inferencesDays'],
    ['embeddings', 'toDateTime(embedded_at)', 'embeddingsDays'],
    ['rollup_minute', 'toDateTime(intDiv(revision, 2000))', 'rollupMinuteDays'],
    ['rollup_hour', 'toDateTime(intDiv(revision, 2000))', 'rollupHourDays'],
    ['findings', 'toDateTime(revision)', 'findingsDays'],
    ['incidents', 'toDateTime(revision)', 'findingsDays'],
    ['outbox', 'toDateTime(revision)', 'findingsDays'],
    ['key_uses', 'minute', 'keyUsesDays'],
  ];

/** Retention is a setting, not history: each start states it again, and old parts follow as they are merged. */
async function applyRetention(store: Store, { cluster, retention }: MigrateOptions): Promise<void> {
  const on = cluster === null ? '' : ` ON CLUSTER '${cluster}'`;
  for (const [table, column, days, more] of RETAINED) {
    await store.command(
      `ALTER TABLE ${table}${on} MODIFY TTL ${column} + INTERVAL ${retention[days]} DAY${more ? `, ${more}` : ''} SETTINGS materialize_ttl_after_modify = 0`,
    );
  }
}
