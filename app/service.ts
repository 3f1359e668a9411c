import { join } from 'node:path';
import { Router } from 'express';
import type { IncidentChange } from '../alerts/incidents.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Logger } from '../core/log.ts';
import { packageRoot } from '../core/package-root.ts';
import type { Store } from '../sql/client.ts';
import { openInferenceWriter } from '../sql/insert.ts';
import { writeScores } from '../sql/queries/scores.ts';
import { liveStreams } from '../sql/queries/windows.ts';
import { createStep } from './analysis.ts';
import type { BaselineSource } from './baselines.ts';
import { type EmbeddingPart, openEmbedding } from './embedding.ts';
import { createByteBudget } from './http/byte-budget.ts';
import { healthRoutes } from './http/health.ts';
import { inferenceRoutes } from './http/inferences.ts';
import { createMetrics, type Metrics, metricsRoutes } from './http/metrics.ts';
import { scoreRoutes } from './http/scores.ts';
import { createServer } from './http/server.ts';
import { pageFiles, viewRoutes } from './http/views.ts';
import { type IngestPath, openIngestPath } from './ingest-path.ts';
import { createLoop, type Loop } from './loop.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';
import { viewReader } from './view-reader.ts';

export interface ServiceOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly baselineFor: BaselineSource;
  /** Called for every incident touched, after it is stored. */
  readonly onChange: (change: IncidentChange) => void;
}

export interface Service {
  readonly url: string;
  /** Processes every window that has closed by now, without waiting for the loop. */
  analyzeNow(): Promise<void>;
  /** Takes no more, stores what was taken, and ends every loop and thread. The store stays open. */
  stop(): Promise<void>;
}

/** Rollups and windows at most this often: what a person who watches the page calls at once. */
const ANALYZER_PERIOD_MS = 2_000;
/** Windows wait this long for vectors that are on their way, then close without them. */
const EMBEDDING_WAIT_MS = 120_000;

/** All roles in one process, on an open, migrated store. */
export async function startService(store: Store, options: ServiceOptions): Promise<Service> {
  const { config, clock, log } = options;
  let streams = 1;
  const pipeline = await openPipeline(store, {
    window: config.WINDOW,
    segments: { attributesMax: config.SEGMENT_ATTRIBUTES_MAX, valuesMax: config.SEGMENT_VALUES_MAX },
    step: createStep({
      window: config.WINDOW,
      baselineRows: config.BASELINE_ROWS,
      falsePagesPerMonth: config.FALSE_PAGES_PER_MONTH,
      streams: () => streams,
      baselineFor: options.baselineFor,
    }),
    onChange: options.onChange,
  });
  const writer = await openInferenceWriter(store, { idsMax: config.IDS_IN_MEMORY_MAX });
  const ingest = await openIngestPath(config, {
    insertInferences: async (block) => pipeline.touch(await writer.insert(block)),
    async insertScores(block) {
      await writeScores(store, block.lines);
      await pipeline.touchInferences(block.projects, block.ids);
    },
  });
  const embedding = await openEmbedding(store, pipeline, { config, log });
  const analyzer = createLoop({
    name: 'analyzer',
    periodMs: ANALYZER_PERIOD_MS,
    workShareMax: 0.25,
    log,
    async turn() {
      streams = (await liveStreams(store, new Date(clock.now().getTime() - 86_400_000))).length;
      return (await pipeline.turn(closedBefore(config, clock, embedding))).hasMore;
    },
  });
  const loops = [analyzer, ...(embedding ? [embedding.loop] : [])];
  let isStopping = false;
  const http = createHttp(store, {
    ...options,
    pipeline,
    ingest,
    embedding,
    loops,
    isStopping: () => isStopping,
  });
  const { url } = await http.start();
  for (const loop of loops) loop.start();
  return {
    url,
    analyzeNow: () => analyzer.runNow(),
    async stop() {
      isStopping = true;
      await http.stop();
      await ingest.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      await embedding?.embedder.stop();
    },
  };
}

/** Windows that end by then are complete: late records have had their time, and vectors too, unless they are far behind. */
function closedBefore(config: Config, clock: Clock, embedding: EmbeddingPart | null): Date {
  const behindMs = lagMs(embedding);
  const waitMs = behindMs > EMBEDDING_WAIT_MS ? 0 : behindMs;
  return new Date(clock.now().getTime() - config.LATENESS - waitMs);
}

interface HttpParts extends ServiceOptions {
  readonly pipeline: Pipeline;
  readonly ingest: IngestPath;
  readonly embedding: EmbeddingPart | null;
  readonly loops: readonly Loop[];
  readonly isStopping: () => boolean;
}

function createHttp(store: Store, parts: HttpParts) {
  const { config, clock, log, ingest, loops, isStopping } = parts;
  const metrics = createMetrics();
  const budget = createByteBudget(config.IN_FLIGHT_BYTES_MAX);
  addGauges(metrics, parts);
  metrics.gauge('plumbline_body_bytes_held', 'Bytes of request bodies in memory.', () => budget.usedBytes);
  const { pool, writers } = ingest;
  // Records are dated by the wall clock whatever clock the analysis runs on.
  const deps = { pool, budget, bodyBytesMax: config.BODY_BYTES_MAX, clock: systemClock, metrics };
  return createServer({
    host: config.HOST,
    port: config.PORT,
    log,
    metrics,
    routes: [
      inferenceRoutes(writers.inference, deps),
      scoreRoutes(writers.score, deps),
      healthRoutes({
        clock: systemClock,
        ping: () => store.ping(),
        loops: () => loops.map((loop) => loop.health()),
        writers: { inferences: () => writers.inference.stats(), scores: () => writers.score.stats() },
        isStopping,
      }),
      metricsRoutes(metrics),
      Router().use('/api', viewRoutes({ reader: viewReader(store), clock, projectOf: () => '' })),
      pageFiles(join(packageRoot, 'dist', 'dashboards', 'page', 'public')),
    ],
  });
}

function addGauges(metrics: Metrics, { pipeline, ingest, embedding, loops }: HttpParts): void {
  const { pool, writers } = ingest;
  metrics.loops(() => loops.map((loop) => loop.health()));
  const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ['rollup_backlog_minutes', 'Minutes whose rollups are not up to date.', () => pipeline.backlog],
    [
      'embedding_lag_seconds',
      'Age of the oldest inference that waits for its vectors.',
      () => lagMs(embedding) / 1_000,
    ],
    ['check_queue_bytes', 'Bytes of bodies that wait to be checked.', () => pool.stats().queuedBytes],
    ['check_crashes', 'Checking threads that broke down and were replaced.', () => pool.stats().crashes],
    ['write_queue_rows', 'Records checked and not stored yet.', () => writers.inference.stats().queuedRows],
    [
      'write_queue_bytes',
      'Bytes of records checked and not stored yet.',
      () => writers.inference.stats().queuedBytes,
    ],
    ['insert_seconds', 'Duration of the last insert.', () => writers.inference.stats().lastInsertMs / 1_000],
    ['inserts_failed', 'Inserts that failed since the start.', () => writers.inference.stats().failedInserts],
  ];
  for (const [name, help, read] of gauges) metrics.gauge(`plumbline_${name}`, help, read);
}

const lagMs = (embedding: EmbeddingPart | null): number => embedding?.turns.lagMs(new Date()) ?? 0;
