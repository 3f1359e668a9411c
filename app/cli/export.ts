import { type Command, InvalidArgumentError } from 'commander';
import { AppError } from '../../core/errors.ts';
import { plural } from '../../core/format.ts';
import type { Incident } from '../../core/incident.ts';
import type { Store } from '../../sql/client.ts';
import { exportIds } from '../../sql/queries/export-ids.ts';
import { incidentById } from '../../sql/queries/incident-list.ts';
import { recordsOf, type StoredRecord } from '../../sql/queries/records.ts';
import { type ExportSummary, exportRecords } from '../export/export.ts';
import { parseSplit } from '../export/split.ts';
import { type GatePlan, parseGateRequest, planOf } from '../gate/request.ts';
import { redactionSetup } from '../redaction.ts';
import { openMigratedStore } from '../store.ts';
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
  readonly split: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Read and written at a time. */
const PAGE_ROWS = 500;

/** `plumbline export`: stored inferences as fine-tuning data. */
export function addExport(program: Command, world: World): void {
  program
    .command('export')
    .summary('write inferences as fine-tuning data')
    .description(
      'Writes chosen inferences as JSON lines in chat form, without duplicates, redacted, and split so that a conversation lies in one part. The same store gives the same files. The embedded store belongs to one process: stop `serve` first. docs/export.md explains.',
    )
    .option('--where <selection>', 'model=m,version=1.4,attribute.region=eu')
    .option('--project <name>', 'of this project')
    .option('--since <instant>', 'from then on, RFC 3339')
    .option('--until <instant>', 'before then')
    .option('--last <duration>', 'of the last 24h, 7d …')
    .option('--incident <id>', 'those that an incident is about: its stream, since it began')
    .option('--sample <share>', 'this share of the conversations', share, 1)
    .option('--split <parts>', 'parts and their shares', 'train=0.9,validation=0.1')
    .requiredOption('--out <folder>', 'one file for each part')
    .option('--json', 'print what was written and left out as JSON')
    .addHelpText(
      'after',
      `
Examples:
  plumbline export --where model=m,version=1.4 --last 30d --out tuning
  plumbline export --incident 2f6c0d0e9b1a4c3d8e7f6a5b4c3d2e1f --split train=1 --out flagged --json`,
    )
    .action(async (options: Options) => {
      const summary = await run(options, world);
      if (options.json) world.print(`${JSON.stringify(summary)}\n`);
      else world.print(words(summary));
    });
}

async function run(options: Options, world: World): Promise<ExportSummary> {
  const parts = parseSplit(options.split);
  const config = world.config();
  const { store } = await openMigratedStore(config);
  const progress = startProgress({ label: 'export', noun: 'inferences' }, world.stderr, {
    terminal: world.err,
    nowMs: () => performance.now(),
  });
  try {
    const plan = await exportPlan(store, options);
    return await exportRecords(recordsIn(store, { plan, share: options.sample, world }), {
      folder: options.out,
      parts,
      redaction: redactionSetup(config, 'stored'),
      onProgress: (count) => progress.update({ count, doneShare: null }),
    });
  } finally {
    progress.clear();
    await store.close();
  }
}

async function exportPlan(store: Store, options: Options): Promise<GatePlan> {
  const incident = options.incident ? await incidentById(store, { project: '', id: options.incident }) : null;
  if (options.incident && !incident) throw new AppError('not_found', 'no incident has this id');
  const where = {
    ...(options.where ? selection(options.where) : {}),
    ...(incident ? ofIncident(incident) : {}),
  };
  const { project, last } = options;
  const since = options.since ?? incident?.since.toISOString();
  const until = options.until ?? incident?.closedAt?.toISOString();
  const conditions = Object.keys(where).length > 0 ? where : { status: 'ok' };
  const request = parseGateRequest({
    baseline: conditions,
    candidate: conditions,
    ...Object.fromEntries(
      Object.entries({ project: incident?.project ?? project, last, since, until }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
  });
  return planOf(request, { project: '', now: new Date() });
}

function ofIncident({ model, version, segment }: Incident): Record<string, string> {
  const [attribute = '', ...rest] = segment.split('=');
  return {
    model,
    ...(version === '' ? {} : { version }),
    ...(segment === '' ? {} : { [`attribute.${attribute}`]: rest.join('=') }),
  };
}

async function* recordsIn(
  store: Store,
  { plan, share: taken, world }: { plan: GatePlan; share: number; world: World },
): AsyncGenerator<StoredRecord['record']> {
  let after: { project: string; id: string } | null = null;
  for (;;) {
    world.interrupted.throwIfAborted();
    const page: { project: string; id: string }[] = await exportIds(store, {
      ...plan,
      where: plan.baseline,
      share: taken,
      after,
      limit: PAGE_ROWS,
    });
    const last = page.at(-1);
    if (!last) return;
    after = last;
    const found = await recordsOf(store, {
      projects: page.map(({ project }) => project),
      ids: page.map(({ id }) => id),
    });
    const byName = new Map(found.map(({ record }) => [`${record.project}\0${record.id}`, record]));
    for (const { project, id } of page) {
      const record = byName.get(`${project}\0${id}`);
      if (record) yield record;
    }
  }
}

function words({ read, written, left_out }: ExportSummary): string {
  const parts = Object.entries(written).map(([name, count]) => `${name}: ${count}`);
  const reasons = Object.entries(left_out).filter(([, count]) => count > 0);
  const out = reasons.map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`);
  return `${plural(read, 'inference')} read. ${parts.join(', ')}. Left out: ${out.join(', ') || 'none'}.\n`;
}

function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('expected a share above 0 and up to 1');
}
