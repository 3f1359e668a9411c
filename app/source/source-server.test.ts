import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../core/config.ts';
import { createLogger } from '../../core/log.ts';
import type { Store } from '../../sql/client.ts';
import {
  canRunEngineServer,
  type EngineServer,
  startEngineServer,
} from '../../test/support/engine-server.ts';
import { freePort } from '../../test/support/free-port.mjs';
import { openMigratedStore } from '../store.ts';
import { openSource, type Source } from './open-source.ts';

/** The engine's own server beside ours: what it says to the same request is what a client expects. */
describe.skipIf(!canRunEngineServer)("beside the engine's own server", () => {
  let folder: string;
  let store: Store;
  let source: Source | null;
  let engine: EngineServer;
  let engineUrl: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plumbline-beside-'));
    const config = parseConfig({ DATA_DIR: join(folder, 'store'), SOURCE_PORT: '0' });
    ({ store } = await openMigratedStore(config));
    source = await openSource(config, createLogger('silent'));
    const [tcp, http, home] = [await freePort(), await freePort(), join(folder, 'server')];
    await mkdir(home);
    const ports = `<tcp_port>${tcp}</tcp_port><http_port>${http}</http_port>`;
    await writeFile(join(home, 'config.xml'), `<clickhouse>${ports}</clickhouse>`);
    engine = await startEngineServer({ folder: home, tcp, http });
    engineUrl = `http://127.0.0.1:${http}`;
  });

  afterAll(async () => {
    await engine?.stop();
    await source?.stop();
    await store?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function said(url: string, query: string, fields: string) {
    const response = await fetch(`${url}/?${fields}`, { method: 'POST', body: query });
    const names = [
      'content-type',
      'x-clickhouse-exception-code',
      'x-clickhouse-format',
      'x-clickhouse-timezone',
    ];
    const bytes = Buffer.from(await response.arrayBuffer());
    const isError = !response.ok;
    return {
      status: response.status,
      headers: names.map(
        (name) => `${name}: ${isError && name !== names[1] ? '' : response.headers.get(name)}`,
      ),
      // The engine of the process tells an error twice where it comes from its parser; the place in the text differs.
      body: isError ? /\(([A-Z][A-Z_]+)\)/.exec(bytes.toString())?.[1] : bytes.toString('base64'),
    };
  }

  it.each([
    ["SELECT 1 AS a, 'b' AS b", 'default_format=JSONCompact&output_format_write_statistics=0'],
    [
      "SELECT number, toString(number), toLowCardinality('x') FROM numbers(5)",
      'default_format=Native&client_protocol_version=54460',
    ],
    ['SELECT [1, 2], map(1, 2), NULL, toNullable(3)', 'default_format=Native&client_protocol_version=54460'],
    ['SELECT 1 WHERE 0', 'default_format=Native&client_protocol_version=54460'],
    ['SELECT 1, 2', 'default_format=Native'],
    ['SELECT number FROM numbers(3)', 'default_format=RowBinaryWithNamesAndTypes'],
    ['SELECT number FROM numbers(3)', 'default_format=JSONEachRow'],
    ['SELECT {a: Array(String)}', 'default_format=CSV&param_a=%5B%27b%5Ct%27%5D'],
    ['SELECT {a: String}', 'default_format=CSV&param_a=%5CN'],
    ['SELECT', ''],
    ['', ''],
    ['SELECT nothing', ''],
    ['SELECT * FROM nowhere', ''],
    ['SELECT nofunction(1)', ''],
    ['SELECT 1; SELECT 2', ''],
    ['SELECT {a: UInt8}', ''],
    ['SELECT {a: UInt8}', 'param_a=x'],
    ['SELECT 1 FORMAT Nothing', ''],
    ["SELECT 1 INTO OUTFILE 'x'", ''],
    ['SELECT 1 SETTINGS readonly = 0', 'readonly=1'],
    ['SELECT number FROM numbers(100)', 'max_result_rows=3'],
    ['SELECT groupArray(number) FROM numbers(100000000)', 'max_memory_usage=10000000'],
    ['SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 7', 'max_execution_time=1'],
    ['SELECT 1', 'database=nothing'],
    ['SELECT 1', 'user=nobody'],
    ['SHOW ACCESS', ''],
    ["SELECT toDate('x')", ''],
    ["SELECT 1 + 'a'", ''],
    ['SELECT length()', ''],
    ['SELECT intDiv(1, 0)', ''],
    ["SELECT toUUID('x')", ''],
    ["SELECT toUInt8('x')", ''],
    ["SELECT CAST('x' AS Array(UInt8))", ''],
    ['SELECT number AS n FROM numbers(2)', 'default_format=CSVWithNames'],
    ['SELECT number AS n FROM numbers(2)', 'default_format=TabSeparatedWithNamesAndTypes'],
  ])('says the same to %s with %s', async (query, fields) => {
    const ours = await said(source?.url ?? '', query, fields);
    expect(ours).toEqual(await said(engineUrl, query, fields));
  });
});
