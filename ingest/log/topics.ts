import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import type { OtlpSignal } from '../otlp/mapping.ts';
import { logError } from './client.ts';

/** Names of the topics that belong to one installation. */
export interface TopicNames {
  /** From ingest to the writers: checked, redacted, placed by id. Nobody else writes there. */
  readonly log: string;
  /** For producers of records (JSON) that speak Kafka themselves. */
  readonly inferences: string;
  /** What OpenTelemetry collectors write: spans and log events. Null where none do. */
  readonly otlp: Readonly<Record<OtlpSignal, string | null>>;
  /** What could not be read, with the reason. */
  readonly deadLetters: string;
  /** Empty: whoever is assigned its only partition does the work. */
  readonly analyzer: string;
  readonly alerter: string;
  /** Empty: each partition stands for a share of the inferences to embed. */
  readonly embedder: string;
}

export interface TopicOptions {
  readonly partitions: number;
  /** 0: the brokers' default. */
  readonly replication: number;
  readonly retentionMs: number;
  /** Of the largest record. */
  readonly recordBytesMax: number;
}

/** Shares the work of embedding is cut into: the upper bound of embedder processes. */
export const EMBEDDER_SHARES = 64;
/** Dead letters wait for a person. */
const DEAD_LETTERS_RETENTION_MS = 30 * 864e5;
/** What a message has beside its record: headers, and the frame around it. */
const FRAME_BYTES = 64 * 2 ** 10;

/** @param prefix of all but the collectors' topics */
export function topicNames(prefix: string, otlp: TopicNames['otlp']): TopicNames {
  return {
    log: `${prefix}.log`,
    inferences: `${prefix}.inferences`,
    otlp,
    deadLetters: `${prefix}.dead-letters`,
    analyzer: `${prefix}.analyzer`,
    alerter: `${prefix}.alerter`,
    embedder: `${prefix}.embedder`,
  };
}

/** The topics that producers of others write to. */
export function directTopics({ inferences, otlp }: TopicNames): string[] {
  return [inferences, otlp.traces, otlp.logs].filter((name) => name !== null);
}

/** Makes the topics that are not there yet; gives their names. @throws AppError `upstream_unavailable` */
export async function createTopics(
  kafka: Kafka,
  names: TopicNames,
  options: TopicOptions,
): Promise<string[]> {
  return withAdmin(kafka, 'topics cannot be made', async (admin) => {
    const present = new Set(await admin.listTopics());
    const missing = topicConfigs(names, options).filter(({ topic }) => !present.has(topic));
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true });
    return missing.map(({ topic }) => topic);
  });
}

function topicConfigs(names: TopicNames, options: TopicOptions): ITopicConfig[] {
  const { partitions, replication, retentionMs, recordBytesMax } = options;
  const largest = { name: 'max.message.bytes', value: String(recordBytesMax + FRAME_BYTES) };
  // The brokers' clock says when a record was received: those of many ingest processes do not agree.
  const stamped = { name: 'message.timestamp.type', value: 'LogAppendTime' };
  const kept = (ms: number) => ({ name: 'retention.ms', value: String(ms) });
  // Whatever a producer packs with, we read gzip: the broker repacks.
  const repacked = { name: 'compression.type', value: 'gzip' };
  const topic = (name: string, numPartitions: number, configEntries: ITopicConfig['configEntries']) => ({
    topic: name,
    numPartitions,
    replicationFactor: replication === 0 ? -1 : replication,
    ...(configEntries ? { configEntries } : {}),
  });
  return [
    topic(names.log, partitions, [largest, stamped, kept(retentionMs)]),
    ...directTopics(names).map((name) => topic(name, partitions, [largest, repacked, kept(retentionMs)])),
    topic(names.deadLetters, 1, [largest, stamped, kept(DEAD_LETTERS_RETENTION_MS)]),
    topic(names.analyzer, 1, []),
    topic(names.alerter, 1, []),
    topic(names.embedder, EMBEDDER_SHARES, []),
  ];
}

/** How many partitions a topic has. */
export async function partitionCount(kafka: Kafka, topic: string): Promise<number> {
  return withAdmin(kafka, 'the log cannot be read', async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length ?? 0;
  });
}

/** Runs with a connection of its own, which is closed afterwards. */
export async function withAdmin<T>(
  kafka: Kafka,
  action: string,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin({ retry: { retries: 5 } });
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw logError(error, action);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
