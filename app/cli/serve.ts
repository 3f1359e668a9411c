import { once } from 'node:events';
import type { Command } from 'commander';
import { systemClock } from '../../core/clock.ts';
import { createLogger } from '../../core/log.ts';
import { ROLES } from '../../core/roles.ts';
import { baselineSource } from '../baselines.ts';
import { type Log, logClient, openLog } from '../log/open-log.ts';
import { type Service, startService } from '../service.ts';
import { openServedStore } from '../store.ts';
import type { World } from './command.ts';
import { measureFiles } from './measure-files.ts';
import { renderIncident } from './render/incident.ts';

/** `plumbline serve`: takes inferences and watches them, until it is told to stop. */
export function addServe(program: Command, world: World): void {
  program
    .command('serve')
    .summary('take inferences and watch them')
    .description(
      'Takes inferences over HTTP, watches them, and serves the page. All roles in one process, the store embedded, unless the settings name a server. With KAFKA_BROKERS records go through Kafka, and roles may be processes of their own. Ends cleanly on Ctrl-C or SIGTERM.',
    )
    .option(
      '--role <role...>',
      `what this process does: ${ROLES.join(', ')}; all of it otherwise (also as ROLES)`,
    )
    .option('--json', 'print events (listening, incidents) as JSON lines')
    .addHelpText(
      'after',
      `
Examples:
  plumbline serve
  PORT=8080 DATA_DIR=/var/lib/plumbline plumbline serve
  SOURCE_PORT=8123 plumbline serve
  WINDOW=1h BASELINE=2026-11-01..2026-11-08 plumbline serve --json
  KAFKA_BROKERS=kafka:9092 CLICKHOUSE_URL=http://clickhouse:8123 plumbline serve --role writer`,
    )
    .action(async (options: { json?: boolean; role?: string[] }) => {
      const config = world.config(options.role ? { ROLES: options.role.join(',') } : {});
      const log = createLogger(config.LOG_LEVEL);
      const client = await logClient(config, log);
      const { store, applied } = await openServedStore(config, log, world.interrupted);
      if (applied.length > 0) log.info({ applied }, 'migrations applied');
      let kafka: Log | null = null;
      try {
        kafka = client && (await openLog(client, config, { logger: log, interrupted: world.interrupted }));
        const baselineFor = await baselineSource(config.BASELINE, store, (file) =>
          measureFiles([file], config, world),
        );
        const service = await startService(store, kafka, {
          env: world.env,
          config,
          clock: systemClock,
          log,
          baselineFor,
          onChange({ incident, reason }) {
            if (options.json) world.print(`${JSON.stringify({ incident, reason })}\n`);
            else if (reason === 'opened') world.print(`${renderIncident(incident, world.out)}\n`);
          },
        });
        announce(service, { world, isJson: options.json === true });
        if (!world.interrupted.aborted) await once(world.interrupted, 'abort');
        if (!options.json) world.tell('Ending: storing what was taken.\n');
        await service.stop();
      } finally {
        await kafka?.sender.stop();
        await store.close();
      }
    });
}

/** Says where it listens, and what an operator should know. */
function announce(
  { url, sourceUrl, warnings }: Service,
  { world, isJson }: { readonly world: World; readonly isJson: boolean },
): void {
  if (isJson) {
    world.print(`${JSON.stringify({ listening: url, ...(sourceUrl ? { source: sourceUrl } : {}) })}\n`);
    return;
  }
  world.tell(`Plumbline listens on ${url}. Ctrl-C ends it.\n`);
  if (sourceUrl) world.tell(`Grafana reads from ${sourceUrl} (ClickHouse, protocol HTTP).\n`);
  for (const warning of warnings()) world.tell(`Note: ${warning}.\n`);
}
