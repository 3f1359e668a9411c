import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { AlertDesk, ListedIncident, NewAcknowledgement } from '../alerting/desk.ts';
import { withDesk } from '../alerting/open-desk.ts';
import { EXIT, type World } from './command.ts';
import { renderIncidentList } from './render/alerts.ts';

/** `plumbline incidents list|ack|close`: what is open, and who has taken it on. */
export function addIncidents(program: Command, world: World): void {
  const incidents = program
    .command('incidents')
    .summary('list incidents, take one on, close one')
    .description('Lists incidents, and says who has taken one on: then nobody is reminded of it any more.')
    .addHelpText(
      'after',
      `
Examples:
  plumbline incidents list
  plumbline incidents list --all --json
  plumbline incidents ack 2f6c0d0e9b1a4c3d8e7f6a5b4c3d2e1f --comment "rolling back"`,
    );
  addList(incidents, world);
  addAck(incidents, world);
  addClose(incidents, world);
}

function addList(incidents: Command, world: World): void {
  incidents
    .command('list')
    .summary('list what is open')
    .description('Lists incidents that are open, regressions first, then the last opened.')
    .option('--all', 'closed ones too, 500 in all at most')
    .option('--json', 'print them as JSON')
    .option('--exit-code', `exit with ${EXIT.found} if there is any`)
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline incidents list\n  plumbline incidents list --all --json\n  plumbline incidents list --exit-code',
    )
    .action(async (options: { all?: boolean; json?: boolean; exitCode?: boolean }) => {
      const state = options.all ? 'all' : 'open';
      const found = await withDesk(world.config(), (desk) => desk.incidents('', state));
      if (options.json) world.print(`${JSON.stringify({ incidents: found })}\n`);
      else if (found.length > 0) world.print(`${renderIncidentList(found, world.out).join('\n')}\n`);
      else world.tell(options.all ? 'There has been no incident.\n' : 'No incident is open.\n');
      if (options.exitCode && found.length > 0) process.exitCode = EXIT.found;
    });
}

interface SayOptions {
  readonly author: string;
  readonly comment: string;
  readonly json?: boolean;
}

function addAck(incidents: Command, world: World): void {
  addWord(incidents, world, {
    name: 'ack',
    summary: 'take an incident on',
    description:
      'Says that somebody has taken an incident on. Nobody is reminded of it any more; an escalation is told all the same.',
    say: (desk, id, wanted) => desk.acknowledge('', id, wanted),
    said: ({ author }, title) => `${author} has taken on: ${title}`,
  });
}

function addClose(incidents: Command, world: World): void {
  addWord(incidents, world, {
    name: 'close',
    summary: 'close an incident by hand',
    description:
      'Closes an incident that nothing will close by itself: of a version that is gone, say. What still alarms opens again with the next window.',
    say: (desk, id, wanted) => desk.close('', id, wanted),
    said: (_options, title) => `Closed within seconds: ${title}`,
  });
}

interface Word {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly say: (desk: AlertDesk, id: string, wanted: NewAcknowledgement) => Promise<ListedIncident>;
  readonly said: (options: SayOptions, title: string) => string;
}

function addWord(incidents: Command, world: World, { name, summary, description, say, said }: Word): void {
  incidents
    .command(name)
    .summary(summary)
    .description(description)
    .argument('<id>', 'its id, from `plumbline incidents list` or a message')
    .option('--author <name>', 'who says so', userInfo().username)
    .option('--comment <text>', 'what is being done', '')
    .option('--json', 'print the incident as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  plumbline incidents ${name} 2f6c0d0e9b1a4c3d8e7f6a5b4c3d2e1f --comment "rolling back"`,
    )
    .action(async (id: string, options: SayOptions) => {
      const { author, comment } = options;
      const incident = await withDesk(world.config(), (desk) => say(desk, id, { author, comment }));
      if (options.json) world.print(`${JSON.stringify({ incident })}\n`);
      else world.print(`${said(options, incident.title)}\n`);
    });
}
