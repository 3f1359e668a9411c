import type { KafkaMessage } from 'kafkajs';
import { AppError } from '../../core/errors.ts';
import { type CheckedBlock, mergeBlocks } from '../block.ts';
import type { CheckResult, RecordKind } from '../check-block.ts';
import type { RefusedRow } from '../isolate.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { LogBatch } from './group-consumer.ts';
import { areSent, emptyLetter, kindLetter, letterOf, recordReader, rejectionLetters } from './letter-of.ts';
import { KINDS, kindOf } from './messages.ts';
import { patiently } from './patience.ts';

/** What taking a batch from the log to the store needs. */
export interface BatchDeps {
  /** Checks the records of a message and computes their signals; the bytes stay ours. */
  readonly check: (body: Uint8Array, job: { kind: RecordKind; now: Date }) => Promise<CheckResult>;
  /** Resolves when the block is stored, less the rows it gives back. */
  readonly submit: (kind: RecordKind, block: CheckedBlock) => Promise<readonly RefusedRow[]>;
  /** Resolves when the letters are safe. */
  readonly sendLetters: (letters: readonly DeadLetter[]) => Promise<void>;
}

/** A message that breaks the checking thread as often as this is the one at fault. */
const CHECK_BREAKS_MAX = 3;

interface CheckedMessage {
  readonly message: KafkaMessage;
  readonly kind: RecordKind;
  readonly result: CheckResult;
}

/**
 * Takes batches of the log into the store. Everything good of a batch is stored and everything else is a dead letter
 * before it answers true; false if it was told to let go first. A batch goes in as one block a kind, in order, so that
 * the first time an id appears in its partition decides where its row lies, whoever reads the batch and how often.
 */
export function createBatchHandler(deps: BatchDeps): (batch: LogBatch) => Promise<boolean> {
  return async (batch) => {
    const letters: DeadLetter[] = [];
    const checked: CheckedMessage[] = [];
    const outcomes = await Promise.all(batch.messages.map((message) => checkMessage(deps, batch, message)));
    for (const outcome of outcomes) {
      if (outcome === null) return false;
      if ('reason' in outcome) letters.push(outcome);
      else checked.push(outcome);
    }
    for (const { message, result } of checked)
      letters.push(...rejectionLetters(batch, message, result.rejections));
    for (const kind of KINDS) {
      const refused = await store(
        deps,
        batch,
        checked.filter((one) => one.kind === kind),
      );
      if (refused === null) return false;
      letters.push(...refused);
    }
    return areSent(letters, deps.sendLetters, batch);
  };
}

/** The checked message, a letter if it cannot be read at all, or null if told to let go. */
async function checkMessage(
  deps: BatchDeps,
  batch: LogBatch,
  message: KafkaMessage,
): Promise<CheckedMessage | DeadLetter | null> {
  const kind = kindOf(message);
  if (kind === null) return kindLetter(batch, message);
  const { value } = message;
  if (value === null || value.length === 0) return emptyLetter(batch, message);
  // The brokers' clock, and the same however often the message is read.
  const job = { kind, now: new Date(Number(message.timestamp)) };
  let breaks = 0;
  try {
    const result = await patiently(
      () =>
        deps.check(Uint8Array.from(value), job).catch((error: unknown) => {
          const isBroken = error instanceof AppError && error.code === 'upstream_unavailable';
          if (isBroken && ++breaks >= CHECK_BREAKS_MAX)
            throw new AppError('invalid_input', 'checking it breaks the thread that does', { cause: error });
          throw error;
        }),
      batch,
    );
    return result && { message, kind, result };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return letterOf(batch, message, { reason: error.message });
  }
}

/** Stores the messages' rows as one block; the letters of those that the store refuses, or null if told to let go. */
async function store(
  deps: BatchDeps,
  batch: LogBatch,
  checked: readonly CheckedMessage[],
): Promise<DeadLetter[] | null> {
  const [first] = checked;
  if (!first) return [];
  const block = mergeBlocks(checked.map(({ result }) => result.block));
  const refused = await patiently(() => deps.submit(first.kind, block), batch);
  if (refused === null) return null;
  return refused.map(({ row, reason }) => refusedLetter(batch, checked, { row, reason }));
}

function refusedLetter(
  batch: LogBatch,
  checked: readonly CheckedMessage[],
  { row, reason }: RefusedRow,
): DeadLetter {
  let before = 0;
  for (const { message, result } of checked) {
    if (row < before + result.block.rows) {
      const index = result.indexes[row - before] ?? 0;
      return letterOf(batch, message, { reason, index, bytes: recordReader(message)(index) });
    }
    before += result.block.rows;
  }
  throw new Error(`the store refused row ${row} of a block of ${before}`);
}
