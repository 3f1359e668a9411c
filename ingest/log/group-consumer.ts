import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from '../../core/log.ts';
import { logError } from './client.ts';

/** Messages of one partition, in order. */
export interface LogBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
  /** No more messages were there when these were read. */
  readonly isCaughtUp: boolean;
  /** Aborted when the partition may belong to somebody else: stop trying, what is under way may end. */
  readonly signal: AbortSignal;
}

export interface GroupConsumerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Partitions worked on at a time. */
  readonly concurrency: number;
  /** Bytes held of what is fetched, before unpacking. */
  readonly bytesMax: number;
  readonly log: Logger;
  /**
   * Does the work of a batch. True: all of it is where it is safe, and the offset is committed. False (only after
   * `signal`): not all, and the batch comes again. For what may pass it waits and does not reject.
   */
  readonly handle: (batch: LogBatch) => Promise<boolean>;
  /** A new share of the partitions; what came before belongs to somebody else, or comes again. */
  readonly onAssigned?: (partitions: readonly TopicPartitions[]) => void;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface GroupConsumer {
  /** Joins the group, and joins again after whatever goes wrong, until `stop`. */
  start(): void;
  /** Ends the batches under way, commits them, and leaves the group. */
  stop(): Promise<void>;
  /** Times (performance.now) of the last sign of life; null before the first. */
  stats(): GroupConsumerStats;
}

export interface GroupConsumerStats {
  readonly isMember: boolean;
  readonly lastHeartbeatMs: number | null;
  readonly lastFetchMs: number | null;
  /** What was wrong last, while it is wrong. */
  readonly lastError: string | null;
}

export const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 1_000;
/** Longer than a batch takes: a member that works on one is given the time to end it and commit. */
const REBALANCE_TIMEOUT_MS = 30_000;
/** Work under way when the group rebalances may end within this; after it the partition is let go without. */
const FINISH_MS = 5_000;
const RESTART_MS = 2_000;
/** Some nine seconds: members that come one after the other make the group begin anew each time. */
const JOIN_RETRY = { retries: 5, initialRetryTime: 300, maxRetryTime: 30_000 };
const FETCH_WAIT_MS = 250;
const PARTITION_BYTES_MAX = 2 ** 21;

/** Reads topics as one member of a group, batch by batch, and commits what was handled. */
export function createGroupConsumer(options: GroupConsumerOptions): GroupConsumer {
  return new Member(options);
}

class Member implements GroupConsumer {
  readonly #options: GroupConsumerOptions;
  #running: Promise<void> | null = null;
  readonly #stopping = new AbortController();
  #state = {
    isMember: false,
    lastHeartbeatMs: null as number | null,
    lastFetchMs: null as number | null,
    lastError: null as string | null,
  };

  constructor(options: GroupConsumerOptions) {
    this.#options = options;
    // One for each batch under way.
    setMaxListeners(0, this.#stopping.signal);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  stats(): GroupConsumerStats {
    return { ...this.#state };
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#runOnce();
      } catch (error) {
        this.#state.isMember = false;
        const { message } = logError(error, `group ${this.#options.groupId} cannot read the log`);
        if (this.#state.lastError !== message) this.#options.log.error({ err: error }, message);
        this.#state.lastError = message;
        await sleep(RESTART_MS, undefined, { signal: this.#stopping.signal }).catch(() => {});
      }
    }
  }

  /** One membership, from joining to what ends it. @throws what it ended with, unless it was told to stop */
  async #runOnce(): Promise<void> {
    const { kafka, groupId, topics, concurrency, bytesMax } = this.#options;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: PARTITION_BYTES_MAX,
      maxBytes: bytesMax,
      allowAutoTopicCreation: false,
      // A crash ends the membership, and the loop above begins another.
      retry: { ...JOIN_RETRY, restartOnFailure: async () => false },
    });
    const ended = this.#watch(consumer);
    try {
      await consumer.connect();
      // From the beginning, wherever no offset is known: the other choice skips what arrived before the first join.
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch: (payload) => this.#handle(payload),
      });
      await ended;
    } finally {
      this.#state.isMember = false;
      await consumer.disconnect().catch(() => {});
    }
  }

  /** Resolves when told to stop, rejects when the consumer breaks down. */
  #watch(consumer: Consumer): Promise<void> {
    const { events } = consumer;
    consumer.on(events.GROUP_JOIN, ({ payload }) => {
      this.#state = { ...this.#state, isMember: true, lastHeartbeatMs: performance.now(), lastError: null };
      const assigned = Object.entries(payload.memberAssignment);
      this.#options.onAssigned?.(assigned.map(([topic, partitions]) => ({ topic, partitions })));
    });
    consumer.on(events.HEARTBEAT, () => {
      this.#state.lastHeartbeatMs = performance.now();
    });
    consumer.on(events.FETCH, () => {
      this.#state.lastFetchMs = performance.now();
    });
    return new Promise((resolve, reject) => {
      consumer.on(events.CRASH, ({ payload }) => reject(payload.error));
      if (this.#stopping.signal.aborted) resolve();
      this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async #handle({ batch, heartbeat, resolveOffset, commitOffsetsIfNecessary, isStale }: EachBatchPayload) {
    const { topic, partition, messages } = batch;
    const last = messages.at(-1);
    if (!last || isStale()) return;
    const next = (BigInt(batch.lastOffset()) + 1n).toString();
    const hold = holdPartition(heartbeat, this.#stopping.signal);
    try {
      const work = this.#options.handle({
        topic,
        partition,
        messages,
        isCaughtUp: BigInt(next) >= BigInt(batch.highWatermark),
        signal: hold.signal,
      });
      const isDone = await Promise.race([work, hold.isOver]);
      if (isDone) {
        await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: next }] }] });
        resolveOffset(last.offset);
      }
      hold.rethrow();
    } finally {
      hold.release();
    }
  }
}

interface Hold {
  /** Aborted when the partition may be somebody else's, or when told to stop. */
  readonly signal: AbortSignal;
  /** Resolves (to false) when what is under way then has had its time. */
  readonly isOver: Promise<false>;
  /** @throws what the group said */
  rethrow(): void;
  release(): void;
}

/** Keeps the membership alive while a batch is worked on, however long that takes. */
function holdPartition(heartbeat: () => Promise<void>, stopping: AbortSignal): Hold {
  const lost = new AbortController();
  let failure: { readonly error: unknown } | null = null;
  let overTimer: NodeJS.Timeout | undefined;
  let end: (value: false) => void = () => {};
  const isOver = new Promise<false>((resolve) => {
    end = resolve;
  });
  const letGo = (): void => {
    lost.abort();
    overTimer ??= setTimeout(() => end(false), FINISH_MS);
  };
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => {
      failure ??= { error };
      letGo();
    });
  }, HEARTBEAT_MS);
  stopping.addEventListener('abort', letGo);
  if (stopping.aborted) letGo();
  return {
    signal: lost.signal,
    isOver,
    rethrow() {
      if (failure) throw failure.error;
    },
    release() {
      clearInterval(timer);
      clearTimeout(overTimer);
      stopping.removeEventListener('abort', letGo);
    },
  };
}
