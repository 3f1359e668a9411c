import type { Command } from 'commander';
import { createLogger } from '../../core/log.ts';
import { logClient, migrateLog } from '../log/open-log.ts';
import { openMigratedStore } from '../store.ts';
import type { World } from './command.ts';

/** `plumbline migrate`: brings the store's tables up to date, and makes the log's topics. */
export function addMigrate(program: Command, world: World): void {
  program
    .command('migrate')
    .summary("bring the store's tables and the log's topics up to date")
    .description(
      "Brings the store's tables up to date, and with KAFKA_BROKERS makes the topics that are missing (KAFKA_PARTITIONS, KAFKA_REPLICATION, KAFKA_RETENTION). `serve` with all roles does the same at its start; one role of several waits for it.",
    )
    .option('--json', 'print what was applied as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  plumbline migrate\n  CLICKHOUSE_URL=http://localhost:8123 KAFKA_BROKERS=localhost:9092 plumbline migrate --json`,
    )
    .action(async (options: { json?: boolean }) => {
      const config = world.config();
      const client = await logClient(config, createLogger(config.LOG_LEVEL));
      const { store, applied } = await openMigratedStore(config);
      await store.close();
      const topics = client ? await migrateLog(client, config) : [];
      if (options.json) world.print(`${JSON.stringify({ applied, topics })}\n`);
      else world.print(summary(applied, topics));
    });
}

function summary(applied: readonly string[], topics: readonly string[]): string {
  if (applied.length + topics.length === 0) return 'Up to date.\n';
  const lines = [
    ...(applied.length > 0 ? [`Applied ${applied.join(', ')}.`] : []),
    ...(topics.length > 0 ? [`Made the topics ${topics.join(', ')}.`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
