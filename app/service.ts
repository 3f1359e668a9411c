import { join } from 'node:path';
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
import { type ByteBudget, createByteBudget } from './http/byte-budget.ts';
import { healthRoutes } from './http/health.ts';
import { inferenceRoutes } from './http/inferences.ts';
import { addLoopMetrics, createMetrics, type GaugeReaders, metricsRoute } from './http/metrics.ts';
import { otlpRoutes } from './http/otlp.ts';
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
    // Until the store joins them with their spans, what log events tell is let go of.
    insertContents: async () => {},
  });
  const embedding = await openEmbedding(store, pipeline, { config, log });
  const analyzer = createLoop({
    name: 'analyzer',
    periodMs: ANALYZER_PERIOD_MS,
    workShareMax: 0.15,
    log,
    async turn() {
      streams = (await liveStreams(store, new Date(clock.now().getTime() - 86_400_000))).length;
      return (await pipeline.turn(closedBefore(config, clock, embedding))).hasMore;
    },
  });
  const loops = [analyzer, ...(embedding ? [embedding.loop] : [])];
  const http = createHttp(store, { ...options, pipeline, ingest, embedding, loops });
  const { url } = await http.start();
  for (const loop of loops) loop.start();
  return {
    url,
    analyzeNow: () => analyzer.runNow(),
    async stop() {
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
}

function createHttp(store: Store, parts: HttpParts) {
  const { config, clock, log, ingest, embedding, loops } = parts;
  const budget = createByteBudget(config.IN_FLIGHT_BYTES_MAX);
  const metrics = createMetrics(gauges(parts, budget));
  const health = () => loops.map((loop) => loop.health());
  addLoopMetrics(metrics, health);
  const intake = { bodyBytesMax: config.BODY_BYTES_MAX, budget, metrics };
  const readiness = healthRoutes({
    clock: systemClock,
    startedAt: new Date(),
    ping: () => store.ping(),
    loops: health,
    writers: () => ingest.writers(),
    warnings: () => warnings(embedding),
  });
  return createServer({
    host: config.HOST,
    port: config.PORT,
    log,
    metrics,
    routes: [
      { path: '/v1', router: inferenceRoutes(ingest, intake) },
      { path: '/v1', router: scoreRoutes(ingest, intake) },
      { path: '/v1', router: otlpRoutes(ingest.otlp, { ...intake, log }) },
      { path: '/', router: readiness },
      { path: '/', router: metricsRoute(metrics) },
      { path: '/api', router: viewRoutes({ reader: viewReader(store), clock, projectOf: () => '' }) },
      { path: '/', router: pageFiles(join(packageRoot, 'dist', 'dashboards', 'page', 'public')) },
    ],
  });
}

function gauges({ pipeline, ingest, embedding }: HttpParts, budget: ByteBudget): GaugeReaders {
  const writer = () => ingest.writers().inference;
  return {
    body_bytes_held: ['Bytes of request bodies in memory.', () => budget.usedBytes],
    check_queue_bytes: ['Bytes of bodies that wait to be checked.', () => ingest.check().queuedBytes],
    check_crashes: ['Checking threads that broke down and were replaced.', () => ingest.check().crashes],
    write_queue_rows: ['Inferences checked and not stored yet.', () => writer().queuedRows],
    write_queue_bytes: ['Bytes of inferences checked and not stored yet.', () => writer().queuedBytes],
    insert_seconds: ['Duration of the last insert.', () => writer().lastInsertMs / 1_000],
    inserts_failed: ['Inserts that failed since the start.', () => writer().failedInserts],
    rollup_backlog_minutes: ['Minutes whose rollups are not up to date.', () => pipeline.backlog],
    embedding_lag_seconds: [
      'Age of the oldest inference that waits for its vectors.',
      () => lagMs(embedding) / 1_000,
    ],
  };
}

/** What is behind by more than its bound is said, and is no reason to send traffic elsewhere. */
function warnings(embedding: EmbeddingPart | null): string[] {
  const behindMs = lagMs(embedding);
  if (behindMs <= EMBEDDING_WAIT_MS) return [];
  return [
    `embeddings are ${Math.round(behindMs / 1_000)} s behind, so windows close without relevance: set EMBEDDINGS_PER_SECOND_MAX to embed a sample, or give the embedder a GPU`,
  ];
}

const lagMs = (embedding: EmbeddingPart | null): number => embedding?.turns.lagMs(new Date()) ?? 0;
