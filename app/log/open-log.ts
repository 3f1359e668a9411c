import { readFile } from 'node:fs/promises';
import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import { retry } from '../../core/retry.ts';
import { ROLES } from '../../core/roles.ts';
import { createLogClient, type Kafka, type LogConnection } from '../../ingest/log/client.ts';
import { type DeadLetter, sendLetters } from '../../ingest/log/dead-letters.ts';
import { createSender, type Sender } from '../../ingest/log/sender.ts';
import { createTopics, partitionCount, type TopicNames, topicNames } from '../../ingest/log/topics.ts';

/** The log that the settings name. */
export interface LogClient {
  readonly kafka: Kafka;
  readonly names: TopicNames;
}

/** The log, connected. */
export interface Log extends LogClient {
  /** Of the topic between ingest and the writers. */
  readonly partitions: number;
  readonly sender: Sender;
  readonly sendLetters: (letters: readonly DeadLetter[]) => Promise<void>;
}

/** Brokers that are started together with us take a while; when they are there, nobody should wait for us any longer. */
const START = { attempts: 60, firstWaitMs: 200, waitMsMax: 2_000, totalMs: 60_000 };

/** The log of the settings, not connected yet; null if they name no brokers. */
export async function logClient(config: Config, logger: Logger): Promise<LogClient | null> {
  const { KAFKA_BROKERS: brokers } = config;
  if (brokers === undefined) return null;
  return {
    kafka: createLogClient(await connectionOf(config, brokers), logger),
    names: topicNames(config.KAFKA_TOPIC_PREFIX, {
      traces: config.KAFKA_OTLP_TRACES_TOPIC,
      logs: config.KAFKA_OTLP_LOGS_TOPIC,
    }),
  };
}

/** Makes the topics that are missing; gives their names. */
export async function migrateLog({ kafka, names }: LogClient, config: Config): Promise<string[]> {
  return retry(
    () =>
      createTopics(kafka, names, {
        partitions: config.KAFKA_PARTITIONS,
        replication: config.KAFKA_REPLICATION,
        retentionMs: config.KAFKA_RETENTION,
        recordBytesMax: config.RECORD_BYTES_MAX,
      }),
    { ...START, random: Math.random },
  );
}

/**
 * Connects to the log. A process that has all roles makes the topics it lacks; others leave that to `plumbline migrate`.
 *
 * @throws AppError `upstream_unavailable` when the brokers do not answer, or a topic is missing
 */
export async function openLog(
  client: LogClient,
  config: Config,
  { logger, interrupted }: { logger: Logger; interrupted?: AbortSignal },
): Promise<Log> {
  if (config.ROLES.length === ROLES.length) await migrateLog(client, config);
  const { kafka, names } = client;
  const waiting = { ...START, random: Math.random, ...(interrupted ? { signal: interrupted } : {}) };
  const partitions = await retry(() => partitionCount(kafka, names.log), waiting);
  const sender = createSender({ kafka, compression: config.KAFKA_COMPRESSION, log: logger });
  await retry(() => sender.start(), waiting);
  return {
    kafka,
    names,
    partitions,
    sender,
    sendLetters: (letters) => sendLetters(sender, names.deadLetters, letters),
  };
}

async function connectionOf(config: Config, brokers: readonly string[]): Promise<LogConnection> {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username } = config;
  return {
    brokers,
    clientId: config.KAFKA_CLIENT_ID,
    tls: config.KAFKA_TLS === 'yes' ? await tlsOf(config) : null,
    sasl:
      mechanism === undefined ? null : { mechanism, username, password: config.KAFKA_SASL_PASSWORD.reveal() },
  };
}

async function tlsOf({ KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY }: Config): Promise<LogConnection['tls']> {
  const [ca, cert, key] = await Promise.all([KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY].map(readPem));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : readFile(path, 'utf8');
}
