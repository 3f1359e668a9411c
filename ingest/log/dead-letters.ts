import { createHash } from 'node:crypto';
import type { IHeaders, Kafka, Message } from 'kafkajs';
import { AppError } from '../../core/errors.ts';
import { readTopic, type TopicMessage } from './read-topic.ts';
import type { Sender } from './sender.ts';

/** What could not be taken, with all that is needed to see why and to send it back. */
export interface DeadLetter {
  /** The record at fault, or the whole message if it could not be cut into records. */
  readonly bytes: Uint8Array;
  readonly reason: string;
  /** Of the record, where one is at fault; empty otherwise. */
  readonly field: string;
  readonly origin: LetterOrigin;
  /** Headers of the message it came in: what its bytes are. */
  readonly headers: IHeaders;
}

export interface LetterOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** Place among the records of the message; null for the whole message. */
  readonly index: number | null;
}

/** A dead letter where it lies. */
export interface StoredLetter extends DeadLetter {
  /** Its own offset in the topic of dead letters: its name. */
  readonly offset: string;
  readonly at: Date;
  /** Times it was sent back before. */
  readonly replays: number;
}

const PREFIX = 'plumbline-';
const LETTER = `${PREFIX}letter`;
/** A message that says which letters were sent back. */
const REPLAYED = `${PREFIX}replayed`;
const REPLAYS = `${PREFIX}replays`;
/** A batch to the broker: letters are few, and may be large. */
const SEND_BYTES_MAX = 900 * 2 ** 10;

/** Resolves when the letters are safe. */
export async function sendLetters(
  sender: Sender,
  topic: string,
  letters: readonly DeadLetter[],
): Promise<void> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const letter of letters) {
    if (batch.length > 0 && bytes + letter.bytes.length > SEND_BYTES_MAX) {
      await sender.send(topic, batch);
      [batch, bytes] = [[], 0];
    }
    batch.push(toMessage(letter));
    bytes += letter.bytes.length;
  }
  if (batch.length > 0) await sender.send(topic, batch);
}

function toMessage({ bytes, reason, field, origin, headers }: DeadLetter): Message {
  return {
    partition: 0,
    value: Buffer.from(bytes),
    headers: { ...headers, [LETTER]: JSON.stringify({ reason, field, origin }) },
  };
}

/**
 * Letters that were not sent back yet, oldest first. One that lies there twice, since the process that sent it was
 * killed before it could say so, is one letter: the first.
 */
export async function readLetters(kafka: Kafka, topic: string): Promise<StoredLetter[]> {
  const letters: StoredLetter[] = [];
  const replayed = new Set<string>();
  for (const message of await readTopic(kafka, topic)) {
    const marker = message.headers[REPLAYED]?.toString();
    if (marker !== undefined) for (const offset of JSON.parse(marker) as string[]) replayed.add(offset);
    const letter = toLetter(message);
    if (letter) letters.push(letter);
  }
  const known = new Set(letters.filter(({ offset }) => replayed.has(offset)).map(identityOf));
  return letters.filter((letter) => {
    const identity = identityOf(letter);
    return !known.has(identity) && known.add(identity);
  });
}

/** The same for letters of the same fault. The bytes are part of it: a topic that was made anew counts from 0 again. */
function identityOf({ origin: { topic, partition, offset, index }, bytes }: StoredLetter): string {
  return JSON.stringify([topic, partition, offset, index, createHash('sha256').update(bytes).digest('hex')]);
}

function toLetter({ offset, at, value, headers }: TopicMessage): StoredLetter | null {
  const description = headers[LETTER]?.toString();
  if (description === undefined) return null;
  const { reason, field, origin } = JSON.parse(description) as Omit<DeadLetter, 'bytes' | 'headers'>;
  const own = Object.entries(headers).filter(([name]) => !name.startsWith(PREFIX));
  const replays = Number(headers[REPLAYS]?.toString() ?? 0);
  return { offset, at, bytes: value, reason, field, origin, headers: Object.fromEntries(own), replays };
}

/**
 * Sends letters back to where they came from, and remembers that it did. Killed between the two, they are sent twice:
 * an inference counts once all the same.
 */
export async function replayLetters(
  sender: Sender,
  topic: string,
  letters: readonly StoredLetter[],
): Promise<void> {
  for (const { origin, bytes, headers, replays, offset } of letters) {
    const message = {
      partition: origin.partition,
      value: Buffer.from(bytes),
      headers: { ...headers, [REPLAYS]: String(replays + 1) },
    };
    await sender.send(origin.topic, [message]);
    await sender.send(topic, [
      { partition: 0, value: null, headers: { [REPLAYED]: JSON.stringify([offset]) } },
    ]);
  }
}

/** The letters of these offsets. @throws AppError `not_found` that names those that are not there */
export function pickLetters(letters: readonly StoredLetter[], offsets: readonly string[]): StoredLetter[] {
  const byOffset = new Map(letters.map((letter) => [letter.offset, letter]));
  const missing = offsets.filter((offset) => !byOffset.has(offset));
  if (missing.length > 0) {
    throw new AppError(
      'not_found',
      `no dead letter waits at ${missing.join(', ')}: it was sent back, or never was. plumbline dlq list shows what waits.`,
    );
  }
  return offsets.flatMap((offset) => byOffset.get(offset) ?? []);
}
