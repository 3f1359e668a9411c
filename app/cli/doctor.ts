import { access, constants, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Command } from 'commander';
import { startEmbedder } from '../../analyzers/embed/embedder.ts';
import { type Config, windowText } from '../../core/config.ts';
import { plural } from '../../core/format.ts';
import { createLogger } from '../../core/log.ts';
import { readLetters } from '../../ingest/log/dead-letters.ts';
import { partitionCount } from '../../ingest/log/topics.ts';
import { withKeyAdmin } from '../keys/open-key-admin.ts';
import { logClient } from '../log/open-log.ts';
import { checkRedactionKey, redactionPolicy } from '../redaction.ts';
import { openMigratedStore } from '../store.ts';
import { EXIT, type World } from './command.ts';
import { paint } from './render/terminal.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** `plumbline doctor`: checks every connection and setting and says how to mend what fails. */
export function addDoctor(program: Command, world: World): void {
  program
    .command('doctor')
    .summary('check every setting and connection')
    .description(
      'Checks every setting and connection, and says how to mend what fails. Exit code 1 if anything does.',
    )
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', '\nExamples:\n  plumbline doctor\n  PORT=80 plumbline doctor --json')
    .action(async (options: { json?: boolean }) => {
      const checks = await runChecks(world);
      const settings = settingsOf(world);
      if (options.json) world.print(`${JSON.stringify({ checks, settings })}\n`);
      else {
        for (const check of checks) world.print(line(check, world));
        for (const [name, value] of Object.entries(settings)) world.print(`${name}=${value}\n`);
      }
      if (checks.some((check) => !check.ok)) process.exitCode = EXIT.failed;
    });
}

function line({ name, ok, detail }: Check, { out }: World): string {
  const mark = ok ? paint('ok  ', 'green', out) : paint('FAIL', 'red', out);
  return `${mark}  ${name.padEnd(10)}  ${detail}\n`;
}

/** Every setting as it is in force; none if they cannot be used. */
function settingsOf(world: World): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(world.config()).map(([name, value]) => [name, settingText(value)]),
    );
  } catch {
    return {};
  }
}

function settingText(value: Config[keyof Config]): string {
  if (typeof value !== 'object') return String(value ?? '');
  if (value === null) return 'none';
  return 'kind' in value ? windowText(value) : String(value);
}

async function runChecks(world: World): Promise<Check[]> {
  const node = await check('node', async () => `${process.version} on ${process.platform}-${process.arch}`);
  let config: Config | null = null;
  const settings = await check('settings', async () => {
    config = world.config();
    return 'every setting can be used';
  });
  if (config === null) return [node, settings];
  const usable: Config = config;
  return [
    node,
    settings,
    await check('port', () => checkPort(usable)),
    await check('source', () => checkSource(usable)),
    await check('data', () => checkFolder(usable)),
    await check('redaction', async () => redactionText(usable)),
    await check('store', () => checkStore(usable)),
    await check('log', () => checkLog(usable)),
    await check('keys', () => checkKeys(usable)),
    await check('embeddings', () => checkEmbedder(usable)),
  ];
}

async function check(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function checkPort({ HOST, PORT }: Config): Promise<string> {
  return checkAddress({ host: HOST, port: PORT, hostSetting: 'HOST', portSetting: 'PORT' });
}

/** Where Grafana reads an embedded store. */
async function checkSource({
  CLICKHOUSE_URL,
  SOURCE_HOST,
  SOURCE_PASSWORD,
  ...config
}: Config): Promise<string> {
  if (CLICKHOUSE_URL !== undefined) return 'not used: Grafana reads from the server of CLICKHOUSE_URL';
  if (config.SOURCE_PORT === undefined)
    return 'off: SOURCE_PORT=8123 opens it to Grafana (docs/grafana-source.md)';
  const isFree = await checkAddress({
    host: SOURCE_HOST,
    port: config.SOURCE_PORT,
    hostSetting: 'SOURCE_HOST',
    portSetting: 'SOURCE_PORT',
  });
  const password = SOURCE_PASSWORD.reveal() === '' ? 'no password: this machine only' : 'with a password';
  return `${isFree}; user ${config.SOURCE_USER}, ${password}`;
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly hostSetting: string;
  readonly portSetting: string;
}

async function checkAddress(address: Address): Promise<string> {
  const { host, port } = address;
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => reject(new Error(portMend(cause, address))));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
  return `http://${host}:${port} is free`;
}

