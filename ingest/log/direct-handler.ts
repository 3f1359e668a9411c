import type { KafkaMessage } from 'kafkajs';
import { AppError } from '../../core/errors.ts';
import type { RecordKind, Rejection } from '../check-block.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { LogBatch } from './group-consumer.ts';
import { letterOf, recordReader } from './letter-of.ts';
import { kindOf } from './messages.ts';
import { patiently } from './patience.ts';

/** What taking messages of producers to the log needs. */
export interface DirectDeps {
  /** Resolves when the good records of a body are in the log; the bytes stay ours. */
  readonly submit: (
    kind: RecordKind,
    body: Uint8Array,
  ) => Promise<{ readonly rejected: readonly Rejection[] }>;
  readonly sendLetters: (letters: readonly DeadLetter[]) => Promise<void>;
}

/**
 * Takes what producers wrote into topics of their own, records as JSON (one, lines of them, or an array), to the log:
 * checked, redacted and placed by id like everything else. Read twice, it lands in the same place twice, and counts once.
 */
export function createDirectHandler(deps: DirectDeps): (batch: LogBatch) => Promise<boolean> {
  return async (batch) => {
    const outcomes = await Promise.all(batch.messages.map((message) => take(deps, batch, message)));
    if (outcomes.includes(null)) return false;
    const letters = outcomes.flatMap((outcome) => outcome ?? []);
    if (letters.length === 0) return true;
    return (await patiently(() => deps.sendLetters(letters).then(() => true), batch)) ?? false;
  };
}

async function take(deps: DirectDeps, batch: LogBatch, message: KafkaMessage): Promise<DeadLetter[] | null> {
  const kind = kindOf(message);
  const { value } = message;
  if (kind === null)
    return [
      letterOf(batch, message, { reason: 'a header says that it holds neither inferences nor scores' }),
    ];
  if (value === null || value.length === 0)
    return [letterOf(batch, message, { reason: 'the message is empty' })];
  try {
    const outcome = await patiently(() => deps.submit(kind, Uint8Array.from(value)), batch);
    if (outcome === null) return null;
    if (outcome.rejected.length === 0) return [];
    const bytesAt = recordReader(message);
    return outcome.rejected.map(({ index, field, reason }) =>
      letterOf(batch, message, { reason, field, index, bytes: bytesAt(index) }),
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [letterOf(batch, message, { reason: error.message })];
  }
}
