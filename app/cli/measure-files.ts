import type { Config } from '../../core/config.ts';
import { createMeasure, type MeasuredRow } from '../measure.ts';
import { createSummarizer, type StreamSummary } from '../summarize-records.ts';
import type { World } from './command.ts';
import { inputBytes } from './input-bytes.ts';
import { readRecords } from './read-records.ts';
import { startProgress } from './render/progress.ts';
import { reportFaults } from './report-faults.ts';
import { stdinFor } from './stdin.ts';

/**
 * What the records of some files say of each project, model and version: checked and measured as ingest does it,
 * without a store. Records at fault are told on standard error and left out.
 */
export async function measureFiles(
  files: readonly string[],
  config: Config,
  world: World,
): Promise<StreamSummary[]> {
  const summarizer = createSummarizer();
  await eachMeasured(files, { config, world }, summarizer.add);
  return summarizer.streams();
}

/** Gives out the measured rows of some files, a chunk at a time. */
export async function eachMeasured(
  files: readonly string[],
  { config, world }: { config: Config; world: World },
  take: (rows: readonly MeasuredRow[]) => void | Promise<void>,
): Promise<void> {
  const measure = await createMeasure(config);
  const totalBytes = await inputBytes(files);
  const progress = startProgress({ label: files.join(', '), noun: 'inferences' }, world.stderr, {
    terminal: world.err,
    nowMs: () => performance.now(),
  });
  let count = 0;
  for await (const chunk of readRecords(files, { stdin: stdinFor(files, world) })) {
    world.interrupted.throwIfAborted();
    const { rows, rejected } = measure(chunk.body);
    progress.clear();
    if (rejected.length > 0) reportFaults(rejected, chunk, world);
    await take(rows);
    count += rows.length;
    progress.update({ count, doneShare: totalBytes ? chunk.bytesRead / totalBytes : null });
  }
  progress.clear();
}
