import type { Command } from 'commander';
import { openMigratedStore } from '../store.ts';
import type { World } from './command.ts';

/** `plumbline migrate`: brings the store's tables up to date. */
export function addMigrate(program: Command, world: World): void {
  program
    .command('migrate')
    .summary("bring the store's tables up to date")
    .description("Brings the store's tables up to date. `serve` does the same at its start.")
    .option('--json', 'print the applied migrations as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  plumbline migrate\n  CLICKHOUSE_URL=http://localhost:8123 plumbline migrate --json`,
    )
    .action(async (options: { json?: boolean }) => {
      const { store, applied } = await openMigratedStore(world.config());
      await store.close();
      if (options.json) world.print(`${JSON.stringify({ applied })}\n`);
      else world.print(applied.length === 0 ? 'Up to date.\n' : `Applied ${applied.join(', ')}.\n`);
    });
}
