import { join } from 'node:path';
import { DEFAULT_RULES_FILE } from '../alerts/rules/rules-file.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Logger } from '../core/log.ts';
import { packageRoot } from '../core/package-root.ts';
import type { Store } from '../sql/client.ts';
import { alertsInForce } from './alerting/alerts-in-force.ts';
import { storeDesk } from './alerting/desk.ts';
import { type OpenRules, openRules } from './alerting/open-rules.ts';
import type { IncidentChange } from './alerting/turn.ts';
import type { BaselineSource } from './analysis.ts';
import { costReporter } from './cost/cost-reporter.ts';
import { fairnessReporter } from './fairness/open-fairness.ts';
import { storeGatekeeper } from './gate/open-gate.ts';
import { alertRoutes } from './http/alerts.ts';
import { createByteBudget } from './http/byte-budget.ts';
import { readableProject } from './http/caller.ts';
import { compareRoutes } from './http/compare.ts';
import { costRoutes } from './http/cost.ts';
import { fairnessRoutes } from './http/fairness.ts';
import { createReadiness, healthRoutes } from './http/health.ts';
import { inferenceRoutes } from './http/inferences.ts';
import { addLoopMetrics, createMetrics, figuresOf, type Metrics, metricsRoute } from './http/metrics.ts';
import { otlpRoutes } from './http/otlp.ts';
import { scoreRoutes } from './http/scores.ts';
import { createServer, type MountedRouter } from './http/server.ts';
import { type ChangeFeed, createChangeFeed } from './http/views/changes.ts';
import { pageFiles } from './http/views/page-files.ts';
import { processLine } from './http/views/process.ts';
import type { AlertSettings, ViewReader } from './http/views/view-reader.ts';
import { viewRoutes } from './http/views/view-routes.ts';
import type { IngestPath } from './ingest-path.ts';
import { type AccessPart, openAccess } from './keys/open-access.ts';
import type { Log } from './log/open-log.ts';
import { openLogParts } from './log/open-parts.ts';
import type { Part } from './part.ts';
import { openSinglePart } from './single-part.ts';
import { openSource } from './source/open-source.ts';
import { viewReader } from './view-reader.ts';

export interface ServiceOptions {
  readonly config: Config;
  /** Where a file of rules finds its `${NAME}`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly baselineFor: BaselineSource;
  /** Called for every incident touched, after it is stored. */
  readonly onChange: (change: IncidentChange) => void;
}

export interface Service {
  readonly url: string;
  /** Where Grafana reads the embedded store; null if the settings name no port for it. */
  readonly sourceUrl: string | null;
  /** What an operator should know of who is let in. */
  warnings(): string[];
  /** Processes every window that has closed by now, without waiting for the loop. */
  analyzeNow(): Promise<void>;
  /** Takes no more, stores what was taken, and ends every loop and thread. Store and log stay open. */
  stop(): Promise<void>;
}

/**
 * The roles of this process, on an open store with its tables: all of them without a log (`log` is null), else those
 * that the settings name.
 */
export async function startService(store: Store, log: Log | null, options: ServiceOptions): Promise<Service> {
  const rules = openRules(options.config, { env: options.env, log: options.log });
  const alerts = alertsInForce(rules.current);
  const settings = { ...options, logger: options.log, alerts };
  const parts = log ? await openLogParts(store, log, settings) : [await openSinglePart(store, settings)];
  const access = await openAccess(store, options);
  const http = createHttp(store, parts, { ...options, access, rules });
  const source = await openSource(options.config, options.log);
  const { url } = await http.start();
  await access.start(url);
  rules.start();
  return {
    url,
    sourceUrl: source?.url ?? null,
    warnings: () => [...access.warnings(), ...rules.warnings()],
    async analyzeNow() {
      for (const part of parts) await part.analyzeNow?.();
    },
    async stop() {
      http.endStreams();
      await http.stop();
      await source?.stop();
      await access.stop();
      await rules.stop();
      for (const part of parts) await part.stop();
    },
  };
}

interface HttpOptions extends ServiceOptions {
  readonly access: AccessPart;
  readonly rules: OpenRules;
}

