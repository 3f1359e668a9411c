import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import { createBatchHandler } from '../../ingest/log/batch-handler.ts';
import { createGroupConsumer, type LogBatch } from '../../ingest/log/group-consumer.ts';
import { patiently } from '../../ingest/log/patience.ts';
import { createWatermarks, type Watermarks } from '../../ingest/log/watermarks.ts';
import type { Store } from '../../sql/client.ts';
import { type InferenceWriter, openInferenceWriter } from '../../sql/insert.ts';
import { writeTouched } from '../../sql/queries/touched.ts';
import { readStoreClock } from '../../sql/store-clock.ts';
import { writerChecks } from '../http/health.ts';
import { openCheckPool, openWriters, writerGauges, writerStats } from '../ingest-path.ts';
import { createJoinedStore } from '../joined-store.ts';
import type { Part } from '../part.ts';
import { consumerWarnings } from './consumer-warnings.ts';
import type { Log } from './open-log.ts';
import { readWatermark } from './watermark-states.ts';
import { startProgress } from './writer-progress.ts';

/** Fetched at a time, packed; unpacked it is several times that. */
const FETCH_BYTES_MAX = 8 * 2 ** 20;
/** Rows may have become visible this much before a watermark was written. */
const LEARN_OVERLAP_MS = 60_000;

/** Role `writer`: what is on the log goes into the store, with its signals. Any number of processes. */
export async function openWriterPart(
  store: Store,
  log: Log,
  { config, logger }: { config: Config; logger: Logger },
): Promise<Part> {
  await readStoreClock(store);
  const learner = await openLearner(store, log, config);
  // What is on the log was redacted before it came there.
  const pool = await openCheckPool(config, 'store', 'redacted');
  const writers = openWriters(
    { ...config, COMMIT_WAIT_MS: config.KAFKA_COMMIT_WAIT_MS },
    createJoinedStore(store, {
      writer: learner.writer,
      pool,
      touch: (minutes) => writeTouched(store, minutes),
    }),
  );
  const watermarks = createWatermarks();
  const handle = createBatchHandler({
    check: (body, job) => pool.check(body, job),
    submit: (kind, block) => writers[kind].submit(block),
    sendLetters: log.sendLetters,
  });
  const groupId = `${config.KAFKA_TOPIC_PREFIX}.writer`;
  const consumer = createGroupConsumer({
    kafka: log.kafka,
    groupId,
    topics: [log.names.log],
    concurrency: log.partitions,
    bytesMax: FETCH_BYTES_MAX,
    log: logger,
    handle: (batch) =>
      track(batch, watermarks, async () => ((await learner.isReady(batch)) ? handle(batch) : false)),
    onAssigned(topics) {
      watermarks.assign(topics.flatMap(({ partitions }) => partitions));
      learner.begin();
    },
  });
  consumer.start();
  const progress = startProgress(store, log, { groupId, consumer, watermarks, logger });
  return {
    loops: () => progress.loops.map((loop) => loop.health()),
    gauges: { ...writerGauges(pool, writers), ...progress.gauges },
    checks: () => writerChecks(writerStats(writers), new Date()),
    warnings: () => [...consumerWarnings('the log is not read', consumer.stats()), ...progress.warnings()],
    async stop() {
      await consumer.stop();
      await progress.stop();
      await pool.stop();
      await Promise.all(Object.values(writers).map((one) => one.stop()));
    },
  };
}

interface Learner {
  readonly writer: InferenceWriter;
  /** Partitions changed hands: what their holders before us stored must be known before we go on. */
  begin(): void;
  /** Waits until it is known; false if told to let go first. */
  isReady(batch: LogBatch): Promise<boolean>;
}

async function openLearner(store: Store, log: Log, config: Config): Promise<Learner> {
  let knownUntil = await readWatermark(store, log.partitions);
  const writer = await openInferenceWriter(store, { idsMax: config.IDS_IN_MEMORY_MAX });
  let learned: Promise<void> = Promise.resolve();

  async function learn(): Promise<void> {
    const until = await readWatermark(store, log.partitions);
    await writer.learn(new Date(Math.max(0, (knownUntil?.getTime() ?? 0) - LEARN_OVERLAP_MS)));
    knownUntil = until;
  }
  function begin(): void {
    // The embedded store belongs to this process: nobody else stores anything there.
    if (store.kind === 'embedded') return;
    // One after the other: each begins where the last one ended.
    learned = learned.catch(() => {}).then(learn);
    // Whoever waits for it learns of its failure.
    learned.catch(() => {});
  }
  return {
    writer,
    begin,
    async isReady({ signal }) {
      const attempt = async (): Promise<true> => {
        try {
          await learned;
          return true;
        } catch (error) {
          begin();
          throw error;
        }
      };
      return (await patiently(attempt, { signal })) ?? false;
    },
  };
}

async function track(
  batch: LogBatch,
  watermarks: Watermarks,
  work: () => Promise<boolean>,
): Promise<boolean> {
  watermarks.began(batch.partition);
  const isDone = await work();
  if (isDone) {
    const until = new Date(Number(batch.messages.at(-1)?.timestamp));
    watermarks.stored(batch.partition, { until, isCaughtUp: batch.isCaughtUp });
  }
  return isDone;
}
