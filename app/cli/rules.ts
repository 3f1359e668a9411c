import type { Command } from 'commander';
import type { RuleSet } from '../../alerts/rules/rule-set.ts';
import { AppError } from '../../core/errors.ts';
import { plural } from '../../core/format.ts';
import { readRules } from '../alerting/open-rules.ts';
import { EXIT, type World } from './command.ts';
import { renderRules } from './render/rules.ts';
import { addTest } from './rules-test.ts';

/** `plumbline rules check|list|test`: which findings become incidents, and who is told. */
export function addRules(program: Command, world: World): void {
  const rules = program
    .command('rules')
    .summary('check, list and test alert rules')
    .description(
      'Checks, lists and tests the rules that say which findings become incidents and who is told. They stand in ALERTS_FILE; without it the default rules are in force, and nobody is told.',
    )
    .addHelpText(
      'after',
      `
Examples:
  plumbline rules check alerts.yaml
  ALERTS_FILE=alerts.yaml plumbline rules list
  plumbline rules test timeline.yaml`,
    );
  addCheck(rules, world);
  addList(rules, world);
  addTest(rules, world);
}

function addCheck(rules: Command, world: World): void {
  rules
    .command('check')
    .summary('check a file of rules')
    .description(
      'Checks a file of rules and receivers, and tells every fault with line and column. Variables of the environment that it names must be set. Exit code 2 if there is a fault.',
    )
    .argument('[file]', 'the file; ALERTS_FILE, or the default rules, otherwise')
    .option('--json', 'print what was found as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline rules check alerts.yaml\n  plumbline rules check alerts.yaml --json',
    )
    .action((given: string | undefined, { json }: { json?: boolean }) => {
      const file = given ?? world.config().ALERTS_FILE;
      const found = checked(file, world, json ?? false);
      if (found === null) process.exitCode = EXIT.usage;
      else if (json) world.print(`${JSON.stringify({ ok: true, faults: [], ...counts(found) })}\n`);
      else world.print(`${file ?? 'default rules'}: ${countsText(found)}, no fault.\n`);
    });
}

/** What the file says; null if it has faults and they have been printed as JSON. */
function checked(file: string | undefined, world: World, isJson: boolean): RuleSet | null {
  try {
    return readRules(file, world.env);
  } catch (error) {
    if (!isJson || !(error instanceof AppError)) throw error;
    world.print(`${JSON.stringify({ ok: false, faults: faultsIn(error.message, file) })}\n`);
    return null;
  }
}

/** Faults out of a message of parseYamlSettings; the whole message where it is another. */
function faultsIn(message: string, file = ''): { line: number; column: number; message: string }[] {
  const faults = message.split('\n').flatMap((text) => {
    const [, line, column, words] = /^:(\d+):(\d+): (.*)$/.exec(text.trim().slice(file.length)) ?? [];
    return words === undefined ? [] : [{ line: Number(line), column: Number(column), message: words }];
  });
  return faults.length > 0 ? faults : [{ line: 1, column: 1, message }];
}

const counts = ({ rules, receivers }: RuleSet) => ({ rules: rules.length, receivers: receivers.length });
const countsText = ({ rules, receivers }: RuleSet): string =>
  `${plural(rules.length, 'rule')}, ${plural(receivers.length, 'receiver')}`;

function addList(rules: Command, world: World): void {
  rules
    .command('list')
    .summary('list the rules in force')
    .description(
      'Lists the rules in force, in the order in which they are asked: the first that matches a finding governs its incident. Secrets of receivers are never printed.',
    )
    .option('--json', 'print all that is known as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline rules list\n  ALERTS_FILE=alerts.yaml plumbline rules list --json',
    )
    .action(({ json }: { json?: boolean }) => {
      const found = readRules(world.config().ALERTS_FILE, world.env);
      if (json) world.print(`${JSON.stringify(found)}\n`);
      else if (found.rules.length === 0) world.tell('There are no rules: no incident is opened.\n');
      else world.print(`${renderRules(found, world.out).join('\n')}\n`);
      if (!json && found.receivers.length === 0)
        world.tell('There are no receivers, so nobody is told: docs/alerts.md says how to add one.\n');
    });
}
