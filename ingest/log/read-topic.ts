import { randomUUID } from 'node:crypto';
import type { IHeaders, Kafka } from 'kafkajs';
import { logError } from './client.ts';
import { withAdmin } from './topics.ts';

/** A message as it lies in its topic. */
export interface TopicMessage {
  readonly offset: string;
  readonly at: Date;
  readonly value: Uint8Array;
  readonly headers: IHeaders;
}

/** How long the brokers may say nothing. */
const SILENCE_MS = 30_000;

/** Every message that a topic of one partition holds now, oldest first; all in memory. @throws AppError `upstream_unavailable` */
export async function readTopic(kafka: Kafka, topic: string): Promise<TopicMessage[]> {
  const { low, high } = await bounds(kafka, topic);
  if (low >= high) return [];
  // kafkajs reads only as a member of a group; this one is nobody else's, and gone afterwards.
  const groupId = `${topic}-reader-${randomUUID()}`;
  try {
    return await readUntil(kafka, { topic, groupId, high });
  } finally {
    await withAdmin(kafka, 'the reader cannot be removed', (admin) => admin.deleteGroups([groupId])).catch(
      () => {},
    );
  }
}

async function bounds(kafka: Kafka, topic: string): Promise<{ low: bigint; high: bigint }> {
  const [offsets] = await withAdmin(kafka, `the topic ${topic} cannot be read`, (admin) =>
    admin.fetchTopicOffsets(topic),
  );
  return { low: BigInt(offsets?.low ?? 0), high: BigInt(offsets?.high ?? 0) };
}

async function readUntil(
  kafka: Kafka,
  { topic, groupId, high }: { topic: string; groupId: string; high: bigint },
): Promise<TopicMessage[]> {
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 250 });
  const messages: TopicMessage[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const expect = () => {
        clearTimeout(timer);
        timer = setTimeout(() => reject(new Error(`${topic} says nothing`)), SILENCE_MS);
      };
      expect();
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const run = consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          expect();
          for (const { offset, timestamp, value, headers } of batch.messages) {
            if (BigInt(offset) >= high) continue;
            messages.push({
              offset,
              at: new Date(Number(timestamp)),
              value: value ?? Buffer.alloc(0),
              headers: headers ?? {},
            });
          }
          if (BigInt(batch.lastOffset()) + 1n >= high) resolve();
        },
      });
      run.catch(reject);
    });
    return messages;
  } catch (error) {
    throw logError(error, `the topic ${topic} cannot be read`);
  } finally {
    clearTimeout(timer);
    await consumer.disconnect().catch(() => {});
  }
}
