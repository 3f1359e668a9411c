import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../core/errors.ts';
import { plural } from '../../core/format.ts';
import { composeDashboards } from '../../dashboards/grafana/compose.ts';
import { lintDashboard } from '../../dashboards/grafana/lint.ts';
import {
  PROVISIONING_DEFAULTS,
  type ProvisioningOptions,
  provisioningFiles,
} from '../../dashboards/grafana/provisioning.ts';
import { planPush, push } from '../../dashboards/grafana/publish.ts';
import { grafanaServer } from '../../dashboards/grafana/server.ts';
import { EXIT, type World } from './command.ts';
import { changesJson, renderChanges } from './render/dashboard-changes.ts';

interface PageOptions {
  readonly pageUrl: string;
}

interface ExportOptions extends PageOptions {
  readonly dashboardsPath: string;
  readonly clickhouseHost: string;
  readonly clickhousePort: number;
  readonly clickhouseProtocol: 'native' | 'http';
  readonly clickhouseUser: string;
  readonly clickhouseDatabase: string;
  readonly contactEmail: string;
}

interface ServerOptions extends PageOptions {
  readonly url?: string;
  readonly token?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `plumbline dashboards export|push|diff`: Grafana's dashboards, as files or on a server. */
export function addDashboards(program: Command, world: World): void {
  const dashboards = program
    .command('dashboards')
    .summary('Grafana dashboards: write files, publish, compare')
    .description(
      'Makes the Grafana dashboards, which need the ClickHouse data source plugin. `export` writes files that Grafana reads at its start; `push` publishes to a running one.',
    )
    .addHelpText(
      'after',
      `
Examples:
  plumbline dashboards export /etc/grafana/provisioning
  plumbline dashboards diff --url https://grafana.example.com --token glsa_...
  plumbline dashboards push`,
    );
  addExport(dashboards, world);
  addPush(dashboards, { world, version: program.version() ?? '' });
  addDiff(dashboards, world);
}

const pageOption = (): Option =>
  new Option('--page-url <url>', "address of Plumbline's page, for links to incidents")
    .env('PUBLIC_URL')
    .default(PROVISIONING_DEFAULTS.pageUrl);

function addExport(dashboards: Command, world: World): void {
  const { datasource } = PROVISIONING_DEFAULTS;
  dashboards
    .command('export')
    .summary("write Grafana's provisioning files")
    .description(
      'Writes the data source, the dashboards, an alert rule and its contact point into a folder, for /etc/grafana/provisioning. Files that are as they should be are not touched.',
    )
    .argument('<folder>', 'where to; made if need be')
    .addOption(pageOption())
    .option(
      '--dashboards-path <path>',
      "where Grafana finds the dashboards' folder",
      PROVISIONING_DEFAULTS.dashboardsPath,
    )
    .option('--clickhouse-host <host>', 'host of ClickHouse, as Grafana reaches it', datasource.host)
    .option('--clickhouse-port <port>', 'its port', port, datasource.port)
    .addOption(
      new Option('--clickhouse-protocol <protocol>', 'native or http')
        .choices(['native', 'http'])
        .default(datasource.protocol),
    )
    .option(
      '--clickhouse-user <name>',
      'who reads; the password is CLICKHOUSE_GRAFANA_PASSWORD of Grafana',
      datasource.username,
    )
    .option('--clickhouse-database <name>', 'the database', datasource.database)
    .option(
      '--contact-email <address>',
      "whom Grafana's own alert rule writes to",
      PROVISIONING_DEFAULTS.contactEmail,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline dashboards export ./grafana\n  plumbline dashboards export ./grafana --page-url https://plumbline.example.com --clickhouse-host db',
    )
    .action(async (folder: string, options: ExportOptions) => {
      const files = provisioningFiles(provisioningOptions(options));
      const written = await writeFiles(folder, files);
      for (const path of written) world.print(`${join(folder, path)}\n`);
      world.tell(
        `${plural(written.length, 'file')} written, ${files.size - written.length} were as they should be.\n`,
      );
    });
}

function addPush(dashboards: Command, { world, version }: { world: World; version: string }): void {
  withServer(dashboards.command('push'), 'publish to a running Grafana')
    .description(
      'Publishes the dashboards to a Grafana, in the folder Plumbline. What is the same is not saved again; what somebody else saved last is not replaced without --force.',
    )
    .option('--force', 'replace also what somebody else saved last')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline dashboards push --url http://127.0.0.1:3000 --token glsa_...\n  GRAFANA_URL=https://grafana.example.com GRAFANA_TOKEN=glsa_... plumbline dashboards push --force',
    )
    .action(async (options: ServerOptions) => {
      const made = checkedDashboards(options);
      const by = `plumbline ${version}`;
      const done = await push(serverOf(options), made, { by, force: options.force === true });
      world.print(options.json ? changesJson(done) : renderChanges(done, 'pushed'));
    });
}

