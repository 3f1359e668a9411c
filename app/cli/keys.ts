import { type Command, InvalidArgumentError, Option } from 'commander';
import { KEY_SCOPES, type KeyScope, parseKeyText } from '../../core/api-key.ts';
import { Bytes, Count } from '../../core/config-values.ts';
import { AppError } from '../../core/errors.ts';
import type { ListedKey, NewKey } from '../keys/key-admin.ts';
import { withKeyAdmin } from '../keys/open-key-admin.ts';
import type { World } from './command.ts';
import { renderKeys } from './render/keys.ts';

interface CreateOptions {
  readonly name: string;
  readonly project: string;
  readonly scope: readonly KeyScope[];
  readonly requestsPerSecond?: number;
  readonly bytesPerSecond?: number;
  readonly bodyBytesMax?: number;
  readonly json?: boolean;
}

/** `plumbline keys create|list|revoke`: who may connect, to which project, to write or to read. */
export function addKeys(program: Command, world: World): void {
  const keys = program
    .command('keys')
    .summary('make, list and revoke keys')
    .description(
      'Makes, lists and revokes keys. While there is none, only this machine may connect; from the first one on, every caller needs one. Works on the store, or through the `plumbline serve` on this machine that has it open.',
    )
    .addHelpText(
      'after',
      `
Examples:
  plumbline keys create --project shop --scope write --name "shop, production"
  plumbline keys create --project '*' --scope read --name grafana
  plumbline keys list
  plumbline keys revoke 5Wq8kPz3mN1x`,
    );
  addCreate(keys, world);
  addList(keys, world);
  addRevoke(keys, world);
}

function addCreate(keys: Command, world: World): void {
  keys
    .command('create')
    .summary('make a key and print it, once')
    .description('Makes a key and prints it. It is shown this once: only a hash of it is kept.')
    .addOption(
      new Option('--scope <scope>', 'what it may do: write or read; give both for both')
        .argParser(scopes)
        .makeOptionMandatory(),
    )
    .option('--project <project>', "the only project it reaches, or '*' for all", 'default')
    .option('--name <text>', 'for the list: who holds it', '')
    .option('--requests-per-second <count>', 'limit of its own, in each process', limit(Count))
    .option('--bytes-per-second <bytes>', 'the same for bodies, decompressed, such as 10MiB', limit(Bytes))
    .option('--body-bytes-max <bytes>', 'the largest body it may send, such as 4MiB', limit(Bytes))
    .option('--json', 'print the key and what is known of it as JSON')
    .addHelpText(
      'after',
      `
Examples:
  plumbline keys create --scope write --project shop
  plumbline keys create --scope write --scope read --requests-per-second 50 --json`,
    )
    .action(async (options: CreateOptions) => {
      const { text, key } = await withKeyAdmin(world.config(), (admin) => admin.create(newKey(options)));
      if (options.json) world.print(`${JSON.stringify({ text, key })}\n`);
      else {
        world.tell(
          `Key ${key.id}, to ${key.scopes.join(' and ')} ${whichProject(key)}. It is not shown again:\n`,
        );
        world.print(`${text}\n`);
        world.tell('Send it as "Authorization: Bearer <key>". From now on every caller needs a key.\n');
      }
    });
}

function addList(keys: Command, world: World): void {
  keys
    .command('list')
    .summary('list the keys')
    .description('Lists the keys, oldest first, with their last use. Never the keys themselves.')
    .option('--all', 'revoked ones too')
    .option('--json', 'print all that is known as JSON')
    .addHelpText('after', '\nExamples:\n  plumbline keys list\n  plumbline keys list --all --json')
    .action(async (options: { all?: boolean; json?: boolean }) => {
      const found = await withKeyAdmin(world.config(), (admin) => admin.list());
      const shown = found.filter((key) => options.all || key.revoked_at === null);
      if (options.json) world.print(`${JSON.stringify({ keys: shown })}\n`);
      else if (shown.length > 0) world.print(`${renderKeys(shown, world.out).join('\n')}\n`);
      else world.tell(found.length === 0 ? NO_KEYS : ALL_REVOKED);
    });
}

function addRevoke(keys: Command, world: World): void {
  keys
    .command('revoke')
    .summary('revoke a key, for ever')
    .description(
      'Revokes a key, for ever. A server on this machine knows at once, others within KEYS_REFRESH (5 seconds).',
    )
    .argument('<id>', 'its id, from `plumbline keys list`, or the key itself')
    .option('--json', 'print what is known of it as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline keys revoke 5Wq8kPz3mN1x\n  plumbline keys revoke 5Wq8kPz3mN1x --json',
    )
    .action(async (given: string, options: { json?: boolean }) => {
      // Who finds a key where it should not be has its text, not its id.
      const parsed = parseKeyText(given.trim());
      if (!parsed.ok && given.startsWith('plb_'))
        throw new AppError('invalid_input', 'this key has a typo; give its id, from `plumbline keys list`');
      const id = parsed.ok ? parsed.id : given;
      const key = await withKeyAdmin(world.config(), (admin) => admin.revoke(id));
      if (options.json) world.print(`${JSON.stringify({ key })}\n`);
      else world.print(`Key ${key.id} ${whichProject(key)} is revoked, since ${key.revoked_at}.\n`);
    });
}

const NO_KEYS = 'There is no key: only this machine may connect. plumbline keys create makes one.\n';
const ALL_REVOKED = 'All keys are revoked: nobody may connect. --all lists them.\n';

const whichProject = ({ project }: ListedKey): string =>
  project === '*' ? 'for all projects' : `for project ${project}`;

function newKey(options: CreateOptions): NewKey {
  return {
    name: options.name,
    project: options.project,
    scopes: [...options.scope],
    requests_per_second: options.requestsPerSecond ?? null,
    bytes_per_second: options.bytesPerSecond ?? null,
    body_bytes_max: options.bodyBytesMax ?? null,
  };
}

function scopes(text: string, before: readonly KeyScope[] = []): KeyScope[] {
  const scope = KEY_SCOPES.find((known) => known === text);
  if (!scope) throw new InvalidArgumentError('expected write or read');
  return [...before, scope];
}

/** Reads an option as the settings read theirs. */
function limit(schema: typeof Bytes | typeof Count): (text: string) => number {
  return (text) => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  };
}
