import type { Message } from 'kafkajs';
import type { CheckedBlock } from '../block.ts';
import type { RecordKind } from '../check-block.ts';
import { partitionOf } from './partition.ts';

/** Records that came together, on their way through one partition. */
export interface LogMessage {
  readonly partition: number;
  readonly rows: number;
  /** Lines of JSON. */
  readonly value: Buffer;
}

/** In the order in which those of one batch are stored. */
export const KINDS: readonly RecordKind[] = ['inference', 'score', 'content'];

/** The header that says what the lines are; a message without one is of inferences. */
const KIND_HEADER = 'kind';

/**
 * Cuts a block into messages, each of one partition and at most `bytesMax` long; a longer record goes alone. They come
 * in rounds of at most one message a partition: what a request holds for a partition is one batch to the broker, whose
 * limit is on the batch. Rows of a partition keep their order.
 */
export function toMessages(
  block: CheckedBlock,
  { partitions, bytesMax }: { partitions: number; bytesMax: number },
): LogMessage[][] {
  const open = new Map<number, { pieces: Uint8Array[]; bytes: number }>();
  const rounds: LogMessage[][] = [];
  const closed = new Map<number, number>();
  const close = (partition: number): void => {
    const { pieces, bytes } = open.get(partition) ?? { pieces: [], bytes: 0 };
    open.delete(partition);
    if (pieces.length === 0) return;
    const round = closed.get(partition) ?? 0;
    closed.set(partition, round + 1);
    rounds[round] ??= [];
    rounds[round].push({ partition, rows: pieces.length, value: Buffer.concat(pieces, bytes) });
  };
  for (let row = 0; row < block.rows; row++) {
    const partition = partitionOf(block.projects[row] ?? '', block.ids[row] ?? '', partitions);
    const line = block.lines.subarray(block.offsets[row], block.offsets[row + 1] ?? block.lines.length);
    if ((open.get(partition)?.bytes ?? 0) + line.length > bytesMax) close(partition);
    const group = open.get(partition) ?? { pieces: [], bytes: 0 };
    group.pieces.push(line);
    group.bytes += line.length;
    open.set(partition, group);
  }
  for (const partition of [...open.keys()]) close(partition);
  return rounds;
}

/** As Kafka takes it. */
export function toKafkaMessage({ partition, value }: LogMessage, kind: RecordKind): Message {
  return { partition, value, headers: { [KIND_HEADER]: kind } };
}

/** What the lines of a message are; null for a kind that we do not know. */
export function kindOf({ headers }: Pick<Message, 'headers'>): RecordKind | null {
  const kind = headers?.[KIND_HEADER]?.toString() ?? 'inference';
  return KINDS.find((known) => known === kind) ?? null;
}
