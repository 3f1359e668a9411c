import type { Config } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import type { CheckedBlock } from '../ingest/block.ts';
import type { RecordKind, Rejection } from '../ingest/check-block.ts';
import { type CheckPool, type CheckPoolStats, createCheckPool } from '../ingest/check-pool.ts';
import type { Content } from '../ingest/otlp/content.ts';
import { createWriter, type Writer, type WriterStats } from '../ingest/writer.ts';
import type { Intake } from './http/ingest-route.ts';
import type { OtlpIntake, OtlpOutcome, OtlpSubmission } from './http/otlp.ts';
import { checkOptions, signalsOptions } from './ingest-options.ts';

/** Why a record was left out. */
export type RecordFault = Rejection;

/** The way from a body to the store: checked in threads, then committed in groups. */
export interface IngestPath extends Intake {
  /** The same for exports of OpenTelemetry. */
  readonly otlp: OtlpIntake;
  check(): CheckPoolStats;
  writers(): Readonly<Record<RecordKind, WriterStats>>;
  /** Stores what was taken, then ends the threads. */
  stop(): Promise<void>;
}

/** Stores a checked block, all of it or nothing. */
export interface BlockStore {
  insertInferences(block: CheckedBlock): Promise<void>;
  insertScores(block: CheckedBlock): Promise<void>;
  /** Keeps what log events tell of calls until it is merged with their records. Absent where no log events come. */
  insertContents?(contents: readonly Content[]): Promise<void>;
}

/** One is stored while the next is prepared. */
const INSERTS_MAX = 2;

/** Starts the threads and the writers. */
export async function openIngestPath(config: Config, store: BlockStore): Promise<IngestPath> {
  const pool = createCheckPool({
    options: checkOptions(config),
    signals: signalsOptions(config),
    workers: config.CHECK_WORKERS,
    queueBytesMax: config.QUEUE_BYTES_MAX,
  });
  const writers: Readonly<Record<RecordKind, Writer>> = {
    inference: createWriter({ ...writerOptions(config), insertBlock: store.insertInferences }),
    score: createWriter({ ...writerOptions(config), insertBlock: store.insertScores }),
  };
  await pool.start();
  for (const writer of Object.values(writers)) writer.start();
  return {
    otlp: { submit: (submission) => submitOtlp(submission, { pool, writers, store }) },
    check: () => pool.stats(),
    writers: () => ({ inference: writers.inference.stats(), score: writers.score.stats() }),
    async submit(kind, body) {
      const { block, indexes, rejections, rejectedCount } = await pool.check(body, { kind, now: new Date() });
      const refused = await writers[kind].submit(block);
      const faults = refused.map(({ row, reason }) => ({ index: indexes[row] ?? row, field: '', reason }));
      return {
        accepted: block.rows - refused.length,
        rejectedCount: rejectedCount + refused.length,
        rejected: [...rejections, ...faults].sort((a, b) => a.index - b.index),
      };
    },
    async stop() {
      await pool.stop();
      await Promise.all(Object.values(writers).map((writer) => writer.stop()));
    },
  };
}

interface Parts {
  readonly pool: CheckPool;
  readonly writers: Readonly<Record<RecordKind, Writer>>;
  readonly store: BlockStore;
}

/** Resolves when all of an export is stored. One that fails half-way is sent again, and repeats change nothing. */
async function submitOtlp(
  { body, ...task }: OtlpSubmission,
  { pool, writers, store }: Parts,
): Promise<OtlpOutcome> {
  const { inferences, scores, contents, items, ignored, rejected, rejectedCount } = await pool.checkOtlp(
    body,
    {
      ...task,
      now: new Date(),
    },
  );
  const [refusedInferences, refusedScores] = await Promise.all([
    writers.inference.submit(inferences.block),
    writers.score.submit(scores.block),
    insertContents(store, contents),
  ]);
  const refused = [
    ...refusedInferences.map(({ row, reason }) => ({ index: inferences.indexes[row] ?? 0, reason })),
    ...refusedScores.map(({ row, reason }) => ({ index: scores.indexes[row] ?? 0, reason })),
  ];
  const allRejected = rejectedCount + refused.length;
  return {
    accepted: Math.max(0, items - ignored - allRejected),
    ignored,
    rejectedCount: allRejected,
    rejected: [...rejected, ...refused].sort((a, b) => a.index - b.index),
  };
}

async function insertContents(store: BlockStore, contents: readonly Content[]): Promise<void> {
  if (contents.length === 0) return;
  if (!store.insertContents) throw new AppError('unsupported', 'log events are not taken here');
  await store.insertContents(contents);
}

function writerOptions(config: Config) {
  return {
    commitRowsMax: config.COMMIT_ROWS_MAX,
    commitBytesMax: config.COMMIT_BYTES_MAX,
    commitWaitMs: config.COMMIT_WAIT_MS,
    queueRowsMax: config.QUEUE_ROWS_MAX,
    queueBytesMax: config.QUEUE_BYTES_MAX,
    insertsMax: INSERTS_MAX,
  };
}
