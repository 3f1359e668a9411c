import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { logError } from './client.ts';

export interface SenderOptions {
  readonly kafka: Kafka;
  readonly compression: 'gzip' | 'none';
  readonly log: Logger;
}

/** Puts messages into topics, durably. */
export interface Sender {
  /** Connects; later failures are mended by themselves. @throws AppError `upstream_unavailable` */
  start(): Promise<void>;
  /** Ends what is under way. */
  stop(): Promise<void>;
  /**
   * Resolves when every in-sync broker has the messages. Those of one partition must be no more than a batch may hold.
   *
   * @throws AppError `upstream_unavailable` (with `retryAfterMs`): some may be there, others not; `invalid_input`: one
   *   is larger than the brokers take
   */
  send(topic: string, messages: Message[]): Promise<void>;
  stats(): SenderStats;
}

export interface SenderStats {
  readonly messages: number;
  readonly failures: number;
  /** False from a failure until the next success. */
  readonly isReachable: boolean;
}

/** About seven seconds in all: shorter than what an OpenTelemetry exporter waits, longer than a change of leader. */
const RETRY = { retries: 6, initialRetryTime: 200, maxRetryTime: 2_000, multiplier: 2, factor: 0.2 };
const ACK_TIMEOUT_MS = 10_000;
/** After a failure the next attempt waits this long; who comes meanwhile is asked to come back. */
const REST_MS = 1_000;
const RETRY_AFTER_MS = 2_000;

/** Nothing is connected until `start`. */
export function createSender(options: SenderOptions): Sender {
  return new SerialSender(options);
}

/**
 * One request at a time, and a new producer after each failure. An idempotent producer numbers its messages, and kafkajs
 * takes a number back when a request fails: were another request under way, or the next one sent by the same producer,
 * the broker could take it for a repetition of the one that failed, and acknowledge it without keeping it.
 */
class SerialSender implements Sender {
  readonly #options: SenderOptions;
  #producer: Producer | null = null;
  #last: Promise<void> = Promise.resolve();
  #restUntilMs = 0;
  #totals = { messages: 0, failures: 0, isReachable: true };

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    try {
      this.#producer = await this.#connect();
    } catch (error) {
      throw logError(error, 'the log cannot be reached');
    }
  }

  async stop(): Promise<void> {
    await this.#last;
    await this.#giveUpProducer();
  }

  send(topic: string, messages: Message[]): Promise<void> {
    const sent = this.#last.then(() => this.#sendNow(topic, messages));
    this.#last = sent.catch(() => {});
    return sent;
  }

  stats(): SenderStats {
    return { ...this.#totals };
  }

  async #connect(): Promise<Producer> {
    const producer = this.#options.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: RETRY,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => {});
      throw error;
    }
  }

  async #sendNow(topic: string, messages: Message[]): Promise<void> {
    if (performance.now() < this.#restUntilMs) throw unreachable('the log could not be reached a moment ago');
    const compression = kafkajs.CompressionTypes[this.#options.compression === 'gzip' ? 'GZIP' : 'None'];
    try {
      this.#producer ??= await this.#connect();
      await this.#producer.send({ topic, acks: -1, timeout: ACK_TIMEOUT_MS, compression, messages });
      this.#totals.messages += messages.length;
      this.#totals.isReachable = true;
    } catch (error) {
      await this.#giveUpProducer();
      const named = logError(error, 'the log does not take records');
      if (named.code === 'invalid_input') throw named;
      this.#totals.failures++;
      this.#totals.isReachable = false;
      this.#restUntilMs = performance.now() + REST_MS;
      throw unreachable(named.message, error);
    }
  }

  async #giveUpProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    // It may be broken; what matters is that it is not used again.
    await producer
      ?.disconnect()
      .catch((error) => this.#options.log.debug({ err: error }, 'disconnect failed'));
  }
}

function unreachable(message: string, cause?: unknown): AppError {
  return new AppError('upstream_unavailable', message, { cause, retryAfterMs: RETRY_AFTER_MS });
}