function portMend(
  { code, message }: NodeJS.ErrnoException,
  { host, port, hostSetting, portSetting }: Address,
): string {
  if (code === 'EADDRINUSE')
    return `port ${port} is in use, perhaps by another plumbline: stop that, or set ${portSetting} (0 for any free one)`;
  if (code === 'EACCES')
    return `port ${port} needs rights this user does not have: set ${portSetting} to one above 1023`;
  return `cannot listen on ${host}:${port} (${code ?? message}): set ${hostSetting} to an address of this machine`;
}

async function checkFolder({ CLICKHOUSE_URL, DATA_DIR }: Config): Promise<string> {
  if (CLICKHOUSE_URL !== undefined) return 'not used: the store is a server';
  await mkdir(DATA_DIR, { recursive: true });
  await access(DATA_DIR, constants.W_OK);
  return `${DATA_DIR} can be written`;
}

/** Reads the file, whose patterns are checked by that. */
function redactionText(config: Config): string {
  if (config.REDACT === 'off') return 'off (REDACT=off): what is sent is stored as it is';
  checkRedactionKey(config);
  const { actions, projects, patterns } = redactionPolicy(config);
  const named = Object.entries(actions).map(([kind, action]) => `${kind}: ${action}`);
  const counts = `${plural(patterns.length, 'own pattern')}, ${plural(Object.keys(projects).length, 'project')} with actions of its own`;
  const key = config.REDACTION_SECRET === undefined ? 'a key kept in DATA_DIR' : 'REDACTION_SECRET';
  return `on; ${named.length > 0 ? `${named.join(', ')}; all else` : 'everything found'} is masked; ${counts}; hashes with ${key}`;
}

async function checkStore(config: Config): Promise<string> {
  const { store } = await openMigratedStore(config);
  try {
    const [row] = await store.rows(
      'SELECT version() AS version, count() AS migrations FROM migrations FINAL',
    );
    const { version, migrations } = row as { version: string; migrations: number };
    return `${store.kind === 'embedded' ? 'embedded engine' : config.CLICKHOUSE_URL} ${version}, ${migrations} migrations applied`;
  } finally {
    await store.close();
  }
}

async function checkLog(config: Config): Promise<string> {
  const client = await logClient(config, createLogger('silent'));
  if (client === null) return 'none (KAFKA_BROKERS is not set): an answer waits for the store';
  const partitions = await partitionCount(client.kafka, client.names.log);
  const letters = await readLetters(client.kafka, client.names.deadLetters);
  return `${config.KAFKA_BROKERS?.join(',')}, ${client.names.log} has ${partitions} partitions, ${plural(letters.length, 'dead letter')}`;
}

/** Who may connect. */
async function checkKeys(config: Config): Promise<string> {
  const keys = await withKeyAdmin(config, (admin) => admin.list());
  const valid = keys.filter((key) => key.revoked_at === null).length;
  if (keys.length > 0) {
    if (valid > 0) return `${valid} of ${keys.length} valid: every caller needs one`;
    throw new Error('all are revoked, so that nobody may connect: plumbline keys create makes one');
  }
  if (config.ALLOW_REMOTE === 'no')
    return 'none: only this machine may connect, until plumbline keys create makes one';
  return 'none: ALLOW_REMOTE=yes lets everybody in, to write and to read';
}

async function checkEmbedder(config: Config): Promise<string> {
  if (config.EMBEDDINGS === 'off') return 'off (EMBEDDINGS=off)';
  const embedder = await startEmbedder({
    device: config.EMBEDDINGS_DEVICE,
    log: createLogger('silent'),
    ...(config.EMBEDDINGS_MODEL === undefined ? {} : { modelFolder: config.EMBEDDINGS_MODEL }),
  });
  try {
    await embedder.embed(['a plumb line']);
    const { info, dimensions } = embedder;
    return `${dimensions} dimensions on ${info.provider}`;
  } finally {
    await embedder.stop();
  }
}
