import type { KafkaMessage } from 'kafkajs';
import { AppError } from '../../core/errors.ts';
import type { RecordKind, Rejection } from '../check-block.ts';
import type { OtlpEncoding } from '../otlp/decode.ts';
import type { OtlpRejection, OtlpSignal } from '../otlp/mapping.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { LogBatch } from './group-consumer.ts';
import { areSent, emptyLetter, kindLetter, letterOf, rejectionLetters } from './letter-of.ts';
import { kindOf } from './messages.ts';
import { patiently } from './patience.ts';
import type { TopicNames } from './topics.ts';

/** What taking messages of producers to the log needs. The bytes of a body stay ours. */
export interface DirectDeps {
  /** Resolves when the good records of a body are in the log. */
  readonly submit: (
    kind: RecordKind,
    body: Uint8Array,
  ) => Promise<{ readonly rejected: readonly Rejection[] }>;
  /** The same for exports of OpenTelemetry. */
  readonly submitOtlp: (submission: {
    signal: OtlpSignal;
    encoding: OtlpEncoding;
    body: Uint8Array;
  }) => Promise<{ readonly rejected: readonly OtlpRejection[]; readonly rejectedCount: number }>;
  readonly otlpTopics: TopicNames['otlp'];
  readonly sendLetters: (letters: readonly DeadLetter[]) => Promise<void>;
}

/** Of what is wrong in one export, told in its letter. */
const REASONS_MAX = 5;
const OPEN_OBJECT = 0x7b;
/** Field 1, with a length: where every export in protobuf begins. In JSON it would be a line feed. */
const FIRST_FIELD = 0x0a;
const SPACE = 0x20;

/**
 * Takes what producers wrote into topics of their own to the log, checked, redacted and placed by id like everything
 * else: records as JSON (one, lines of them, or an array), and exports as an OpenTelemetry collector writes them. Read
 * twice, a message lands in the same place twice, and counts once.
 */
export function createDirectHandler(deps: DirectDeps): (batch: LogBatch) => Promise<boolean> {
  return async (batch) => {
    const outcomes = await Promise.all(batch.messages.map((message) => take(deps, batch, message)));
    if (outcomes.includes(null)) return false;
    return areSent(
      outcomes.flatMap((outcome) => outcome ?? []),
      deps.sendLetters,
      batch,
    );
  };
}

/** The letters of a message; null if told to let go before it was taken. */
async function take(deps: DirectDeps, batch: LogBatch, message: KafkaMessage): Promise<DeadLetter[] | null> {
  const { value } = message;
  if (value === null || value.length === 0) return [emptyLetter(batch, message)];
  const signal = signalOf(deps, batch.topic);
  try {
    return await (signal === null
      ? takeRecords(deps, batch, message)
      : takeExport(deps, batch, { message, value, signal }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [letterOf(batch, message, { reason: error.message })];
  }
}

function signalOf({ otlpTopics }: DirectDeps, topic: string): OtlpSignal | null {
  if (topic === otlpTopics.traces) return 'traces';
  return topic === otlpTopics.logs ? 'logs' : null;
}

async function takeRecords(
  deps: DirectDeps,
  batch: LogBatch,
  message: KafkaMessage,
): Promise<DeadLetter[] | null> {
  const kind = kindOf(message);
  if (kind === null) return [kindLetter(batch, message)];
  const outcome = await patiently(() => deps.submit(kind, Uint8Array.from(message.value ?? [])), batch);
  return outcome === null ? null : rejectionLetters(batch, message, outcome.rejected);
}

/** What is wrong in an export cannot be cut out of it: the letter is the whole, and what was good counts once. */
async function takeExport(
  deps: DirectDeps,
  batch: LogBatch,
  { message, value, signal }: { message: KafkaMessage; value: Buffer; signal: OtlpSignal },
): Promise<DeadLetter[] | null> {
  const encoding = encodingOf(value);
  const outcome = await patiently(
    () => deps.submitOtlp({ signal, encoding, body: Uint8Array.from(value) }),
    batch,
  );
  if (outcome === null) return null;
  const { rejected, rejectedCount } = outcome;
  if (rejectedCount === 0) return [];
  const reasons = rejected.slice(0, REASONS_MAX).map(({ index, reason }) => `${index}: ${reason}`);
  const more = rejectedCount > reasons.length ? `; and ${rejectedCount - reasons.length} more` : '';
  return [letterOf(batch, message, { reason: `${reasons.join('; ')}${more}` })];
}

function encodingOf(value: Buffer): OtlpEncoding {
  if (value[0] === FIRST_FIELD) return 'protobuf';
  return value.find((byte) => byte > SPACE) === OPEN_OBJECT ? 'json' : 'protobuf';
}