function addDiff(dashboards: Command, world: World): void {
  withServer(dashboards.command('diff'), 'what a push would change')
    .description('Says what a push would change on a Grafana. Exit code 1 if anything.')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline dashboards diff --url http://127.0.0.1:3000 --token glsa_...\n  plumbline dashboards diff --json',
    )
    .action(async (options: ServerOptions) => {
      const changes = await planPush(serverOf(options), checkedDashboards(options));
      world.print(options.json ? changesJson(changes) : renderChanges(changes, 'planned'));
      if (changes.some(({ state }) => state !== 'same')) process.exitCode = EXIT.failed;
    });
}

const withServer = (command: Command, summary: string): Command =>
  command
    .summary(summary)
    .addOption(new Option('--url <url>', 'address of Grafana').env('GRAFANA_URL'))
    .addOption(new Option('--token <token>', 'token of a service account (role Editor)').env('GRAFANA_TOKEN'))
    .addOption(pageOption())
    .option('--json', 'print it as JSON');

function serverOf({ url, token }: ServerOptions): ReturnType<typeof grafanaServer> {
  const missing = [
    ...(url ? [] : ['--url (or GRAFANA_URL)']),
    ...(token ? [] : ['--token (or GRAFANA_TOKEN)']),
  ];
  if (!url || !token) throw new AppError('invalid_input', `give ${missing.join(' and ')}`);
  if (!/^https?:\/\//.test(url))
    throw new AppError('invalid_input', `${url} is no address: it begins with http:// or https://`);
  return grafanaServer({ url: withoutSlash(url), token });
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

/** What is published has passed the linter: a broken panel is empty in Grafana, and nobody is told. */
function checkedDashboards({ pageUrl }: PageOptions): ReturnType<typeof composeDashboards> {
  const made = composeDashboards({ pageUrl: withoutSlash(pageUrl) });
  const problems = made.flatMap(lintDashboard);
  if (problems.length > 0) throw new Error(`the dashboards are faulty: ${problems.join('; ')}`);
  return made;
}

function provisioningOptions(options: ExportOptions): ProvisioningOptions {
  return {
    pageUrl: withoutSlash(options.pageUrl),
    dashboardsPath: options.dashboardsPath,
    datasource: {
      host: options.clickhouseHost,
      port: options.clickhousePort,
      protocol: options.clickhouseProtocol,
      username: options.clickhouseUser,
      database: options.clickhouseDatabase,
    },
    contactEmail: options.contactEmail,
  };
}

/** Paths of the files that were not as they should be, in order. */
async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const written: string[] = [];
  for (const [path, content] of files) {
    const target = join(folder, path);
    const found = await readFile(target, 'utf8').catch(() => null);
    if (found === content) continue;
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
    written.push(path);
  }
  return written;
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new InvalidArgumentError('expected a number from 1 to 65535');
}
