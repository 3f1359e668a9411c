import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCli } from './support/cli.ts';
import { type GrafanaStandIn, startGrafana } from './support/grafana-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-dashboards-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCli(['dashboards', ...args], { cwd: folder, env });

const filesUnder = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

describe('export', () => {
  it('writes what Grafana reads, the same every time, and touches nothing that is right', async () => {
    const out = join(folder, 'out');
    const first = await run([
      'export',
      'out',
      '--page-url',
      'https://plumbline.example.com/',
      '--clickhouse-port',
      '8123',
      '--clickhouse-protocol',
      'http',
      '--contact-email',
      'me@example.com',
    ]);
    expect(first).toMatchObject({ code: 0 });
    const files = filesUnder(out);
    expect(first.stdout.trim().split('\n')).toHaveLength(files.length);
    const source = parse(readFileSync(join(out, 'datasources/plumbline.yaml'), 'utf8')) as {
      datasources: [{ jsonData: unknown }];
    };
    expect(source.datasources[0].jsonData).toMatchObject({ port: 8123, protocol: 'http' });
    const overview = readFileSync(join(out, 'dashboards/plumbline/plumbline-overview.json'), 'utf8');
    expect(overview).toContain('"query": "https://plumbline.example.com"');
    expect(readFileSync(join(out, 'alerting/plumbline-contact-points.yaml'), 'utf8')).toContain(
      'me@example.com',
    );
    const broken = join(out, 'dashboards/plumbline/plumbline-bias.json');
    const before = readFileSync(broken, 'utf8');
    writeFileSync(broken, '{}');
    const untouched = files.filter((path) => path !== broken);
    const times = untouched.map((path) => statSync(path).mtimeMs);
    const again = await run([
      'export',
      'out',
      '--page-url',
      'https://plumbline.example.com/',
      '--clickhouse-port',
      '8123',
      '--clickhouse-protocol',
      'http',
      '--contact-email',
      'me@example.com',
    ]);
    expect(again.stdout.trim()).toBe(join('out', 'dashboards/plumbline/plumbline-bias.json'));
    expect(readFileSync(broken, 'utf8')).toBe(before);
    expect(untouched.map((path) => statSync(path).mtimeMs)).toEqual(times);
  });

  it('says what is wrong with an option', async () => {
    expect(await run(['export', 'out', '--clickhouse-port', 'x'])).toMatchObject({ code: 2 });
    const { stderr } = await run(['export', 'out', '--clickhouse-port', 'x']);
    expect(stderr).toContain('expected a number from 1 to 65535');
  });
});

describe('push and diff', () => {
  let grafana: GrafanaStandIn;
  let env: Record<string, string>;
  beforeEach(async () => {
    grafana = await startGrafana();
    env = { GRAFANA_URL: `${grafana.url}/`, GRAFANA_TOKEN: grafana.tokens.editor };
  });
  afterEach(() => grafana.stop());

  it('diff ends with 1 while something would change; push makes it so, once', async () => {
    const before = await run(['diff'], env);
    expect(before).toMatchObject({ code: 1 });
    expect(before.stdout).toMatch(/^plumbline-overview +would be made$/m);
    const pushed = await run(['push'], env);
    expect(pushed).toMatchObject({ code: 0 });
    expect(pushed.stdout).toMatch(/^plumbline-overview +made$/m);
    expect(await run(['diff'], env)).toMatchObject({ code: 0 });
    const saved = grafana.saves.length;
    expect((await run(['push'], env)).stdout).toMatch(/^plumbline-overview +unchanged$/m);
    expect(grafana.saves).toHaveLength(saved);
  });

  it('tells who changed what, and replaces it only when forced', async () => {
    await run(['push'], env);
    grafana.edit('plumbline-drift', (dashboard) => {
      (dashboard['panels'] as { title: string }[])[1]!.title = 'Mine';
    });
    const diff = await run(['diff'], env);
    expect(diff.code).toBe(1);
    expect(diff.stdout).toMatch(
      /^plumbline-drift +was saved by somebody else \(ann, .*\)\n {4}panels\[1\]\.title$/m,
    );
    const json = JSON.parse((await run(['diff', '--json'], env)).stdout) as {
      dashboards: { uid: string; state: string }[];
    };
    expect(json.dashboards.find(({ uid }) => uid === 'plumbline-drift')).toMatchObject({
      state: 'edited',
      saved_by: 'ann',
    });
    const refused = await run(['push'], env);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/somebody else saved plumbline-drift \(ann.*--force/);
    expect(await run(['push', '--force'], env)).toMatchObject({ code: 0 });
    expect(await run(['diff'], env)).toMatchObject({ code: 0 });
  });

  it('says what is missing, and never prints the token', async () => {
    const nothing = await run(['push']);
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toMatch(/--url \(or GRAFANA_URL\) and --token \(or GRAFANA_TOKEN\)/);
    const wrong = await run(['push', '--url', grafana.url, '--token', 'glsa_wrong']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/Invalid API key/);
    expect(wrong.stderr + wrong.stdout).not.toContain('glsa_wrong');
    expect((await run(['push', '--help'], env)).stdout).not.toContain(grafana.tokens.editor);
  });
});
