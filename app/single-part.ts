import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Logger } from '../core/log.ts';
import type { Store } from '../sql/client.ts';
import { openInferenceWriter } from '../sql/insert.ts';
import { openAlerter } from './alerting/alerter.ts';
import { ALERTER_PERIOD_MS, alerterGauges, alerterOptions } from './alerting/alerter-settings.ts';
import type { Alerts } from './alerting/alerts-in-force.ts';
import type { IncidentChange } from './alerting/turn.ts';
import type { BaselineSource } from './analysis.ts';
import { budgetsOf, createBudgetWatch } from './cost/budget-watch.ts';
import { EMBEDDING_WAIT_MS, type EmbeddingPart, openEmbedding } from './embedding.ts';
import { writerChecks } from './http/health.ts';
import { openCheckPool, openPath } from './ingest-path.ts';
import { createJoinedStore } from './joined-store.ts';
import { createLoop } from './loop.ts';
import type { Part } from './part.ts';
import { openPipeline } from './pipeline.ts';
import {
  ANALYZER_PERIOD_MS,
  closedBefore,
  judgedGauges,
  togetherWarnings,
  watchSettings,
} from './watch-settings.ts';

/** All roles in one process, without a log: an answer waits for the insert. */
export async function openSinglePart(
  store: Store,
  options: {
    config: Config;
    clock: Clock;
    logger: Logger;
    baselineFor: BaselineSource;
    onChange: (change: IncidentChange) => void;
    alerts: () => Alerts;
  },
): Promise<Part & Required<Pick<Part, 'intake' | 'analyzeNow'>>> {
  const { config, clock, logger } = options;
  const settings = watchSettings(store, options);
  const budgets = createBudgetWatch(store, budgetsOf(config));
  const alerter = await openAlerter(store, alerterOptions(options));
  const pipeline = await openPipeline(store, { ...settings.options, alert: () => alerter.turn() });
  const writer = await openInferenceWriter(store, { idsMax: config.IDS_IN_MEMORY_MAX });
  const pool = await openCheckPool(config, 'store');
  const touch = (minutes: Iterable<number>) => pipeline.touch(minutes);
  const intake = openPath(config, pool, createJoinedStore(store, { writer, pool, touch }));
  const embedding = await openEmbedding(store, {
    config,
    log: logger,
    touch,
    shares: () => null,
    receivedUntil: async () => new Date(),
  });
  const analyzer = createLoop({
    name: 'analyzer',
    periodMs: ANALYZER_PERIOD_MS,
    workShareMax: 0.15,
    log: logger,
    async turn() {
      await settings.beforeTurn();
      const closed = closedBefore(config, { now: clock.now(), embeddingLagMs: lagMs(embedding) });
      const { hasMore } = await pipeline.turn(closed);
      if (!hasMore) await budgets.turn(closed);
      return hasMore;
    },
  });
  const alerting = createLoop({
    name: 'alerter',
    periodMs: ALERTER_PERIOD_MS,
    workShareMax: 0.15,
    log: logger,
    turn: () => alerter.turn(),
  });
  const loops = [analyzer, alerting, ...(embedding ? [embedding.loop] : [])];
  for (const loop of loops) loop.start();
  return {
    intake,
    loops: () => loops.map((loop) => loop.health()),
    gauges: {
      ...intake.gauges,
      ...alerterGauges(alerter),
      rollup_backlog_minutes: ['Minutes whose rollups are not up to date.', () => pipeline.backlog],
      ...judgedGauges(() => pipeline),
      embedding_lag_seconds: [
        'Age of the oldest inference that waits for its vectors.',
        () => lagMs(embedding) / 1_000,
      ],
    },
    checks: () => writerChecks(intake.writers(), new Date()),
    warnings: () => [
      ...embeddingWarnings(lagMs(embedding)),
      ...alerter.warnings(),
      ...settings.warnings(),
      ...budgets.warnings(),
      ...togetherWarnings(pipeline.place.together),
    ],
    analyzeNow: () => analyzer.runNow(),
    async stop() {
      await intake.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      await alerter.stop();
      await embedding?.embedder.stop();
    },
  };
}

const lagMs = (embedding: EmbeddingPart | null): number => embedding?.lagMs(new Date()) ?? 0;

/** What is behind by more than its bound is said, and is no reason to send traffic elsewhere. */
function embeddingWarnings(behindMs: number): string[] {
  if (behindMs <= EMBEDDING_WAIT_MS) return [];
  return [
    `embeddings are ${Math.round(behindMs / 1_000)} s behind, so windows close without relevance: set EMBEDDINGS_PER_SECOND_MAX to embed a sample, or give the embedder a GPU`,
  ];
}
