import type { Logger } from '../../core/log.ts';
import type { GroupConsumer } from '../../ingest/log/group-consumer.ts';
import { createLagReader } from '../../ingest/log/lag.ts';
import type { Watermarks } from '../../ingest/log/watermarks.ts';
import type { Store } from '../../sql/client.ts';
import { storeNowMs } from '../../sql/store-clock.ts';
import type { GaugeReaders } from '../http/metrics.ts';
import { createLoop, type Loop } from '../loop.ts';
import type { Log } from './open-log.ts';
import { writeWatermarks } from './watermark-states.ts';

/** How far a writer is, told to the others by way of the store, and to the operator. */
export interface WriterProgress {
  readonly loops: readonly Loop[];
  readonly gauges: GaugeReaders;
  /** Said when much waits to be stored. */
  warnings(): string[];
  stop(): Promise<void>;
}

export interface ProgressOptions {
  readonly groupId: string;
  readonly consumer: GroupConsumer;
  readonly watermarks: Watermarks;
  readonly logger: Logger;
}

const WATERMARK_MS = 2_000;
const LAG_MS = 5_000;
/** A minute: what a store that is restarted takes. */
const BEHIND_S = 60;

/** Starts telling. */
export function startProgress(store: Store, log: Log, options: ProgressOptions): WriterProgress {
  const { groupId, consumer, watermarks, logger } = options;
  const lag = createLagReader(log.kafka, { groupId, topic: log.names.log });
  let lagging: ReadonlyMap<number, number> = new Map();
  const waiting = () => [...lagging.values()].reduce((sum, messages) => sum + messages, 0);
  const read = () => watermarks.read(lastFetchAt(consumer));
  const loop = (name: string, periodMs: number, work: () => Promise<void>): Loop =>
    createLoop({ name, periodMs, workShareMax: 1, log: logger, turn: () => work().then(() => false) });
  const loops = [
    loop('watermark', WATERMARK_MS, () => writeWatermarks(store, read())),
    loop('lag', LAG_MS, async () => {
      lagging = await lag.read();
      for (const [partition, messages] of lagging) if (messages === 0) watermarks.empty(partition);
    }),
  ];
  for (const one of loops) one.start();
  return {
    loops,
    gauges: {
      log_lag_messages: ['Messages on the log that no writer has stored yet.', waiting],
      log_stored_until_seconds: [
        'Age of the newest instant before which all that this process reads is stored.',
        () => ageSeconds(read()),
      ],
    },
    warnings() {
      const behindS = ageSeconds(read());
      if (behindS <= BEHIND_S) return [];
      return [
        `the store is ${Math.round(behindS)} s behind the log (${waiting()} messages wait): add writers, or see what holds the store up`,
      ];
    },
    async stop() {
      await Promise.all(loops.map((one) => one.stop()));
      await lag.stop();
    },
  };
}

function lastFetchAt(consumer: GroupConsumer): Date | null {
  const { lastFetchMs } = consumer.stats();
  return lastFetchMs === null ? null : new Date(storeNowMs() - (performance.now() - lastFetchMs));
}

function ageSeconds(watermarks: ReadonlyMap<number, Date>): number {
  if (watermarks.size === 0) return 0;
  return Math.max(0, storeNowMs() - Math.min(...[...watermarks.values()].map(Number))) / 1_000;
}
