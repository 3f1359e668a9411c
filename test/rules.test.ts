import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from './support/cli.ts';

const cwd = mkdtempSync(join(tmpdir(), 'plumbline-rules-cli-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const SECRET = 'xoxb-314159265';
const write = (name: string, text: string) => writeFileSync(join(cwd, name), text);
write(
  'alerts.yaml',
  `receivers:
  - name: oncall
    type: slack
    token: \${SLACK_TOKEN}
    channel: C0123
rules:
  - { name: refusals, match: { signal: refusal }, receivers: oncall, for: 90m }
`,
);
write(
  'broken.yaml',
  'rules:\n  - { name: a, for: 3, match: { model: m } }\n  - { name: a, match: { signal: latency } }\n',
);
write('empty.yaml', 'rules: []\n');
const timeline = (state: string, rules = 'alerts.yaml') => `rules: ${rules}
timelines:
  - name: refusals
    signal: refusal
    steps:
      - { at: 5m, see: alarm, expect: { state: pending } }
      - { at: 95m, see: alarm, expect: { state: ${state}, sent: [oncall firing] } }
`;
write('good.yaml', timeline('open'));
write('bad.yaml', timeline('closed'));

const env = { SLACK_TOKEN: SECRET };
const rules = (args: readonly string[], more: Record<string, string> = env) =>
  runCli(['rules', ...args], { cwd, env: more });

describe('rules check', () => {
  it('counts what is there, in a file, by the setting, and without either', async () => {
    expect(await rules(['check', 'alerts.yaml'])).toMatchObject({
      code: 0,
      stdout: 'alerts.yaml: 1 rule, 1 receiver, no fault.\n',
    });
    const set = await rules(['check', '--json'], { ...env, ALERTS_FILE: 'alerts.yaml' });
    expect(JSON.parse(set.stdout)).toEqual({ ok: true, faults: [], rules: 1, receivers: 1 });
    expect((await rules(['check'])).stdout).toMatch(/^default rules: \d+ rules, 0 receivers, no fault\.\n$/);
  });

  it('tells every fault with line and column, with exit code 2', async () => {
    const text = await rules(['check', 'broken.yaml']);
    expect(text).toMatchObject({ code: 2, stdout: '' });
    for (const place of ['broken.yaml:2:21: ', 'broken.yaml:3:13: ', 'broken.yaml:3:33: '])
      expect(text.stderr).toContain(place);
    const json = await rules(['check', 'broken.yaml', '--json']);
    expect(json).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      faults: [
        { line: 2, column: 21 },
        { line: 3, column: 13 },
        { line: 3, column: 33 },
      ],
    });
  });

  it('names a variable that is not set, and a file that is not there', async () => {
    const unset = await rules(['check', 'alerts.yaml'], {});
    expect(unset).toMatchObject({ code: 2 });
    expect(unset.stderr).toContain('alerts.yaml:4:12: the variable SLACK_TOKEN is not set');
    const absent = await rules(['check', 'none.yaml', '--json']);
    expect(absent).toMatchObject({ code: 2 });
    expect(JSON.parse(absent.stdout)).toMatchObject({ ok: false, faults: [{ line: 1, column: 1 }] });
  });
});

describe('rules list', () => {
  it('shows what is in force, and no secret', async () => {
    const set = { ...env, ALERTS_FILE: 'alerts.yaml', COLUMNS: '200' };
    const table = await rules(['list'], set);
    expect(table.stdout).toMatch(
      /^refusals +change's +90m +signal=refusal +oncall +3 windows +never +hold +hold$/m,
    );
    const json = await rules(['list', '--json'], set);
    expect(JSON.parse(json.stdout)).toMatchObject({
      rules: [{ name: 'refusals', forMs: 54e5 }],
      receivers: [{ name: 'oncall', token: '[redacted]' }],
    });
    for (const { stdout, stderr } of [table, json]) expect(stdout + stderr).not.toContain(SECRET);
  });

  it('says that nobody is told, or that there are no rules', async () => {
    expect((await rules(['list'])).stderr).toContain('There are no receivers');
    expect((await rules(['list'], { ALERTS_FILE: 'empty.yaml' })).stderr).toContain('There are no rules');
  });
});

describe('rules test', () => {
  it('is content with what is expected', async () => {
    expect(await rules(['test', 'good.yaml'])).toMatchObject({
      code: 0,
      stdout: 'ok    good.yaml: refusals\n1 timeline, all as expected.\n',
    });
  });

  it('shows step by step what differs, with exit code 1', async () => {
    const { code, stdout } = await rules(['test', 'good.yaml', 'bad.yaml'], { ...env, COLUMNS: '160' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}bad.yaml: refusals$/m);
    expect(stdout).toMatch(/^ +95m +open +opened +critical +firing +state: expected closed, was open$/m);
    expect(stdout).toContain('2 timelines, 1 not as expected.');
    const json = await rules(['test', 'bad.yaml', '--json']);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).timelines[0]).toMatchObject({
      ok: false,
      steps: [{ misses: [] }, { state: 'open', misses: ['state: expected closed, was open'] }],
    });
  });
});
