import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import { ALL_PROJECTS } from '../../core/api-key.ts';
import type { ListedSilence } from '../alerting/desk.ts';
import { withDesk } from '../alerting/open-desk.ts';
import type { World } from './command.ts';
import { renderSilences } from './render/alerts.ts';

interface CreateOptions {
  readonly for: string;
  readonly from?: string;
  readonly author: string;
  readonly comment: string;
  readonly project: string;
  readonly json?: boolean;
}

/** `plumbline silences list|create|expire`: what nobody is to be told about for a while. */
export function addSilences(program: Command, world: World): void {
  const silences = program
    .command('silences')
    .summary('list, make and end silences')
    .description(
      'Lists, makes and ends silences. What matches a silence calls nobody while it lasts; its incidents open and close as ever, are shown on the page, and are told of if they are still open when it ends.',
    )
    .addHelpText(
      'after',
      `
Examples:
  plumbline silences create model=gpt-4 --for 2h --comment "provider maintenance"
  plumbline silences create 'segment=region=eu' 'severity!=critical' --for 1d
  plumbline silences list
  plumbline silences expire 5b1f0c1e-6a4f-4a0b-9d0f-2f6f3f1f7a55`,
    );
  addList(silences, world);
  addCreate(silences, world);
  addExpire(silences, world);
}

function addList(silences: Command, world: World): void {
  silences
    .command('list')
    .summary('list silences that have not ended')
    .description('Lists silences that are in force, or will be, the next to end first.')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExamples:\n  plumbline silences list\n  plumbline silences list --json')
    .action(async ({ json }: { json?: boolean }) => {
      const found = await withDesk(world.config(), (desk) => desk.silences(''));
      if (json) world.print(`${JSON.stringify({ silences: found })}\n`);
      else if (found.length > 0) world.print(`${renderSilences(found, world.out).join('\n')}\n`);
      else world.tell('Nothing is silenced.\n');
    });
}

function addCreate(silences: Command, world: World): void {
  silences
    .command('create')
    .summary('silence what matches, for a while')
    .description(
      'Silences what matches all of the matchers: FIELD=PATTERN or FIELD!=PATTERN, with * for anything.',
    )
    .argument('<matcher...>', 'such as model=gpt-*, severity!=critical or label:team=nlp')
    .addOption(new Option('--for <duration>', 'how long, such as 30m, 2h or 1d').makeOptionMandatory())
    .option('--from <instant>', 'when it begins (ISO 8601); now if not given')
    .option('--comment <text>', 'why, for whoever wonders', '')
    .option('--author <name>', 'who silences it', userInfo().username)
    .option('--project <project>', "the only project it is about, or '*' for all", ALL_PROJECTS)
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Examples:
  plumbline silences create model=gpt-4 --for 2h --comment "provider maintenance"
  plumbline silences create rule=latency 'severity!=critical' --for 1d --from 2026-12-24T18:00:00Z`,
    )
    .action(async (matchers: readonly string[], options: CreateOptions) => {
      const wanted = {
        matchers: [...matchers],
        duration: options.for,
        author: options.author,
        comment: options.comment,
        project: options.project === ALL_PROJECTS ? '' : options.project,
        ...(options.from === undefined ? {} : { starts_at: options.from }),
      };
      const silence = await withDesk(world.config(), (desk) => desk.silence('', wanted));
      if (options.json) world.print(`${JSON.stringify({ silence })}\n`);
      else world.print(`${said(silence)}\n`);
    });
}

function addExpire(silences: Command, world: World): void {
  silences
    .command('expire')
    .summary('end a silence now')
    .description('Ends a silence now. What it kept quiet and is still open is told within seconds.')
    .argument('<id>', 'its id, from `plumbline silences list`')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExamples:\n  plumbline silences expire 5b1f0c1e-6a4f-4a0b-9d0f-2f6f3f1f7a55')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const silence = await withDesk(world.config(), (desk) => desk.expire('', id));
      if (json) world.print(`${JSON.stringify({ silence })}\n`);
      else world.print(`Silence ${silence.id} (${silence.matchers.join(', ')}) has ended.\n`);
    });
}

const said = ({ id, matchers, starts_at, ends_at }: ListedSilence): string =>
  `Silence ${id}: ${matchers.join(', ')}, from ${starts_at} until ${ends_at}.`;
