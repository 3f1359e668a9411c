import type { Admin, Kafka } from 'kafkajs';
import { logError } from './client.ts';

/** Reads how much of a topic a group has not committed yet. */
export interface LagReader {
  /** Messages by partition. @throws AppError `upstream_unavailable` */
  read(): Promise<ReadonlyMap<number, number>>;
  stop(): Promise<void>;
}

/** Keeps one connection, and makes a new one after a failure. */
export function createLagReader(
  kafka: Kafka,
  { groupId, topic }: { groupId: string; topic: string },
): LagReader {
  let admin: Admin | null = null;

  async function connected(): Promise<Admin> {
    if (admin) return admin;
    const made = kafka.admin({ retry: { retries: 1 } });
    await made.connect();
    admin = made;
    return made;
  }
  async function stop(): Promise<void> {
    const used = admin;
    admin = null;
    await used?.disconnect().catch(() => {});
  }
  return {
    stop,
    async read() {
      try {
        const client = await connected();
        const [ends, committed] = await Promise.all([
          client.fetchTopicOffsets(topic),
          client.fetchOffsets({ groupId, topics: [topic] }),
        ]);
        const done = new Map(
          committed[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
        );
        return new Map(
          ends.map(({ partition, high, low }) => [
            partition,
            // -1: nothing was committed yet, and the group begins at the oldest message there is.
            Math.max(0, Number(high) - Math.max(Number(low), done.get(partition) ?? -1)),
          ]),
        );
      } catch (error) {
        await stop();
        throw logError(error, `how far ${groupId} is cannot be read`);
      }
    },
  };
}
