import type { KafkaMessage } from 'kafkajs';
import { recordSpans } from '../decode.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { LogBatch } from './group-consumer.ts';

/** Bytes of a record by its place in the message. */
export function recordReader({ value }: KafkaMessage): (index: number) => Uint8Array {
  const body = value ?? Buffer.alloc(0);
  const { starts, ends } = recordSpans(body, Number.POSITIVE_INFINITY);
  return (index) => {
    const start = starts[index];
    // What broke the body behind its last record is all that is left.
    return start === undefined ? body.subarray(ends.at(-1) ?? 0) : body.subarray(start, ends[index]);
  };
}

/** The letter of a message, or of one record in it. */
export function letterOf(
  { topic, partition }: Pick<LogBatch, 'topic' | 'partition'>,
  message: KafkaMessage,
  fault: { reason: string; field?: string; index?: number; bytes?: Uint8Array },
): DeadLetter {
  const { reason, field = '', index = null, bytes = message.value ?? Buffer.alloc(0) } = fault;
  return {
    bytes,
    reason,
    field,
    origin: { topic, partition, offset: message.offset, index },
    headers: message.headers ?? {},
  };
}
