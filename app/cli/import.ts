import type { Command } from 'commander';
import type { Config } from '../../core/config.ts';
import { plural } from '../../core/format.ts';
import { createLogger } from '../../core/log.ts';
import { openInferenceWriter } from '../../sql/insert.ts';
import { writeScores } from '../../sql/queries/scores.ts';
import { type IngestPath, openIngestPath } from '../ingest-path.ts';
import { openLogPath } from '../log/ingest-part.ts';
import { logClient, openLog } from '../log/open-log.ts';
import { openMigratedStore } from '../store.ts';
import type { World } from './command.ts';
import { inputBytes } from './input-bytes.ts';
import { readRecords } from './read-records.ts';
import { startProgress } from './render/progress.ts';
import { reportFaults } from './report-faults.ts';
import { stdinFor, withStdinSpooled } from './stdin.ts';

/** `plumbline import FILE…`: recorded inferences into the store. */
export function addImport(program: Command, world: World): void {
  program
    .command('import')
    .summary('put recorded inferences into the store')
    .description(
      'Puts recorded inferences into the store; an id that is there already counts once. The next `plumbline serve` takes them into rollups and windows. The embedded store belongs to one process: stop `serve` first, or post the file to it. With KAFKA_BROKERS they go on the log, and the writers store them.',
    )
    .argument('<file...>', 'JSON lines or a JSON array; .gz too; - for standard input')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline import may.jsonl.gz june.jsonl.gz\n  cat log.jsonl | plumbline import - --json',
    )
    .action(async (files: string[], options: { json?: boolean }) => {
      const { accepted, rejected } = await withStdinSpooled(files, world, (spooled) =>
        importFiles(spooled, world),
      );
      if (options.json) world.print(`${JSON.stringify({ accepted, rejected })}\n`);
      else world.print(`${plural(accepted, 'inference')} stored, ${plural(rejected, 'record')} left out.\n`);
    });
}

async function importFiles(
  files: readonly string[],
  world: World,
): Promise<{ accepted: number; rejected: number }> {
  const config = world.config();
  const { path, close } = await openPath(config);
  try {
    const progress = startProgress({ label: 'import', noun: 'inferences' }, world.stderr, {
      terminal: world.err,
      nowMs: () => performance.now(),
    });
    const totalBytes = await inputBytes(files);
    let [accepted, rejected] = [0, 0];
    try {
      for await (const chunk of readRecords(files, { stdin: stdinFor(files, world) })) {
        world.interrupted.throwIfAborted();
        const outcome = await path.submit('inference', chunk.body);
        accepted += outcome.accepted;
        rejected += outcome.rejectedCount;
        progress.clear();
        if (outcome.rejected.length > 0) reportFaults(outcome.rejected, chunk, world);
        progress.update({ count: accepted, doneShare: totalBytes ? chunk.bytesRead / totalBytes : null });
      }
    } finally {
      await path.stop();
      progress.clear();
    }
    return { accepted, rejected };
  } finally {
    await close();
  }
}

/** Into the log where there is one, so that the writers see all that is ever stored under an id; else into the store. */
async function openPath(config: Config): Promise<{ path: IngestPath; close: () => Promise<void> }> {
  const logger = createLogger(config.LOG_LEVEL);
  const client = await logClient(config, logger);
  if (client) {
    const log = await openLog(client, config, { logger });
    return { path: await openLogPath(config, log), close: () => log.sender.stop() };
  }
  const { store } = await openMigratedStore(config);
  const writer = await openInferenceWriter(store, { idsMax: config.IDS_IN_MEMORY_MAX });
  const path = await openIngestPath(config, {
    insertInferences: async (block) => void (await writer.insert(block)),
    insertScores: (block) => writeScores(store, block.lines),
  });
  return { path, close: () => store.close() };
}
