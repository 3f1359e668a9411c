import type { CheckedBlock } from '../block.ts';
import type { RecordKind } from '../check-block.ts';
import { toKafkaMessage, toMessages } from './messages.ts';
import type { Sender } from './sender.ts';

export interface LogTarget {
  readonly topic: string;
  /** Of the topic. */
  readonly partitions: number;
  /** Of one message. */
  readonly messageBytesMax: number;
}

/**
 * Resolves when the log has the block, all of it. What it throws is the sender's; parts may be there then, and sending
 * the block again changes nothing.
 */
export type AppendBlock = (kind: RecordKind, block: CheckedBlock) => Promise<void>;

/** Writes checked records to the log, each to the partition of its id. */
export function createAppend(sender: Sender, { topic, partitions, messageBytesMax }: LogTarget): AppendBlock {
  return async (kind, block) => {
    for (const round of toMessages(block, { partitions, bytesMax: messageBytesMax })) {
      await sender.send(
        topic,
        round.map((message) => toKafkaMessage(message, kind)),
      );
    }
  };
}
