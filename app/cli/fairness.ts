import type { Command } from 'commander';
import { fairnessOfRows, storedFairness } from '../fairness/open-fairness.ts';
import type { FairnessReport } from '../fairness/report.ts';
import { EXIT, type World } from './command.ts';
import { eachMeasured } from './measure-files.ts';
import { renderFairness } from './render/fairness.ts';
import { withStdinSpooled } from './stdin.ts';

interface Options {
  readonly project?: string;
  readonly model?: string;
  readonly modelVersion?: string;
  readonly since?: string;
  readonly until?: string;
  readonly last?: string;
  readonly matchBy?: string;
  readonly label?: string;
  readonly prediction?: string;
  readonly familyWise?: string;
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

/** `plumbline fairness [FILE…]`: what each group gets against the rest, on a fixed set of inferences. */
export function addFairness(program: Command, world: World): void {
  program
    .command('fairness')
    .summary('what each group gets against the rest')
    .description(
      'Compares each group of `groups` with everybody else, like with like, at full power: rates with their difference, their ratio held against four fifths with confidence, and, where the right answer is known, equalised odds. Of the store, or of files; docs/fairness.md explains.',
    )
    .argument(
      '[file...]',
      'records instead of the store: JSON lines or a JSON array; .gz too; - is standard input',
    )
    .option('--project <name>', 'of this project')
    .option('--model <name>', 'of this model')
    .option('--model-version <version>', 'of this version of it')
    .option('--since <instant>', 'from then on, RFC 3339')
    .option('--until <instant>', 'before then')
    .option('--last <duration>', 'of the last 24h, 30d … (7d; of files all)')
    .option('--match-by <attributes>', 'tier,region: what is held equal too (FAIRNESS_MATCH_BY)')
    .option('--label <what>', 'the right answer: attribute.NAME[=VALUE], score:NAME or "score:NAME>=4"')
    .option('--prediction <signal>', 'what was given: score:NAME of 0 and 1, or a rate such as refusal')
    .option('--family-wise <share>', 'chance of calling any disparity when there is none (0.05)')
    .option('--json', 'print the result as JSON')
    .option('--exit-code', `end with ${EXIT.found} if there is a disparity`)
    .addHelpText(
      'after',
      `
Examples:
  plumbline fairness --model m --last 30d
  plumbline fairness --match-by tier --json --exit-code
  plumbline fairness loans.jsonl --label attribute.paid_back --prediction score:approved`,
    )
    .action(async (files: string[], options: Options) => {
      const report = await read(files, options, world);
      if (options.json) world.print(`${JSON.stringify(report)}\n`);
      else world.print(`${renderFairness(report, world.out).join('\n')}\n`);
      const isFound = report.streams.some(({ disparities }) =>
        disparities.some(({ outcome }) => outcome === 'disparity'),
      );
      if (options.exitCode && isFound) process.exitCode = EXIT.found;
    });
}

function read(files: readonly string[], options: Options, world: World): Promise<FairnessReport> {
  const { project, model, modelVersion: version, since, until, last, label, prediction } = options;
  const given = {
    ...{ project, model, version, since, until, last, label, prediction },
    match_by: options.matchBy,
    family_wise: options.familyWise,
  };
  const body = Object.fromEntries(
    Object.entries(given).filter((one): one is [string, string] => one[1] !== undefined),
  );
  if (files.length === 0) return storedFairness(world.config(), body);
  const config = world.config({ EMBEDDINGS: 'off' });
  return withStdinSpooled(files, world, (spooled) =>
    fairnessOfRows(config, body, (take) => eachMeasured(spooled, { config, world }, take)),
  );
}
