// What log.mjs measures: a broker, and Plumbline on it as one process or as several.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { openStore } from '../../../dist/sql/client.js';
import { startClickHouse } from '../../support/clickhouse-process.mjs';
import { startKafka } from '../../support/kafka-broker.mjs';
import { countStored } from './count-stored.mjs';
import { createOffsets, watchDelays } from './log-delays.mjs';
import { runPlumbline, startService } from './service.mjs';

/** Names of the shapes, and what they are called. */
export const SHAPES = {
  one: 'one process with the embedded store',
  separate: 'processes apart, with a ClickHouse server',
};

const COUNT_ROWS = fileURLToPath(new URL('./count-rows.mjs', import.meta.url));
const POLL_MS = 50;
const DATABASE = 'plumbline';

/** Starts a shape. It stands until `stop`. */
export async function openLogShape(shape, settings) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const broker = await startKafka({ dataDir: join(folder, 'kafka') });
  const kafka = new Kafka({ brokers: broker.brokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const common = {
    folder,
    offsets: createOffsets(admin),
    settings: {
      ...settings,
      KAFKA_BROKERS: broker.brokers[0],
      REDACTION_SECRET: 'a secret of the benchmarks',
    },
  };
  const parts = shape === 'one' ? await openOne(common) : await openSeparate(common);
  return {
    ...parts,
    pids: () => ({ ...parts.pids(), broker: broker.pid }),
    lag: () => common.offsets.lag(),
    async drained() {
      while ((await common.offsets.lag()) > 0) await sleep(POLL_MS);
    },
    async stop() {
      await admin.disconnect();
      await parts.stop();
      await broker.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openOne({ folder, settings, offsets }) {
  const { url, child } = await startService(folder, settings);
  return {
    url,
    pids: () => ({ plumbline: child.pid }),
    // The embedded store answers nobody else: what it has is told by what is committed, which is later.
    delayMeans: 'an offset that is committed after the insert',
    watchDelays: () =>
      watchDelays(
        () => offsets.ends(),
        (marks) => passed(offsets, marks),
      ),
    async countStored() {
      await end(child);
      return countEmbedded(join(folder, 'data'));
    },
    stop: () => end(child),
  };
}

async function openSeparate({ folder, settings }) {
  const server = await startClickHouse({ dir: join(folder, 'clickhouse') });
  const all = { ...settings, CLICKHOUSE_URL: server.url, CLICKHOUSE_DATABASE: DATABASE };
  await runPlumbline('migrate', all);
  const children = {};
  let url;
  for (const role of ['ingest', 'writer', 'analyzer', 'alerter']) {
    const service = await startService(folder, all, ['--role', role]);
    children[role] = service.child;
    url ??= service.url;
  }
  const store = await openStore({
    kind: 'server',
    url: server.url,
    database: DATABASE,
    username: 'default',
    password: '',
  });
  return {
    url,
    pids: () => ({
      ...Object.fromEntries(Object.entries(children).map(([role, { pid }]) => [role, pid])),
      store: server.pid,
    }),
    delayMeans: 'a SELECT that sees it',
    watchDelays: () =>
      watchDelays(
        (id) => id,
        (ids) => visible(store, ids),
      ),
    countStored: () => countStored(store),
    async stop() {
      await store.close();
      await Promise.all(Object.values(children).map(end));
      await server.stop();
    },
  };
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Of those ends of the log, the ones that are committed. */
async function passed(offsets, marks) {
  const done = await offsets.committed();
  return marks.map((ends) => [...ends].every(([partition, end]) => (done.get(partition) ?? 0) >= end));
}

/** Of those ids, the ones that a SELECT sees; their minutes are the last ones. */
async function visible(store, ids) {
  const rows = await store.rows(
    "SELECT id FROM inferences WHERE project = 'default' AND toStartOfMinute(timestamp) >= now() - 600 AND id IN {ids: Array(String)}",
    { ids },
  );
  const seen = new Set(rows.map(({ id }) => id));
  return ids.map((id) => seen.has(id));
}

/** In a process of its own: the engine opens one folder a process. */
async function countEmbedded(folder) {
  return JSON.parse((await promisify(execFile)(process.execPath, [COUNT_ROWS, folder])).stdout);
}
