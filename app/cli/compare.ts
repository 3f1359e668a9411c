import type { Command } from 'commander';
import { type CompareResult, compareSummaries, DEFAULT_COMPARE_OPTIONS } from '../../analyzers/compare.ts';
import { sessionsOfSides } from '../../analyzers/drift/session-tally.ts';
import { AppError } from '../../core/errors.ts';
import type { Finding, StreamKey } from '../../core/finding.ts';
import { mergeSessions, mergeStreams, type StreamSummary } from '../summarize-records.ts';
import { EXIT, type World } from './command.ts';
import { measureFiles } from './measure-files.ts';
import { renderCompareReport } from './render/compare-report.ts';

interface Options {
  readonly familyWise: string;
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

interface Report {
  readonly verdict: CompareResult['verdict'];
  readonly findings: readonly Finding[];
  /** What the baseline's model is called, where it is another one. */
  readonly baselineModel: string | null;
}

/** `plumbline compare BASELINE CURRENT`: a fixed-n comparison at full power. */
export function addCompare(program: Command, world: World): void {
  program
    .command('compare')
    .summary('compare two sets of inferences')
    .description(
      'Compares two files of inferences at full power: worse, better, changed, same, or not enough data. Models that both have are compared one by one; of two files with one model each, such as a base model and its quantised form, these two. Versions are not told apart within a file. Records are JSON lines or a JSON array; .gz too; - is standard input.',
    )
    .argument('<baseline>', 'records that show what is normal')
    .argument('<current>', 'records to judge')
    .option(
      '--family-wise <share>',
      'chance of calling any difference when there is none, over all signals and models',
      String(DEFAULT_COMPARE_OPTIONS.familyWise),
    )
    .option('--json', 'print the result as JSON')
    .option('--exit-code', 'end with 3 if the verdict is worse')
    .addHelpText(
      'after',
      `
Examples:
  plumbline compare may.jsonl june.jsonl
  plumbline compare base.jsonl.gz quantised.jsonl.gz --json --exit-code`,
    )
    .action(async (baseline: string, current: string, options: Options) => {
      const familyWise = Number(options.familyWise);
      if (!(familyWise > 0 && familyWise < 1)) {
        throw new AppError(
          'invalid_input',
          `--family-wise ${options.familyWise}: expected a share between 0 and 1`,
        );
      }
      const config = world.config({ EMBEDDINGS: 'off' });
      const before = await measureFiles([baseline], config, world);
      const after = await measureFiles([current], config, world);
      const report = compareStreams(before, after, familyWise);
      if (options.json) world.print(`${JSON.stringify(toJson(report))}\n`);
      else world.print(renderCompareReport(report, { baseline, current }, world.out));
      if (options.exitCode && report.verdict === 'worse') process.exitCode = EXIT.found;
    });
}

/** The same model on both sides; or a base model and what was made of it. */
interface ModelPair {
  readonly before: StreamKey;
  readonly after: StreamKey;
}

/** Models that both sides have are compared, or the only one of each; another says nothing, and is told by the error. */
function modelPairs(baseline: readonly StreamSummary[], current: readonly StreamSummary[]): ModelPair[] {
  const [old, now] = [modelsOf(baseline), modelsOf(current)];
  const shared = old.flatMap((before) =>
    now.filter((other) => isSameModel(before, other)).map((after) => ({ before, after })),
  );
  if (shared.length > 0) return shared;
  const [[before, ...olds], [after, ...nows]] = [old, now];
  if (before && after && olds.length + nows.length === 0) return [{ before, after }];
  const names = (models: readonly StreamKey[]) => models.map(({ model }) => model).join(', ');
  throw new AppError(
    'invalid_input',
    `the two have no model in common: the baseline has ${names(old)}, the other ${names(now)}. Give files with one model each, or with the same "model" (told apart by "version"), to compare them.`,
  );
}

function compareStreams(
  baseline: readonly StreamSummary[],
  current: readonly StreamSummary[],
  familyWise: number,
): Report {
  const pairs = modelPairs(baseline, current);
  const verdicts: CompareResult['verdict'][] = [];
  const findings: Finding[] = [];
  for (const pair of pairs) {
    const before = baseline.filter((stream) => isSameModel(stream.key, pair.before));
    const after = current.filter((stream) => isSameModel(stream.key, pair.after));
    // Each model has its part of the level, so that all of them together keep it.
    const sides = [before, after].map((streams) => ({
      summaries: mergeStreams(streams),
      sums: mergeSessions(streams),
    })) as [Side, Side];
    const result = compareSummaries(sides[0].summaries, sides[1].summaries, {
      ...DEFAULT_COMPARE_OPTIONS,
      familyWise: familyWise / pairs.length,
      sessionsOf: (signal) =>
        sessionsOfSides(
          sides.map(({ summaries, sums }) => ({
            sums: sums.get(signal),
            bins: [...(summaries.get(signal)?.bins ?? [])],
          })),
        ),
    });
    verdicts.push(result.verdict);
    findings.push(...result.findings.map((finding) => ({ ...finding, ...whole(pair.after, before) })));
  }
  const other = pairs.find((pair) => !isSameModel(pair.before, pair.after));
  return { verdict: worst(verdicts), findings, baselineModel: other?.before.model ?? null };
}

interface Side {
  readonly summaries: ReturnType<typeof mergeStreams>;
  readonly sums: ReturnType<typeof mergeSessions>;
}

/** A comparison of files has no window; the finding's other words are the same. */
function whole(key: StreamKey, before: readonly StreamSummary[]) {
  const at = new Date(0);
  const baselineVersion = before.map((stream) => stream.key.version).join('+');
  return { ...key, since: at, until: at, changedSince: at, baselineVersion, becameBaseline: false };
}

function modelsOf(streams: readonly StreamSummary[]): StreamKey[] {
  const models: StreamKey[] = [];
  for (const { key } of streams) {
    if (!models.some((other) => isSameModel(key, other))) models.push({ ...key, version: '' });
  }
  return models;
}

const isSameModel = (a: StreamKey, b: StreamKey): boolean => a.project === b.project && a.model === b.model;

const WORST_FIRST = ['worse', 'better', 'changed', 'not_enough_data', 'same'] as const;

function worst(verdicts: readonly CompareResult['verdict'][]): CompareResult['verdict'] {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'same';
}

function toJson({ verdict, findings, baselineModel }: Report): object {
  return {
    verdict,
    findings: findings.map((finding) => ({
      project: finding.project,
      model: finding.model,
      baseline_model: baselineModel ?? finding.model,
      signal: finding.signal,
      family: finding.family,
      outcome: finding.outcome,
      direction: finding.direction,
      verdict: finding.verdict,
      before: finding.before,
      after: finding.after,
      effect: finding.effect,
      evidence: finding.evidence,
      samples: finding.samples,
      rows_needed: finding.rowsNeeded,
    })),
  };
}
