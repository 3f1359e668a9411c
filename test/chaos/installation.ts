import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import { type TopicNames, topicNames } from '../../ingest/log/topics.ts';
import { openStore, type Store } from '../../sql/client.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { type ClickHouseProcess, startClickHouse } from '../support/clickhouse-process.mjs';
import { type KafkaBroker, startKafka } from '../support/kafka-broker.mjs';
import { kafkaClient } from '../support/kafka-client.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { isShort } from './form.ts';
import { createRoleProcess, type RoleProcess } from './role-process.ts';

/** A Plumbline of many processes on a broker and a store of its own, all of which may be killed. */
export interface Installation {
  readonly broker: KafkaBroker;
  readonly clickhouse: ClickHouseProcess;
  /** Between the store and the writers. */
  readonly storeProxy: TcpProxy;
  readonly ingest: RoleProcess;
  readonly writers: readonly [RoleProcess, RoleProcess];
  readonly analyzers: readonly [RoleProcess, RoleProcess];
  readonly alerters: readonly [RoleProcess, RoleProcess];
  readonly names: TopicNames;
  readonly writerGroup: string;
  readonly partitions: number;
  readonly kafka: Kafka;
  readonly store: Store;
  /** One more, not started. */
  addWriter(): Promise<RoleProcess>;
  cli(args: readonly string[]): Promise<CliResult>;
  /** Of each process that ended although nobody had asked it to. */
  crashes(): Readonly<Record<string, number>>;
  /** All of it runs again, whatever was done to it: what failed must not make the next thing fail. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

const PREFIX = 'chaos';
const PARTITIONS = 6;
/** A quarter of the defaults: what is held while the broker is away must show its bound within seconds. */
const INGEST_BOUNDS = { QUEUE_BYTES_MAX: '64MiB', IN_FLIGHT_BYTES_MAX: '64MiB' };

/** Starts all of it: one ingest, two writers, two analyzers, two alerters. */
export async function startInstallation(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-chaos-'));
  // The broker is started again and again: a start with less compiling is the shorter outage.
  const javaOptions = ['-XX:TieredStopAtLevel=1'];
  const [broker, clickhouse] = await Promise.all([startKafka({ javaOptions }), startClickHouse()]);
  const storeProxy = await startProxy({ to: { port: clickhouse.port } });
  const env = {
    KAFKA_BROKERS: broker.brokers.join(','),
    KAFKA_TOPIC_PREFIX: PREFIX,
    KAFKA_PARTITIONS: String(PARTITIONS),
    CLICKHOUSE_URL: clickhouse.url,
    REDACTION_SECRET: 'a secret of the chaos suite',
    EMBEDDINGS: 'off',
    WINDOW: '1m',
    LATENESS: '10s',
    CHECK_WORKERS: '1',
    // What is counted are records; signals would cost cores that a small machine has not.
    ...(isShort ? { SIGNALS: 'none' } : {}),
    LOG_LEVEL: 'warn',
  };
  const cli = (args: readonly string[]) => runCli(args, { cwd: folder, env });
  const migrated = await cli(['migrate', '--json']);
  if (migrated.code !== 0) throw new Error(`plumbline migrate: ${migrated.stderr}`);

  const all: RoleProcess[] = [];
  const logFolder = process.env['CHAOS_LOGS'] ?? folder;
  async function add(name: string, more: Readonly<Record<string, string>> = {}): Promise<RoleProcess> {
    const role = name.split('-')[0] ?? name;
    const logFile = join(logFolder, `${name}.log`);
    const own = { ...env, KAFKA_CLIENT_ID: name, ...more };
    const made = await createRoleProcess({ name, role, env: own, logFile });
    all.push(made);
    return made;
  }
  const slowStore = { CLICKHOUSE_URL: `http://127.0.0.1:${storeProxy.port}` };
  const addWriter = () => add(`writer-${all.length}`, slowStore);
  const ingest = await add('ingest', INGEST_BOUNDS);
  const writers = [await addWriter(), await addWriter()] as const;
  const analyzers = [await add('analyzer-a'), await add('analyzer-b')] as const;
  const alerters = [await add('alerter-a'), await add('alerter-b')] as const;
  const permanent = [...all];
  await Promise.all(permanent.map((one) => one.start()));
  const store = await openStore({
    kind: 'server',
    url: clickhouse.url,
    database: 'plumbline',
    username: 'default',
    password: '',
  });
  return {
    broker,
    clickhouse,
    storeProxy,
    ingest,
    writers,
    analyzers,
    alerters,
    names: topicNames(PREFIX, { traces: null, logs: null }),
    writerGroup: `${PREFIX}.writer`,
    partitions: PARTITIONS,
    kafka: kafkaClient(broker.brokers),
    store,
    addWriter,
    cli,
    crashes: () =>
      Object.fromEntries(
        all.filter(({ crashes }) => crashes > 0).map(({ name, crashes }) => [name, crashes]),
      ),
    async mend() {
      await Promise.all(all.map((one) => one.end('SIGKILL')));
      await storeProxy.restore();
      if (broker.pid === null) await broker.restart();
      if (clickhouse.pid === null) await clickhouse.restart();
      await Promise.all(permanent.map((one) => one.start()));
    },
    async stop() {
      await Promise.all(all.map((one) => one.end('SIGKILL')));
      await store.close();
      await storeProxy.close();
      await Promise.all([broker.stop(), clickhouse.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
