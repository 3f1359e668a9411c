import type { Config } from '../core/config.ts';
import type { CheckedBlock } from '../ingest/block.ts';
import type { RecordKind, Rejection } from '../ingest/check-block.ts';
import { type CheckPool, createCheckPool } from '../ingest/check-pool.ts';
import { createWriter, type Writer } from '../ingest/writer.ts';
import { checkOptions, signalsOptions } from './ingest-options.ts';

/** Why a record was left out. */
export type RecordFault = Rejection;

export interface Outcome {
  /** Records stored. */
  readonly accepted: number;
  readonly rejectedCount: number;
  /** The first of those rejected, by place in the body. */
  readonly rejected: readonly RecordFault[];
}

/** The way from a body to the store: checked in threads, then committed in groups. */
export interface IngestPath {
  readonly pool: CheckPool;
  readonly writers: Readonly<Record<RecordKind, Writer>>;
  /** Resolves when every good inference of the body is stored. The body's memory may move to another thread. */
  submit(body: Uint8Array): Promise<Outcome>;
  /** Stores what was taken, then ends the threads. */
  stop(): Promise<void>;
}

/** Stores a checked block, all of it or nothing. */
export interface BlockStore {
  insertInferences(block: CheckedBlock): Promise<void>;
  insertScores(block: CheckedBlock): Promise<void>;
}

/** Below this a body is checked in this thread: handing it over costs more. */
const INLINE_BYTES_MAX = 8 * 2 ** 10;
/** One is stored while the next is prepared. */
const INSERTS_MAX = 2;

/** Starts the threads and the writers. */
export async function openIngestPath(config: Config, store: BlockStore): Promise<IngestPath> {
  const pool = createCheckPool({
    options: checkOptions(config),
    signals: signalsOptions(config),
    workers: config.CHECK_WORKERS,
    queueBytesMax: config.QUEUE_BYTES_MAX,
    inlineBytesMax: INLINE_BYTES_MAX,
  });
  const writers: Readonly<Record<RecordKind, Writer>> = {
    inference: createWriter({ ...writerOptions(config), insertBlock: store.insertInferences }),
    score: createWriter({ ...writerOptions(config), insertBlock: store.insertScores }),
  };
  await pool.start();
  for (const writer of Object.values(writers)) writer.start();
  return {
    pool,
    writers,
    async submit(body) {
      const checked = await pool.check(body, { kind: 'inference', now: new Date() });
      const { block, indexes, rejections, rejectedCount } = checked;
      const refused = await writers.inference.submit(block);
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
