import { type Command, InvalidArgumentError } from 'commander';
import { AppError } from '../../core/errors.ts';
import { FLAG_NAMES, FLAGS, type Flag } from '../../core/flag.ts';
import { plural } from '../../core/format.ts';
import { type ExportSummary, exportRecords } from '../export/export.ts';
import { ExportRequest } from '../export/export-source.ts';
import { withExport } from '../export/open-export.ts';
import { parseSplit } from '../export/split.ts';
import { redactionSetup } from '../redaction.ts';
import type { World } from './command.ts';
import { selection } from './gate.ts';
import { startProgress } from './render/progress.ts';

interface Options {
  readonly where?: string;
  readonly project?: string;
  readonly since?: string;
  readonly until?: string;
  readonly last?: string;
  readonly incident?: string;
  readonly sample: number;
  /** Names; true: all. */
  readonly flagged?: readonly Flag[] | true;
  readonly scoreBelow?: number;
  readonly split: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `plumbline export`: stored inferences as fine-tuning data. */
export function addExport(program: Command, world: World): void {
  program
    .command('export')
    .summary('write inferences as fine-tuning data')
    .description(
      'Writes chosen inferences as JSON lines in chat form, without duplicates, redacted, and split so that a conversation lies in one part. The same store gives the same files. docs/export.md explains.',
    )
    .option('--where <selection>', 'model=m,version=1.4,attribute.region=eu')
    .option('--project <name>', 'of this project')
    .option('--since <instant>', 'from then on, RFC 3339')
    .option('--until <instant>', 'before then')
    .option('--last <duration>', 'of the last 24h, 7d …')
    .option('--incident <id>', 'those that an incident is about: its stream, since it began')
    .option('--flagged [reasons]', `those that are worth a look: ${FLAG_NAMES.join(', ')}`, flags)
    .option('--score-below <value>', 'what low_score means (0.5)', number)
    .option('--sample <share>', 'this share of the conversations', share, 1)
    .option('--split <parts>', 'parts and their shares', 'train=0.9,validation=0.1')
    .requiredOption('--out <folder>', 'one file for each part')
    .option('--json', 'print what was written and left out as JSON')
    .addHelpText(
      'after',
      `
Reasons of --flagged, with commas; all of them otherwise:
${FLAG_NAMES.map((name) => `  ${name.padEnd(20)} ${FLAGS[name]}`).join('\n')}

Examples:
  plumbline export --where model=m,version=1.4 --last 30d --out tuning
  plumbline export --incident 2f6c0d0e9b1a4c3d8e7f6a5b4c3d2e1f --split train=1 --out incident --json
  plumbline export --flagged refusal,low_score --last 7d --out flagged`,
    )
    .action(async (options: Options) => {
      const summary = await run(options, world);
      if (options.json) world.print(`${JSON.stringify(summary)}\n`);
      else world.print(words(summary));
    });
}

async function run(options: Options, world: World): Promise<ExportSummary> {
  const parts = parseSplit(options.split);
  const request = requestOf(options);
  const config = world.config();
  const progress = startProgress({ label: 'export', noun: 'inferences' }, world.stderr, {
    terminal: world.err,
    nowMs: () => performance.now(),
  });
  try {
    return await withExport({ config, request, signal: world.interrupted }, (records) =>
      exportRecords(records, {
        folder: options.out,
        parts,
        redaction: redactionSetup(config, 'stored'),
        hasFlags: request.flags !== undefined,
        onProgress: (count) => progress.update({ count, doneShare: null }),
      }),
    );
  } finally {
    progress.clear();
  }
}

function requestOf(options: Options): ExportRequest {
  const { project, since, until, last, incident, sample, scoreBelow, flagged } = options;
  const given = { project, since, until, last, incident, score_below: scoreBelow };
  const parsed = ExportRequest.safeParse({
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    where: options.where ? selection(options.where) : {},
    share: sample,
    ...(flagged ? { flags: flagged === true ? FLAG_NAMES : flagged } : {}),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError('invalid_input', `${issue?.path.join('.')}: ${issue?.message}`);
}

function words({ read, written, left_out, flags: flagged }: ExportSummary): string {
  const parts = Object.entries(written).map(([name, count]) => `${name}: ${count}`);
  const reasons = Object.entries(left_out).filter(([, count]) => count > 0);
  const out = reasons.map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`);
  const why = Object.entries(flagged).map(([flag, count]) => `${flag.replaceAll('_', ' ')} ${count}`);
  const flaggedFor = why.length > 0 ? ` Flagged for: ${why.join(', ')}.` : '';
  return `${plural(read, 'inference')} read. ${parts.join(', ')}. Left out: ${out.join(', ') || 'none'}.${flaggedFor}\n`;
}

function flags(text: string): Flag[] {
  return text.split(',').map((part) => {
    const name = FLAG_NAMES.find((known) => known === part.trim());
    if (name) return name;
    throw new InvalidArgumentError(`expected reasons with commas, of ${FLAG_NAMES.join(', ')}`);
  });
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('expected a number');
}

function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('expected a share above 0 and up to 1');
}
