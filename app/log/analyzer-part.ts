import type { Clock } from '../../core/clock.ts';
import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import { EMBEDDER_SHARES } from '../../ingest/log/topics.ts';
import type { Store } from '../../sql/client.ts';
import { readStates } from '../../sql/queries/states.ts';
import { touchedSince } from '../../sql/queries/touched.ts';
import type { BaselineSource } from '../analysis.ts';
import { budgetsOf, createBudgetWatch } from '../cost/budget-watch.ts';
import { EMBEDDING_STATE } from '../embedding.ts';
import type { Part } from '../part.ts';
import { openWatch, type Watch } from '../pipeline.ts';
import { createTouchedElsewhere } from '../touched-elsewhere.ts';
import {
  ANALYZER_PERIOD_MS,
  closedBefore,
  judgedGauges,
  togetherWarnings,
  watchSettings,
} from '../watch-settings.ts';
import { consumerWarnings } from './consumer-warnings.ts';
import { keepWatch } from './on-duty.ts';
import type { Log } from './open-log.ts';
import { readWatermark } from './watermark-states.ts';

/** Where tables are replicated, a touch can be seen this much before the rows it speaks of. */
const REPLICATION_MS = 30_000;

/** Role `analyzer`: rollups, and windows through the detectors. One of many processes does it, another takes over. */
export function openAnalyzerPart(
  store: Store,
  log: Log,
  options: { config: Config; clock: Clock; logger: Logger; baselineFor: BaselineSource },
): Part {
  const { config, clock, logger } = options;
  let open: Watch | null = null;
  let monitorWarnings: () => string[] = () => [];
  let budgetWarnings: () => string[] = () => [];
  const watch = keepWatch(store, log, {
    name: 'analyzer',
    periodMs: ANALYZER_PERIOD_MS,
    logger,
    async takeUp(fencedStore) {
      const settings = watchSettings(fencedStore, options);
      const opened = await openWatch(fencedStore, {
        ...settings.options,
        touchedElsewhere: (from) =>
          createTouchedElsewhere({
            since: (at) => touchedSince(store, at),
            from,
            againAfterMs: config.CLICKHOUSE_CLUSTER === undefined ? 0 : REPLICATION_MS,
          }),
      });
      open = opened;
      const budgets = createBudgetWatch(fencedStore, budgetsOf(config));
      monitorWarnings = settings.warnings;
      budgetWarnings = budgets.warnings;
      return async () => {
        await settings.beforeTurn();
        const closed = await storedAndClosed(store, log, { config, clock });
        const { hasMore } = await opened.turn(closed);
        if (!hasMore && closed !== null) await budgets.turn(closed);
        return hasMore;
      };
    },
  });
  return {
    loops: () => [watch.loop.health()],
    gauges: {
      analyzer_active: ['1 in the process that analyzes.', () => Number(watch.isActive())],
      rollup_backlog_minutes: [
        'Minutes whose rollups are not up to date.',
        () => (watch.isActive() ? (open?.backlog ?? 0) : 0),
      ],
      ...judgedGauges(() => (watch.isActive() ? open : null)),
    },
    checks: () => ({}),
    warnings: () => [
      ...consumerWarnings('the duty of analyzer cannot be had', watch.duty.stats()),
      ...monitorWarnings(),
      ...(watch.isActive() ? budgetWarnings() : []),
      ...togetherWarnings(watch.isActive() ? (open?.place.together ?? null) : null),
    ],
    analyzeNow: () => watch.loop.runNow(),
    stop: () => watch.stop(),
  };
}

/** Windows that end by then are complete; null while it is not known how far the writers are. */
async function storedAndClosed(
  store: Store,
  log: Log,
  { config, clock }: { config: Config; clock: Clock },
): Promise<Date | null> {
  const stored = await readWatermark(store, log.partitions);
  if (stored === null) return null;
  const now = new Date(Math.min(stored.getTime(), clock.now().getTime()));
  const embeddingLagMs = config.EMBEDDINGS === 'off' ? 0 : now.getTime() - (await embeddedUntil(store));
  return closedBefore(config, { now, embeddingLagMs });
}

/** How far (ms) the embedders of the identity in use are; 0 while a share was never embedded. */
async function embeddedUntil(store: Store): Promise<number> {
  const byIdentity = new Map<string, number[]>();
  for (const [name, at] of await readStates(store, EMBEDDING_STATE)) {
    const identity = name.slice(0, name.lastIndexOf('/'));
    byIdentity.set(identity, [...(byIdentity.get(identity) ?? []), Date.parse(String(at))]);
  }
  let live: readonly number[] = [];
  for (const cursors of byIdentity.values()) {
    if (cursors.length === EMBEDDER_SHARES && Math.max(...cursors) > Math.max(0, ...live)) live = cursors;
  }
  return live.length === 0 ? 0 : Math.min(...live);
}
