// A real Apache Kafka, one node in KRaft mode, for tests and for trying things by hand:
//   node test/support/kafka-broker.mjs --port 9092 --dir FOLDER      runs until SIGTERM or SIGINT; the folder is kept
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { freePort } from './free-port.mjs';
import { javaCommand, kafkaJars } from './kafka-jars.mjs';

const LOG4J = fileURLToPath(new URL('./kafka/log4j2.xml', import.meta.url));
const READY_MS_MAX = 60_000;
const OWN_FILES = ['data', 'server.properties', 'broker.log'];

/**
 * Starts a broker and waits until it serves.
 *
 * @param options see kafka-broker.d.mts
 * @throws Error when Java or Maven is missing, or when the broker ends or is silent for a minute, with its last words
 */
export async function startKafka(options = {}) {
  const jars = await kafkaJars();
  const port = options.port || (await freePort());
  const folder = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'plumbline-kafka-')));
  await mkdir(folder, { recursive: true });
  const ports = {};
  for (const name of Object.keys(options.listeners ?? {})) ports[name] = await freePort();
  const broker = { jars, port, folder, log: options.log ?? join(folder, 'broker.log'), child: null };
  broker.heapMb = options.heapMb ?? 512;
  broker.javaOptions = options.javaOptions ?? [];
  const properties = propertiesOf(options, { ...broker, ports, controllerPort: await freePort() });
  await writeFile(join(folder, 'server.properties'), properties);
  if (!existsSync(join(folder, 'data', 'meta.properties'))) await format(broker, options.scramUsers ?? []);
  // Whoever ends without a word to us, ends the broker too; SIGKILL alone leaves it behind.
  process.on('exit', () => broker.child?.kill('SIGKILL'));
  await launch(broker);
  return {
    brokers: [`127.0.0.1:${port}`],
    port,
    addresses: Object.fromEntries(Object.entries(ports).map(([name, at]) => [name, `127.0.0.1:${at}`])),
    folder,
    get pid() {
      return broker.child?.pid ?? null;
    },
    kill: (signal = 'SIGKILL') => end(broker, signal),
    async restart() {
      await end(broker, 'SIGTERM');
      await launch(broker);
    },
    async stop() {
      await end(broker, 'SIGKILL');
      const made = options.dataDir ? OWN_FILES.map((name) => join(folder, name)) : [folder];
      for (const path of made) await rm(path, { recursive: true, force: true });
    },
  };
}

function propertiesOf({ listeners = {}, extraProperties = {} }, { port, ports, controllerPort, folder }) {
  const extra = Object.entries(ports).map(([name, at]) => [`${name}://127.0.0.1:${at}`, name]);
  const open = [`PLAINTEXT://127.0.0.1:${port}`, ...extra.map(([address]) => address)].join(',');
  const protocols = Object.entries(listeners).map(([name, protocol]) => `${name}:${protocol}`);
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `${open},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': open,
    'listener.security.protocol.map': ['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT', ...protocols].join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Few, so that a start need not open a hundred empty files.
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.num.partitions': 5,
    'group.initial.rebalance.delay.ms': 0,
    // A broker that was killed may register again only when its former session has ended: 9 s by default.
    'broker.session.timeout.ms': 2_000,
    'broker.heartbeat.interval.ms': 500,
    ...extraProperties,
  };
  return `${Object.entries(lines)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}

/** Writes the ids of a cluster of one, and its SCRAM users, into the empty data folder. */
async function format(broker, scramUsers) {
  const args = ['format', '--standalone', '--cluster-id', clusterId(), '--config', settingsFile(broker)];
  for (const { mechanism, username, password } of scramUsers)
    args.push('--add-scram', `${mechanism}=[name=${username},password=${password}]`);
  const child = await java(broker, ['kafka.tools.StorageTool', ...args]);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`Kafka's storage cannot be formatted:\n${await lastWords(broker)}`);
}

const settingsFile = ({ folder }) => join(folder, 'server.properties');
/** 16 bytes in 22 letters; no dash in front, which would read as an option. */
const clusterId = () =>
  `A${Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url').slice(1)}`;

async function launch(broker) {
  const child = await java(broker, ['kafka.Kafka', settingsFile(broker)]);
  broker.child = child;
  const until = Date.now() + READY_MS_MAX;
  while (!(await serves(broker.port))) {
    if (child.exitCode === null && child.signalCode === null && Date.now() < until) {
      await sleep(100);
      continue;
    }
    const what = child.exitCode === null ? `did not serve within ${READY_MS_MAX} ms` : 'ended';
    await end(broker, 'SIGKILL');
    throw new Error(`Kafka on port ${broker.port} ${what}; its last words:\n${await lastWords(broker)}`);
  }
}

async function java({ jars, heapMb, javaOptions, log }, args) {
  const output = await open(log, 'a');
  try {
    const options = [
      `-Xmx${heapMb}m`,
      `-Xms${Math.min(256, heapMb)}m`,
      `-Dlog4j2.configurationFile=${LOG4J}`,
    ];
    return spawn(javaCommand(), [...options, ...javaOptions, '-cp', join(jars, '*'), ...args], {
      stdio: ['ignore', output.fd, output.fd],
    });
  } finally {
    await output.close();
  }
}

/** Whether the broker names itself in the cluster's metadata: a listening port alone says too little. */
async function serves(port) {
  const kafka = new Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length === 1;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

async function end(broker, signal) {
  const { child } = broker;
  if (!child) return;
  broker.child = null;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function lastWords({ log }) {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.split('\n').slice(-30).join('\n');
}

async function main() {
  const { values } = parseArgs({ options: { port: { type: 'string' }, dir: { type: 'string' } } });
  if (!values.dir) throw new Error('usage: kafka-broker.mjs --port PORT --dir FOLDER');
  // Before the start: a signal that comes meanwhile must not leave the broker behind.
  const ended = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const broker = await startKafka({ port: Number(values.port ?? 0), dataDir: values.dir });
  process.stdout.write(`listening ${broker.brokers[0]}\n`);
  await ended;
  await broker.kill('SIGTERM');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
