import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Message, Producer } from 'kafkajs';
import { partitionOf } from '../../ingest/log/partition.ts';
import { kafkaClient } from '../support/kafka-client.ts';
import type { Installation } from './installation.ts';
import { lines } from './load.ts';

/** What was sent straight into topics. */
export interface Sent {
  /** Ids of the good records. */
  readonly ids: ReadonlySet<string>;
  /** Bytes (as latin1) of the messages that nobody can take; no two are the same. */
  readonly poison: ReadonlySet<string>;
}

/** One message in so many is poison. */
const EVERY = 100;

/** Kinds of what cannot be taken, each told apart by `mark`. */
const KINDS: readonly ((mark: string) => Pick<Message, 'value' | 'headers'>)[] = [
  (mark) => ({ value: `{"id":"${mark}", "timestamp":` }),
  (mark) => ({ value: Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(mark)]) }),
  (mark) => ({ value: JSON.stringify({ id: mark, timestamp: new Date().toISOString() }) }),
  (mark) => ({ value: `${mark} is not a record` }),
  (mark) => ({ value: JSON.stringify({ id: mark }), headers: { kind: 'riddle' } }),
];

/** Sends `count` messages to the log and as many to the producers' topic, a hundredth of them poison. */
export async function sendWithPoison(
  { broker, names, partitions }: Installation,
  { project, count }: { project: string; count: number },
): Promise<Sent> {
  const [ids, poison] = [new Set<string>(), new Set<string>()];
  await withProducer(kafkaClient(broker.brokers), async (producer) => {
    for (const topic of [names.log, names.inferences]) {
      const messages = Array.from({ length: count }, (_, at): Message => {
        const id = `${project}-${topic}-${at}`;
        if (at % EVERY === EVERY / 2) return { ...poisonous(poison, id), partition: at % partitions };
        ids.add(id);
        return {
          value: lines([id], { project, atMs: Date.now() - (at % 600) * 1_000 }),
          partition: partitionOf(project, id, partitions),
        };
      });
      for (let from = 0; from < count; from += EVERY)
        await producer.send({ topic, acks: -1, messages: messages.slice(from, from + EVERY) });
    }
  });
  return { ids, poison };
}

/** Drops poison into the log and the producers' topic until stopped, while brokers come and go. */
export function dripPoison(
  { broker, names, partitions }: Installation,
  { project, pauseMs }: { project: string; pauseMs: number },
): { stop(): Promise<ReadonlySet<string>> } {
  const poison = new Set<string>();
  let isStopping = false;
  const dripping = withProducer(kafkaClient(broker.brokers), async (producer) => {
    for (let at = 0; !isStopping; at++) {
      const topic = at % 2 === 0 ? names.log : names.inferences;
      const message = { ...poisonous(poison, `${project}-drip-${at}`), partition: at % partitions };
      await patiently(() => producer.send({ topic, acks: -1, messages: [message] }));
      await sleep(pauseMs);
    }
  });
  // Its failure is told by `stop`.
  dripping.catch(() => {});
  return {
    async stop() {
      isStopping = true;
      await dripping;
      return poison;
    },
  };
}

function poisonous(poison: Set<string>, mark: string): Pick<Message, 'value' | 'headers'> {
  const made = KINDS[poison.size % KINDS.length]?.(mark) ?? { value: mark };
  poison.add(Buffer.from(made.value ?? '').toString('latin1'));
  return made;
}

async function withProducer(kafka: Kafka, work: (producer: Producer) => Promise<void>): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  try {
    await work(producer);
  } finally {
    await producer.disconnect();
  }
}

const TRIES_MAX = 20;

async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let left = TRIES_MAX; ; left--) {
    try {
      await work();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await sleep(1_000);
    }
  }
}
