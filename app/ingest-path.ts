import type { Config } from '../core/config.ts';
import type { CheckedBlock } from '../ingest/block.ts';
import type { RecordKind, Rejection } from '../ingest/check-block.ts';
import { type CheckPoolStats, createCheckPool } from '../ingest/check-pool.ts';
import { createWriter, type Writer, type WriterStats } from '../ingest/writer.ts';
import type { Intake } from './http/ingest-route.ts';
import { checkOptions, signalsOptions } from './ingest-options.ts';

/** Why a record was left out. */
export type RecordFault = Rejection;

/** The way from a body to the store: checked in threads, then committed in groups. */
export interface IngestPath extends Intake {
  check(): CheckPoolStats;
  writers(): Readonly<Record<RecordKind, WriterStats>>;
  /** Stores what was taken, then ends the threads. */
  stop(): Promise<void>;
}

/** Stores a checked block, all of it or nothing. */
export interface BlockStore {
  insertInferences(block: CheckedBlock): Promise<void>;
  insertScores(block: CheckedBlock): Promise<void>;
}

/** One is stored while the next is prepared. */
const INSERTS_MAX = 2;

/** Starts the threads and the writers. */
export async function openIngestPath(config: Config, store: BlockStore): Promise<IngestPath> {
  const pool = createCheckPool({
    options: checkOptions(config, 'stored'),
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
