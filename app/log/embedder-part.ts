import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import { joinDuty } from '../../ingest/log/duty.ts';
import { EMBEDDER_SHARES } from '../../ingest/log/topics.ts';
import type { Store } from '../../sql/client.ts';
import { writeTouched } from '../../sql/queries/touched.ts';
import { openEmbedding } from '../embedding.ts';
import type { Part } from '../part.ts';
import { consumerWarnings } from './consumer-warnings.ts';
import type { Log } from './open-log.ts';
import { readWatermark } from './watermark-states.ts';

/** Role `embedder`: vectors of what is stored. Any number of processes share the work out by a consumer group. */
export async function openEmbedderPart(
  store: Store,
  log: Log,
  { config, logger }: { config: Config; logger: Logger },
): Promise<Part> {
  const duty = joinDuty({ kafka: log.kafka, topic: log.names.embedder, log: logger });
  const embedding = await openEmbedding(store, {
    config,
    log: logger,
    touch: (minutes) => writeTouched(store, new Set(minutes)),
    shares() {
      const mine = duty.shares();
      return mine.length === 0 ? 'none' : { of: EMBEDDER_SHARES, mine };
    },
    receivedUntil: () => readWatermark(store, log.partitions),
  });
  if (embedding) {
    duty.start();
    embedding.loop.start();
  }
  return {
    loops: () => (embedding ? [embedding.loop.health()] : []),
    gauges: {
      embedding_lag_seconds: [
        'Age of the oldest inference that waits for its vectors.',
        () => (embedding?.lagMs(new Date()) ?? 0) / 1_000,
      ],
    },
    checks: () => ({}),
    warnings: () => consumerWarnings('no share of the work can be had', duty.stats()),
    async stop() {
      await embedding?.loop.stop();
      if (embedding) await duty.stop();
      await embedding?.embedder.stop();
    },
  };
}
