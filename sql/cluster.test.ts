import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../core/package-root.ts';
import { openStore, type Store } from './client.ts';
import { forCluster } from './cluster.ts';
import { type MigrateOptions, render, statementsOf } from './migrate.ts';

const CLUSTER = { name: 'main', database: 'plumbline' };
const RETENTION = {
  inferencesDays: 1,
  embeddingsDays: 2,
  rollupMinuteDays: 3,
  rollupHourDays: 4,
  findingsDays: 5,
  keyUsesDays: 6,
};
const FORMS: readonly (readonly [string, MigrateOptions])[] = [
  ['one server', { retention: RETENTION, cluster: null }],
  ['a cluster', { retention: RETENTION, cluster: CLUSTER }],
];
const FOLDER = join(packageRoot, 'sql', 'migrations');
const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-parse-'));
  store = await openStore({ kind: 'embedded', path: folder });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A statement as the engine's parser understood it. */
async function parsed(statement: string): Promise<string> {
  const [row] = (await store.rows('SELECT formatQuerySingleLine({statement: String}) AS text', {
    statement,
  })) as { text: string }[];
  return row?.text ?? '';
}

describe.each(FORMS)('the migrations for %s', (_, options) => {
  it.each(files)('%s is read by the engine', async (name) => {
    for (const statement of statementsOf(await readFile(join(FOLDER, name), 'utf8')))
      for (const one of render(statement, options))
        expect(await parsed(one)).toMatch(/^(CREATE|ALTER|DROP) /);
  });
});

const CREATE =
  'CREATE TABLE states {{on_cluster}} (a Int8) ENGINE = {{engine ReplacingMergeTree(v)}} ORDER BY a';

describe('a statement for a cluster', () => {
  const rendered = (statement: string) => render(statement, { retention: RETENTION, cluster: CLUSTER });
  const distributed =
    "ON CLUSTER 'main' AS states_local ENGINE = Distributed('main', 'plumbline', 'states_local', cityHash64(toString(kind), toString(name)))";

  it('makes a replicated table of each shard, and one over all', () => {
    expect(rendered(CREATE)).toEqual([
      "CREATE TABLE IF NOT EXISTS states_local ON CLUSTER 'main' (a Int8) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', v) ORDER BY a",
      `CREATE TABLE IF NOT EXISTS states ${distributed}`,
    ]);
  });

  it('takes the columns of another shard table, not of the table over all', () => {
    const [local] = rendered(
      'CREATE TABLE rollup_hour {{on_cluster}} AS rollup_minute ENGINE = {{engine MergeTree}}',
    );
    expect(local).toMatch(
      /^CREATE TABLE IF NOT EXISTS rollup_hour_local ON CLUSTER 'main' AS rollup_minute_local /,
    );
  });

  it('changes the shards, and the table over all where columns change', () => {
    expect(rendered('ALTER TABLE states ADD COLUMN b Int8')).toEqual([
      "ALTER TABLE states_local ON CLUSTER 'main' ADD COLUMN b Int8",
      `CREATE OR REPLACE TABLE states ${distributed}`,
    ]);
    expect(rendered('ALTER TABLE states {{on_cluster}} ADD INDEX i a TYPE minmax')).toEqual([
      "ALTER TABLE states_local ON CLUSTER 'main' ADD INDEX i a TYPE minmax",
    ]);
  });

  it('is refused where nobody has said on which shard a row lives, or what it means', () => {
    expect(() => rendered(CREATE.replace('states', 'unheard'))).toThrow('SHARDED_BY in sql/cluster.ts');
    expect(() => rendered('CREATE TABLE states (a Int8)')).toThrow('cannot render');
    expect(() => rendered('DROP TABLE states')).toThrow('cannot render');
    expect(() => forCluster(CREATE, { ...CLUSTER, database: "x'; DROP" })).toThrow('CLICKHOUSE_DATABASE');
  });
});

it('shards each table by columns of its sort key', async () => {
  for (const name of files) {
    for (const statement of statementsOf(await readFile(join(FOLDER, name), 'utf8'))) {
      const over = forCluster(statement, CLUSTER)[1] ?? '';
      const sortKey = /ORDER BY \(?([^\n]*)/.exec(statement)?.[1] ?? '';
      if (!over.startsWith('CREATE TABLE') || statement.includes('{{engine MergeTree}}')) continue;
      const columns = [...over.matchAll(/toString\((\w+)\)/g)].map(([, column]) => String(column));
      expect(columns.length).toBeGreaterThan(0);
      expect(columns.filter((column) => !new RegExp(`\\b${column}\\b`).test(sortKey))).toEqual([]);
    }
  }
});