function createHttp(store: Store, parts: readonly Part[], options: HttpOptions) {
  const { config, log, access, rules } = options;
  const budget = createByteBudget(config.IN_FLIGHT_BYTES_MAX);
  const metrics = createMetrics({
    body_bytes_held: ['Bytes of request bodies in memory.', () => budget.usedBytes],
    ...access.gauges,
    ...Object.assign({}, ...parts.map(({ gauges }) => gauges)),
  });
  const loops = () => parts.flatMap((part) => part.loops());
  addLoopMetrics(metrics, loops);
  const intake = parts.find((part) => part.intake)?.intake;
  // With a log, ingest alone goes on while the store is away.
  const isStoreNeeded = !(intake && parts.length === 1 && config.KAFKA_BROKERS);
  const readiness = createReadiness({
    clock: systemClock,
    startedAt: new Date(),
    ping: isStoreNeeded ? () => store.ping() : null,
    loops,
    checks: () => Object.assign({}, ...parts.map((part) => part.checks())),
    warnings: () => [...parts.flatMap((part) => part.warnings()), ...access.warnings(), ...rules.warnings()],
  });
  const reader = viewReader(store, {
    process: async () =>
      processLine(await readiness(), { loops: loops(), figures: await figuresOf(metrics) }),
    alertSettings: () => alertSettings(rules, config),
  });
  const changes = createChangeFeed(reader, options.clock);
  const taking = intake
    ? [
        // First: the gates of intake would turn readers away.
        ...pageRoutes(store, { reader, changes }, options),
        ...intakeRoutes(intake, { ...options, metrics, budget }),
      ]
    : [];
  const server = createServer({
    host: config.HOST,
    port: config.PORT,
    log,
    metrics,
    access: access.access,
    routes: [
      { path: '/', router: healthRoutes(readiness), needs: 'nothing' },
      { path: '/metrics', router: metricsRoute(metrics), needs: 'metrics' },
      ...access.routes,
      ...taking,
    ],
  });
  return { ...server, endStreams: changes.stop };
}

/** What the page shows of the rules and receivers; nothing that is secret. */
function alertSettings(rules: OpenRules, config: Config): AlertSettings {
  const current = rules.current();
  return {
    source: config.ALERTS_FILE ?? DEFAULT_RULES_FILE,
    rules: current.rules,
    receivers: current.receivers.map(({ name, type }) => ({ name, type })),
  };
}

/** What the world outside speaks to: records in. */
function intakeRoutes(
  intake: IngestPath,
  {
    config,
    log,
    access: { access },
    metrics,
    budget,
  }: HttpOptions & { metrics: Metrics; budget: ReturnType<typeof createByteBudget> },
): MountedRouter[] {
  const limits = { bodyBytesMax: config.BODY_BYTES_MAX, budget, metrics };
  return [
    { path: '/v1', router: inferenceRoutes(intake, limits), needs: 'write' },
    { path: '/v1', router: scoreRoutes(intake, limits), needs: 'write' },
    { path: '/v1', router: otlpRoutes(intake.otlp, { ...limits, log, access }), needs: 'nothing' },
  ];
}

/** Pictures out, and what people say to alerts. */
function pageRoutes(
  store: Store,
  { reader, changes }: { reader: ViewReader; changes: ChangeFeed },
  { clock, access, config }: HttpOptions,
): MountedRouter[] {
  return [
    {
      path: '/v1',
      router: alertRoutes({
        desk: storeDesk(store),
        projectOf: readableProject,
        gates: {
          read: access.access.needs('read'),
          // Both: a key that an application writes its records with silences nobody.
          write: [access.access.needs('read'), access.access.needs('write')],
        },
      }),
      needs: 'nothing',
    },
    {
      path: '/v1',
      router: costRoutes({
        report: costReporter(store, config),
        projectOf: readableProject,
        read: access.access.needs('read'),
      }),
      needs: 'nothing',
    },
    {
      path: '/v1',
      router: fairnessRoutes({
        report: fairnessReporter(store, config),
        projectOf: readableProject,
        read: access.access.needs('read'),
      }),
      needs: 'nothing',
    },
    {
      // Its own path: a gate on all of /v1 would turn away who may only write.
      path: '/v1/compare',
      router: compareRoutes({
        gatekeeper: storeGatekeeper(store, () => clock.now()),
        projectOf: readableProject,
      }),
      needs: 'read',
    },
    { path: '/api', router: changes.router, needs: 'read' },
    { path: '/api', router: viewRoutes({ reader, clock, projectOf: readableProject }), needs: 'read' },
    {
      path: '/',
      router: pageFiles(join(packageRoot, 'dist', 'dashboards', 'page', 'public')),
      needs: 'page',
    },
  ];
}
