import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import { plural } from '../../core/format.ts';
import { createLogger } from '../../core/log.ts';
import { pickLetters, readLetters, replayLetters, type StoredLetter } from '../../ingest/log/dead-letters.ts';
import { createSender } from '../../ingest/log/sender.ts';
import { type LogClient, logClient } from '../log/open-log.ts';
import type { World } from './command.ts';
import { plain } from './render/terminal.ts';

const JSON_OPTION = ['--json', 'print as JSON'] as const;

/** `plumbline dlq list|show|replay`: what the log held and nobody could take. */
export function addDlq(program: Command, world: World): void {
  const dlq = program
    .command('dlq')
    .summary('dead letters: what could not be taken, and why')
    .description(
      'Messages of the log, and records in them, that could not be read or stored, each with its bytes and the reason. They wait 30 days in a topic of their own.',
    );
  dlq
    .command('list')
    .summary('what waits')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExamples:\n  plumbline dlq list\n  plumbline dlq list --json | jq .reason')
    .action(async (options: { json?: boolean }) => {
      const { client } = await connect(world);
      list(await readLetters(client.kafka, client.names.deadLetters), options, world);
    });
  dlq
    .command('show')
    .summary('one dead letter, with its bytes')
    .argument('<offset>', 'its name in `plumbline dlq list`')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  plumbline dlq show 17')
    .action(async (offset: string, options: { json?: boolean }) => {
      const { client } = await connect(world);
      const letters = await readLetters(client.kafka, client.names.deadLetters);
      for (const letter of pickLetters(letters, [offset])) show(letter, options, world);
    });
  dlq
    .command('replay')
    .summary('send dead letters back to where they came from')
    .argument('[offset...]', 'names in `plumbline dlq list`')
    .option('--all', 'all that wait')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nWhat can still not be taken becomes a dead letter again; an inference that was stored meanwhile counts once.\n\nExamples:\n  plumbline dlq replay 17 18\n  plumbline dlq replay --all',
    )
    .action(async (offsets: string[], options: { all?: boolean; json?: boolean }) => {
      const count = await replay(offsets, options.all ?? false, world);
      if (options.json) world.print(`${JSON.stringify({ replayed: count })}\n`);
      else world.print(`${plural(count, 'dead letter')} sent back.\n`);
    });
  for (const command of dlq.commands) command.copyInheritedSettings(program);
}

async function connect(world: World) {
  const config = world.config();
  const logger = createLogger(config.LOG_LEVEL === 'info' ? 'error' : config.LOG_LEVEL);
  const client = await logClient(config, logger);
  if (client) return { client, config, logger };
  throw new AppError(
    'invalid_input',
    'there are dead letters only with a log: set KAFKA_BROKERS. Without, a record that cannot be taken is refused in the answer.',
  );
}

function list(letters: readonly StoredLetter[], { json }: { json?: boolean }, world: World): void {
  if (json) {
    for (const letter of letters) world.print(`${JSON.stringify(facts(letter))}\n`);
    return;
  }
  if (letters.length === 0) world.print('No dead letters.\n');
  for (const letter of letters) {
    const facts = `${letter.offset}  ${letter.at.toISOString()}  ${placeOf(letter)}  ${plural(letter.bytes.length, 'byte')}`;
    world.print(`${plain(facts, world.out)}\n    ${plain(reasonOf(letter), world.out)}\n`);
  }
}

const reasonOf = ({ field, reason }: StoredLetter): string => (field === '' ? reason : `${field}: ${reason}`);

const placeOf = ({ origin: { topic, partition, offset, index } }: StoredLetter): string =>
  `${topic}/${partition}/${offset}${index === null ? '' : `#${index}`}`;

function facts({ bytes, headers: _, ...letter }: StoredLetter) {
  return { ...letter, bytes: bytes.length };
}

function show(letter: StoredLetter, { json }: { json?: boolean }, world: World): void {
  const bytes = Buffer.from(letter.bytes);
  if (json) {
    world.print(`${JSON.stringify({ ...facts(letter), base64: bytes.toString('base64') })}\n`);
    return;
  }
  const { field, reason } = letter;
  world.tell(
    `${placeOf(letter)}, ${letter.at.toISOString()}\n${field === '' ? reason : `${field}: ${reason}`}\n`,
  );
  world.print(`${bytes.toString('utf8')}\n`);
}

async function replay(offsets: readonly string[], isAll: boolean, world: World): Promise<number> {
  if (isAll === offsets.length > 0)
    throw new AppError('invalid_input', 'name the dead letters to send back, or give --all');
  const { client, config, logger } = await connect(world);
  const letters = await readLetters(client.kafka, client.names.deadLetters);
  const chosen = isAll ? letters : pickLetters(letters, offsets);
  await sendBack(client, chosen, { compression: config.KAFKA_COMPRESSION, log: logger });
  return chosen.length;
}

async function sendBack(
  { kafka, names }: LogClient,
  letters: readonly StoredLetter[],
  options: { compression: 'gzip' | 'none'; log: ReturnType<typeof createLogger> },
): Promise<void> {
  const sender = createSender({ kafka, ...options });
  await sender.start();
  try {
    await replayLetters(sender, names.deadLetters, letters);
  } finally {
    await sender.stop();
  }
}
