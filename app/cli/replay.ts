import type { Command } from 'commander';
import { WindowText } from '../../core/config.ts';
import { AppError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { plural } from '../../core/format.ts';
import { baselineFrom } from '../baselines.ts';
import { type ReplayedIncident, type ReplayResult, replay } from '../replay.ts';
import { EXIT, type World } from './command.ts';
import { inputBytes } from './input-bytes.ts';
import { measureFiles } from './measure-files.ts';
import { readRecords } from './read-records.ts';
import { renderIncident } from './render/incident.ts';
import { startProgress } from './render/progress.ts';
import { reportFaults } from './report-faults.ts';
import { stdinFor, withStdinSpooled } from './stdin.ts';

interface Options {
  readonly baseline?: string;
  readonly baselineRows?: string;
  readonly window: string;
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

/** Without a baseline this share of the first file's rows, at most, is learned from. */
const BASELINE_ROWS = 500;

/** `plumbline replay FILE…`: recorded inferences through the whole pipeline, in event time. */
export function addReplay(program: Command, world: World): void {
  program
    .command('replay')
    .summary('stream recorded inferences through the whole pipeline')
    .description(
      'Streams recorded inferences through the whole pipeline in event time, as fast as it goes, and prints the incidents that would have been opened. Files hold one JSON record per line, or a JSON array; .gz too; - is standard input.',
    )
    .argument('<file...>', 'files of records')
    .option(
      '--baseline <file>',
      'records that show what is normal; otherwise the first part of each stream does',
    )
    .option('--baseline-rows <n>', `rows of that first part (default ${BASELINE_ROWS})`)
    .option('--window <window>', 'what is compared at a time: 25rows, 5m, 1h', '25rows')
    .option('--json', 'print the result as JSON')
    .option('--exit-code', 'end with 3 if an incident was opened')
    .addHelpText(
      'after',
      `
Examples:
  plumbline replay june.jsonl.gz
  plumbline replay --baseline may.jsonl june.jsonl --window 1h --json
  zcat logs/*.gz | plumbline replay - --exit-code`,
    )
    .action(async (files: string[], options: Options) => {
      const result = await withStdinSpooled(files, world, (spooled) => run(spooled, options, world));
      if (options.exitCode && result.incidents.length > 0) process.exitCode = EXIT.found;
    });
}

async function run(files: readonly string[], options: Options, world: World): Promise<ReplayResult> {
  const window = WindowText.safeParse(options.window);
  if (!window.success) {
    throw new AppError(
      'invalid_input',
      `--window ${options.window}: expected a window, such as 25rows, 5m or 1h`,
    );
  }
  const config = world.config({ EMBEDDINGS: 'off' });
  const baselineRows = Number(options.baselineRows ?? BASELINE_ROWS);
  if (!Number.isInteger(baselineRows) || baselineRows < 1) {
    throw new AppError(
      'invalid_input',
      `--baseline-rows ${options.baselineRows}: expected a whole number above 0`,
    );
  }
  const baselineFor =
    options.baseline === undefined
      ? null
      : baselineFrom(await measureFiles([options.baseline], config, world), options.baseline);
  if (!options.json) world.tell(explain(options.baseline ?? null, baselineRows));

  const progress = startProgress({ label: 'storing', noun: 'inferences' }, world.stderr, {
    terminal: world.err,
    nowMs: () => performance.now(),
  });
  const totalBytes = await inputBytes(files);
  let [stored, bytesRead] = [0, 0];
  async function* chunks() {
    for await (const chunk of readRecords(files, { stdin: stdinFor(files, world) })) {
      bytesRead = chunk.bytesRead;
      yield chunk;
    }
  }
  const result = await replay(
    chunks(),
    { config, window: window.data, baselineFor, baselineRows, interrupted: world.interrupted },
    {
      onStored(rows) {
        stored += rows;
        progress.update({ count: stored, doneShare: totalBytes ? bytesRead / totalBytes : null });
      },
      onRejected: (faults, chunk) => reportFaults(faults, chunk, world),
      onWindows: () => progress.clear(),
      onIncident(incident, reason) {
        if (options.json || reason !== 'opened' || incident.mutedBy !== '') return;
        progress.clear();
        world.print(`${renderIncident(incident, world.out)}\n`);
      },
    },
  );
  progress.clear();
  const baseline = options.baseline
    ? { file: options.baseline }
    : { rows: baselineRows, part: `the first ${baselineRows} inferences of each model and version` };
  if (options.json) world.print(`${JSON.stringify(toJson(result, baseline))}\n`);
  else world.print(summary(result));
  return result;
}

function explain(file: string | null, rows: number): string {
  return file === null
    ? `Baseline: the first ${rows} inferences of each model and version.\n`
    : `Baseline: ${file}.\n`;
}

function summary({ inferences, windows, incidents, rejected, notEnoughData }: ReplayResult): string {
  const left = rejected > 0 ? `, ${plural(rejected, 'record')} left out` : '';
  const told = incidents.filter(({ mutedBy }) => mutedBy === '').length;
  const withIt = incidents.length - told;
  const found = told === 0 ? 'no incident' : plural(told, 'incident');
  const others =
    withIt === 0 ? '' : `, and ${plural(withIt, 'change')} that came with ${told === 1 ? 'it' : 'them'}`;
  const wanting = Math.max(0, ...notEnoughData.map(({ rowsNeeded }) => rowsNeeded ?? 0));
  const more =
    notEnoughData.length > 0
      ? `${plural(notEnoughData.length, 'signal')} had not enough data to judge: up to ${plural(wanting, 'more row')} needed.\n`
      : '';
  return `${plural(inferences, 'inference')} in ${plural(windows, 'window')}${left}: ${found}${others}.\n${more}`;
}

function toJson(result: ReplayResult, baseline: object): object {
  return {
    inferences: result.inferences,
    windows: result.windows,
    rejected: result.rejected,
    baseline,
    incidents: result.incidents.map(incidentJson),
    not_enough_data: result.notEnoughData.map(needJson),
  };
}

function incidentJson(incident: ReplayedIncident): object {
  const { project, model, version, segment, signal, signals, family, direction, verdict, state } = incident;
  return {
    id: incident.id,
    project,
    model,
    version,
    segment,
    signal,
    signals,
    aspect: incident.aspect,
    family,
    detector: incident.detector,
    direction,
    verdict,
    state,
    spoken_for_by: incident.mutedBy,
    since: incident.since,
    opened_at: incident.openedAt,
    opened_after_inferences: incident.openedAfterInferences,
    opened_after_inferences_of_stream: incident.openedAfterInferencesOfStream,
    closed_at: incident.closedAt,
    baseline_version: incident.baselineVersion,
    before: incident.before,
    after: incident.after,
    effect: incident.effect,
    evidence: incident.evidence,
    samples: incident.samples,
  };
}

function needJson({ project, model, version, segment, signal, rowsNeeded, samples }: Finding): object {
  return { project, model, version, segment, signal, rows_needed: rowsNeeded, samples };
}
