import type { Kafka } from 'kafkajs';
import type { Logger } from '../../core/log.ts';
import { createGroupConsumer, SESSION_TIMEOUT_MS } from './group-consumer.ts';

/** Work that one of many processes does at a time, or that several share out. */
export interface Duty {
  start(): void;
  stop(): Promise<void>;
  /** Shares that are ours now; empty for one who stands by, and from the moment we may have been given up for dead. */
  shares(): readonly number[];
  stats(): { readonly isMember: boolean; readonly lastError: string | null };
}

/** Before the group gives a silent member up: what it is doing must have ended by then. */
const MARGIN_MS = 3_000;

/**
 * Shares of work by way of a consumer group on a topic that stays empty: its partitions are the shares, and the group's
 * coordinator sees to it that each has one holder, and gives those of a silent one to another.
 */
export function joinDuty({
  kafka,
  topic,
  log,
  onChange,
}: {
  kafka: Kafka;
  /** Also the group's name. */
  topic: string;
  log: Logger;
  onChange?: (shares: readonly number[]) => void;
}): Duty {
  let assigned: readonly number[] = [];
  const member = createGroupConsumer({
    kafka,
    groupId: topic,
    topics: [topic],
    concurrency: 1,
    bytesMax: 2 ** 20,
    log,
    handle: async () => true,
    onAssigned(topics) {
      assigned = topics.flatMap(({ partitions }) => partitions);
      onChange?.(assigned);
    },
  });
  return {
    start: () => member.start(),
    stop: () => member.stop(),
    shares() {
      const { isMember, lastHeartbeatMs } = member.stats();
      const isAlive =
        lastHeartbeatMs !== null && performance.now() - lastHeartbeatMs < SESSION_TIMEOUT_MS - MARGIN_MS;
      return isMember && isAlive ? assigned : [];
    },
    stats() {
      const { isMember, lastError } = member.stats();
      return { isMember, lastError };
    },
  };
}
