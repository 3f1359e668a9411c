import { createReadStream } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { openStore, type Store } from '../../sql/client.ts';
import { migrate } from '../../sql/migrate.ts';
import { canRunEngineServer, type EngineServer, startEngineServer } from '../support/engine-server.ts';
import { freePort } from '../support/free-port.mjs';

// The engine, as a server, with the files of deploy/clickhouse beside the settings that the server's package has.

const SHIPPED = join(packageRoot, 'deploy', 'clickhouse');
const RETENTION = {
  inferencesDays: 90,
  embeddingsDays: 30,
  rollupMinuteDays: 90,
  rollupHourDays: 800,
  findingsDays: 400,
  keyUsesDays: 30,
};

/** Tables that the library names as logs and that a server can write, each with whether it is one of them. */
async function logNames(): Promise<string[]> {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('chdb'));
  const library = join(dirname(resolve(`@chdb/lib-linux-${process.arch}-gnu/package.json`)), 'libchdb.so');
  const names = new Set(['query_log', 'trace_log', 'crash_log', 'dead_letter_queue']);
  let rest = '';
  for await (const chunk of createReadStream(library, { encoding: 'latin1', highWaterMark: 4 << 20 })) {
    const text = rest + chunk;
    for (let at = text.indexOf('_log\0'); at >= 0; at = text.indexOf('_log\0', at + 1)) {
      const name = text.slice(text.lastIndexOf('\0', at) + 1, at + 4);
      if (/^[a-z0-9]+(_[a-z0-9]+)*$/.test(name)) names.add(name);
    }
    rest = text.slice(-200);
  }
  return [...names];
}

describe.skipIf(!canRunEngineServer)('a server with the shipped settings', () => {
  let folder: string;
  let server: EngineServer;
  let ours: Store;
  let grafana: Store;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plumbline-settings-'));
    const [tcp, http] = [await freePort(), await freePort()];
    const logs = (await readFile(join(SHIPPED, 'config.d/system-logs.xml'), 'utf8')).matchAll(
      /<(\w+) re(?:move|place)="1"/g,
    );
    // As the package has them: every log is written, without an end.
    const sections = [...logs].map(
      ([, name]) => `<${name}><database>system</database><table>${name}</table></${name}>`,
    );
    await writeFile(
      join(folder, 'config.xml'),
      `<clickhouse><tcp_port>${tcp}</tcp_port><http_port>${http}</http_port><mysql_port>9004</mysql_port>
         ${sections.join('')}<users_config>users.xml</users_config></clickhouse>`,
    );
    await writeFile(
      join(folder, 'users.xml'),
      `<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users><default><password></password>
         <networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
         <access_management>1</access_management></default></users></clickhouse>`,
    );
    for (const name of ['config.d', 'users.d'])
      await cp(join(SHIPPED, name), join(folder, name), { recursive: true });
    const env = { CLICKHOUSE_GRAFANA_PASSWORD: 'for dashboards' };
    server = await startEngineServer({ folder, tcp, http, env });
    const at = {
      kind: 'server',
      url: `http://127.0.0.1:${http}`,
      username: 'default',
      password: '',
    } as const;
    const first = await openStore({ ...at, database: 'default' });
    await first.command('CREATE DATABASE plumbline');
    await first.close();
    ours = await openStore({ ...at, database: 'plumbline' });
    await migrate(ours, { retention: RETENTION, cluster: null });
    grafana = await openStore({
      ...at,
      database: 'plumbline',
      username: 'grafana',
      password: 'for dashboards',
    });
  });
  afterAll(async () => {
    await grafana?.close();
    await ours?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('writes no log of itself without an end', async () => {
    await ours.command('SYSTEM FLUSH LOGS');
    const tables = (await ours.rows(
      `SELECT name, engine_full FROM system.tables
        WHERE database = 'system' AND engine LIKE '%MergeTree' ORDER BY name`,
    )) as { name: string; engine_full: string }[];
    expect(tables.map(({ name }) => name)).toContain('query_log');
    expect(
      tables.filter(({ engine_full }) => !/TTL event_date \+ toIntervalDay\(\d+\)/.test(engine_full)),
    ).toEqual([]);
  });

  it('says of every log that the engine knows whether it is kept', async () => {
    const text = await readFile(join(SHIPPED, 'config.d/system-logs.xml'), 'utf8');
    const said = [...text.matchAll(/<(\w+) re(?:move|place)="1"/g)].map(([, name]) => String(name));
    const isLog = async (name: string): Promise<boolean> =>
      ours.command(`SYSTEM FLUSH LOGS ${name}`).then(
        () => true,
        () => false,
      );
    expect(await isLog('nonsense_log')).toBe(false);
    const known: string[] = [];
    for (const name of await logNames()) if (await isLog(name)) known.push(name);
    expect(known.length).toBeGreaterThan(20);
    expect(known.filter((name) => !said.includes(name))).toEqual([]);
  });

  it('lets Grafana read what it shows, and no more', async () => {
    for (const table of ['rollup_minute', 'rollup_hour', 'findings', 'incidents', 'deliveries', 'silences'])
      expect(await grafana.rows(`SELECT count() AS n FROM ${table} FINAL`)).toHaveLength(1);
    for (const query of [
      'SELECT count() FROM inferences',
      'SELECT count() FROM states',
      'SELECT * FROM system.query_log',
      `INSERT INTO incidents (id) VALUES ('x')`,
      'DROP TABLE incidents',
      'CREATE TABLE mine (a Int8) ENGINE = Memory',
    ])
      await expect(grafana.command(query), query).rejects.toThrow(/privileges|readonly/);
  });

  it('bounds what Grafana asks', async () => {
    await expect(
      grafana.rows('SELECT count() AS n FROM incidents SETTINGS max_execution_time = 3600'),
    ).rejects.toThrow("shouldn't be greater than 30");
    await expect(grafana.rows('SELECT number FROM numbers(2000000)')).rejects.toThrow(
      /max_result_rows|Limit for result/,
    );
    const [limits] = (await grafana.rows(
      `SELECT getSetting('max_execution_time') AS seconds, getSetting('max_threads') AS threads, getSetting('readonly') AS readonly`,
    )) as unknown[];
    expect(limits).toEqual({ seconds: 30, threads: 2, readonly: 2 });
  });
});
