import { once } from 'node:events';
import type { Command } from 'commander';
import { systemClock } from '../../core/clock.ts';
import { createLogger } from '../../core/log.ts';
import { baselineSource } from '../baselines.ts';
import { startService } from '../service.ts';
import { openMigratedStore } from '../store.ts';
import type { World } from './command.ts';
import { measureFiles } from './measure-files.ts';
import { renderIncident } from './render/incident.ts';

/** `plumbline serve`: takes inferences and watches them, until it is told to stop. */
export function addServe(program: Command, world: World): void {
  program
    .command('serve')
    .summary('take inferences and watch them')
    .description(
      'Takes inferences over HTTP, watches them, and serves the page. All roles in one process, the store embedded, unless the settings name a server. Ends cleanly on Ctrl-C or SIGTERM.',
    )
    .option('--json', 'print events (listening, incidents) as JSON lines')
    .addHelpText(
      'after',
      `
Examples:
  plumbline serve
  PORT=8080 DATA_DIR=/var/lib/plumbline plumbline serve
  WINDOW=1h BASELINE=2026-11-01..2026-11-08 plumbline serve --json`,
    )
    .action(async (options: { json?: boolean }) => {
      const config = world.config();
      const log = createLogger(config.LOG_LEVEL);
      const { store, applied } = await openMigratedStore(config);
      if (applied.length > 0) log.info({ applied }, 'migrations applied');
      try {
        const baselineFor = await baselineSource(config.BASELINE, store, (file) =>
          measureFiles([file], config, world),
        );
        const service = await startService(store, {
          config,
          clock: systemClock,
          log,
          baselineFor,
          onChange({ incident, reason }) {
            if (options.json) world.print(`${JSON.stringify({ incident, reason })}\n`);
            else if (reason === 'opened') world.print(`${renderIncident(incident, world.out)}\n`);
          },
        });
        if (options.json) world.print(`${JSON.stringify({ listening: service.url })}\n`);
        else {
          world.tell(`Plumbline listens on ${service.url}. Ctrl-C ends it.\n`);
          for (const warning of service.warnings()) world.tell(`Note: ${warning}.\n`);
        }
        if (!world.interrupted.aborted) await once(world.interrupted, 'abort');
        if (!options.json) world.tell('Ending: storing what was taken.\n');
        await service.stop();
      } finally {
        await store.close();
      }
    });
}
