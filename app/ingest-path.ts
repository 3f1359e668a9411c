import type { Config } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import type { CheckedBlock } from '../ingest/block.ts';
import type { CheckOptions, RecordKind, Rejection } from '../ingest/check-block.ts';
import { type CheckPool, type CheckPoolStats, createCheckPool } from '../ingest/check-pool.ts';
import { createWriter, type Writer, type WriterStats } from '../ingest/writer.ts';
import type { Intake } from './http/ingest-route.ts';
import type { GaugeReaders } from './http/metrics.ts';
import type { OtlpIntake } from './http/otlp.ts';
import { checkOptions, signalsOptions } from './ingest-options.ts';
import { createOtlpIntake } from './otlp-intake.ts';
import type { Keep } from './redaction.ts';

/** Why a record was left out. */
export type RecordFault = Rejection;

/** The way from a body to the store, or to the log: checked in threads, then committed in groups. */
export interface IngestPath extends Intake {
  /** The same for exports of OpenTelemetry. */
  readonly otlp: OtlpIntake;
  check(): CheckPoolStats;
  writers(): Readonly<Record<RecordKind, WriterStats>>;
  readonly gauges: GaugeReaders;
  /** Stores what was taken, then ends the threads. */
  stop(): Promise<void>;
}

/** Stores a checked block, all of it or nothing. */
export interface BlockStore {
  insertInferences(block: CheckedBlock): Promise<void>;
  insertScores(block: CheckedBlock): Promise<void>;
  /** Keeps what log events tell of calls until it is merged with their records. Absent where no log events come. */
  insertContents?(block: CheckedBlock): Promise<void>;
}

export interface Target extends BlockStore {
  /** The store, unless said otherwise. */
  readonly destination?: CheckOptions['destination'];
  /** Inserts at a time. */
  readonly insertsMax?: number;
}

type Writers = Readonly<Record<RecordKind, Writer>>;

/** One is stored while the next is prepared. */
const INSERTS_MAX = 2;

/** Starts the threads and the writers. */
export async function openIngestPath(config: Config, target: Target): Promise<IngestPath> {
  return openPath(config, await openCheckPool(config, target.destination ?? 'store'), target);
}

/** The same with threads that run already; the path ends them. */
export function openPath(config: Config, pool: CheckPool, target: Target): IngestPath {
  const writers = openWriters(config, target);
  return {
    otlp: createOtlpIntake(pool, writers),
    check: () => pool.stats(),
    writers: () => writerStats(writers),
    gauges: writerGauges(pool, writers),
    async submit(kind, body, project) {
      const { block, indexes, rejections, rejectedCount } = await pool.check(body, {
        kind,
        now: new Date(),
        project,
      });
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

/** Threads that check records, and redact them if they are to be kept; signals are computed where the store is next. */
export async function openCheckPool(
  config: Config,
  destination: CheckOptions['destination'],
  keep: Keep = 'stored',
): Promise<CheckPool> {
  const signals = signalsOptions(config);
  const pool = createCheckPool({
    options: checkOptions(config, { destination, keep }),
    signals: destination === 'store' ? signals : { ...signals, enabled: 'none' },
    workers: config.CHECK_WORKERS,
    queueBytesMax: config.QUEUE_BYTES_MAX,
  });
  await pool.start();
  return pool;
}

/** A writer for each kind of record, started. */
export function openWriters(config: Config, target: BlockStore & { insertsMax?: number }): Writers {
  const options = {
    commitRowsMax: config.COMMIT_ROWS_MAX,
    commitBytesMax: config.COMMIT_BYTES_MAX,
    commitWaitMs: config.COMMIT_WAIT_MS,
    queueRowsMax: config.QUEUE_ROWS_MAX,
    queueBytesMax: config.QUEUE_BYTES_MAX,
    insertsMax: target.insertsMax ?? INSERTS_MAX,
  };
  const writers = {
    inference: createWriter({ ...options, insertBlock: (block) => target.insertInferences(block) }),
    score: createWriter({ ...options, insertBlock: (block) => target.insertScores(block) }),
    content: createWriter({ ...options, insertBlock: (block) => insertContents(target, block) }),
  };
  for (const writer of Object.values(writers)) writer.start();
  return writers;
}

async function insertContents(target: BlockStore, block: CheckedBlock): Promise<void> {
  if (!target.insertContents) throw new AppError('unsupported', 'log events are not taken here');
  await target.insertContents(block);
}

/** What each writer is at. */
export function writerStats(writers: Writers): Readonly<Record<RecordKind, WriterStats>> {
  return {
    inference: writers.inference.stats(),
    score: writers.score.stats(),
    content: writers.content.stats(),
  };
}

/** Figures of the way in. */
export function writerGauges(pool: CheckPool, writers: Writers): GaugeReaders {
  const writer = () => writers.inference.stats();
  return {
    check_queue_bytes: ['Bytes of bodies that wait to be checked.', () => pool.stats().queuedBytes],
    check_crashes: ['Checking threads that broke down and were replaced.', () => pool.stats().crashes],
    write_queue_rows: ['Inferences checked and not stored yet.', () => writer().queuedRows],
    write_queue_bytes: ['Bytes of inferences checked and not stored yet.', () => writer().queuedBytes],
    insert_seconds: ['Duration of the last insert.', () => writer().lastInsertMs / 1_000],
    inserts_failed: ['Inserts that failed since the start.', () => writer().failedInserts],
  };
}
