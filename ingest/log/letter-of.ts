import type { KafkaMessage } from 'kafkajs';
import type { Rejection } from '../check-block.ts';
import { recordSpans } from '../decode.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { LogBatch } from './group-consumer.ts';
import { patiently } from './patience.ts';

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

/** The letters of the records of a message that were rejected. */
export function rejectionLetters(
  batch: Pick<LogBatch, 'topic' | 'partition'>,
  message: KafkaMessage,
  rejections: readonly Rejection[],
): DeadLetter[] {
  if (rejections.length === 0) return [];
  const bytesAt = recordReader(message);
  return rejections.map(({ index, field, reason }) =>
    letterOf(batch, message, { reason, field, index, bytes: bytesAt(index) }),
  );
}

/** The letter of a message that cannot even be begun with. */
export const emptyLetter = (batch: LogBatch, message: KafkaMessage): DeadLetter =>
  letterOf(batch, message, { reason: 'the message is empty' });
export const kindLetter = (batch: LogBatch, message: KafkaMessage): DeadLetter =>
  letterOf(batch, message, { reason: 'its header names a kind of record that there is not' });

/** True when all letters of a batch are safe; false if told to let go first. */
export async function areSent(
  letters: readonly DeadLetter[],
  sendLetters: (letters: readonly DeadLetter[]) => Promise<void>,
  batch: Pick<LogBatch, 'signal'>,
): Promise<boolean> {
  if (letters.length === 0) return true;
  return (await patiently(() => sendLetters(letters).then(() => true), batch)) ?? false;
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
