import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../core/seeded-random.ts';
import { runCli } from './support/cli.ts';
import { type RunningServer, startServer } from './support/server.ts';

// The commands that read much, beside the built service that has the embedded store open; and again without it.

const cwd = mkdtempSync(join(tmpdir(), 'plumbline-beside-'));
const settings = { DATA_DIR: join(cwd, 'data'), EMBEDDINGS: 'off', WINDOW: '1h', LATENESS: '0s' };
afterAll(() => {
  // Also where a test before its end failed; of a process that has ended this does nothing.
  server?.process.kill('SIGKILL');
  rmSync(cwd, { recursive: true, force: true });
});

const HOUR_MS = 3_600_000;
const HOURS = 60;
const END_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;

/** 60 hours that are over, 30 calls in each; one answer in ten refuses, and every call of the fifth hour is rated badly and has a group. */
function records(): string {
  const random = seededRandom(7);
  return Array.from({ length: HOURS * 30 }, (_, index) => {
    const hour = Math.floor(index / 30);
    const fact = Math.floor(random() * 1e9);
    return JSON.stringify({
      id: `r${String(index).padStart(5, '0')}`,
      timestamp: new Date(END_MS - (HOURS - hour) * HOUR_MS + (index % 30) * 60_000).toISOString(),
      model: 'm',
      session: `s${index >> 1}`,
      prompt: `What is number ${index}? Write to ann@example.com`,
      response: index % 10 === 0 ? `I'm sorry, but I can't help with that (${fact}).` : `It is ${fact}.`,
      latency_ms: 300 + random() * 400,
      ...(hour === 4 ? { scores: { thumbs: 0 }, groups: { gender: index % 3 === 0 ? 'f' : 'm' } } : {}),
    });
  }).join('\n');
}

const cli = (args: readonly string[]) => runCli(args, { cwd, env: settings });

let server: RunningServer | undefined;
beforeAll(async () => {
  writeFileSync(join(cwd, 'records.jsonl'), records());
  expect((await cli(['import', 'records.jsonl'])).code).toBe(0);
  server = await startServer(settings);
}, 180_000);

const AT = (hoursAgo: number): string => new Date(END_MS - hoursAgo * HOUR_MS).toISOString();

const COMMANDS = {
  list: ['monitors', 'list', '--json'],
  explain: ['monitors', 'explain', '--change', '0.3', '--json'],
  calibrate: ['calibrate', '--months', '1', '--signals', '2', '--json'],
  export: ['export', '--where', 'model=m', '--out', 'OUT', '--json'],
  fairness: [
    ...['fairness', '--model', 'm', '--since', AT(HOURS + 1), '--until', AT(0), '--json'],
    ...['--label', 'score:thumbs', '--prediction', 'refusal'],
  ],
  flagged: ['export', '--flagged', 'refusal,low_score', '--split', 'train=1', '--out', 'OUT', '--json'],
};
const saidBeside = new Map<string, unknown>();

const runIn = async (out: string, args: readonly string[]) => {
  const { code, stdout, stderr } = await cli(args.map((arg) => (arg === 'OUT' ? out : arg)));
  const files = existsSync(join(cwd, out)) ? readdirSync(join(cwd, out)).sort() : [];
  const texts = files.map((file) => [file, readFileSync(join(cwd, out, file), 'utf8')]);
  return { code, stderr, said: JSON.parse(stdout || 'null'), texts };
};

describe('beside a server', () => {
  it('is asked until the last window is judged, after which nothing changes', async () => {
    const wait = { timeout: 60_000, interval: 500 };
    const streams = async () => JSON.parse((await cli(['monitors', 'list', '--json'])).stdout).streams;
    await expect.poll(streams, wait).toBe(1);
    const { token } = JSON.parse(readFileSync(join(settings.DATA_DIR, 'serve.json'), 'utf8'));
    const judgedUntil = async () => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${server?.url}/admin/monitors`, { headers });
      const { streams: watched } = (await answer.json()) as { streams: { until: string }[] };
      return Date.parse(watched[0]?.until ?? '');
    };
    await expect.poll(judgedUntil, wait).toBe(END_MS);
  }, 120_000);

  it.each(Object.keys(COMMANDS))('%s answers', async (name) => {
    const answer = await runIn(`beside-${name}`, COMMANDS[name as keyof typeof COMMANDS]);
    expect([answer.code, answer.stderr]).toEqual([0, '']);
    saidBeside.set(name, answer);
  });

  it('the answers are those of the data', () => {
    const of = (name: string) => saidBeside.get(name) as Awaited<ReturnType<typeof runIn>>;
    expect(of('list').said.monitors.length).toBeGreaterThan(0);
    expect(of('explain').said.explained).toContainEqual(
      expect.objectContaining({ signal: 'latency_ms', unknown: null, windows: expect.any(Number) }),
    );
    // Two signals are asked for; of the rating there is one hour, and of groups there is nothing to replay.
    expect(of('calibrate').said.total.signals).toBe(1);
    expect(of('calibrate').said.left_out).toEqual({
      ...{ not_in_rollups: expect.any(Number), beyond_signals: expect.any(Number), too_little_history: 1 },
    });
    expect(of('export').said).toMatchObject({ read: 1_800, flags: {} });
    expect(of('fairness').said).toMatchObject({
      odds: { prediction: 'refusal', label: 'score:thumbs>=0.5' },
      streams: [{ model: 'm', odds_lack: null, unmatched: 0 }],
    });
    const lineOf = (wanted: string) =>
      of('fairness').said.streams[0].disparities.find(
        ({ value, signal }: Record<string, string>) => value === 'f' && signal === `disparity:${wanted}`,
      );
    expect(lineOf('refusal')).toMatchObject({
      ...{ outcome: 'not_enough_data', rows: { group: 10, rest: 20 } },
      ...{ group: expect.closeTo(0.1, 9), rest: expect.closeTo(0.1, 9) },
    });
    expect(lineOf('false_positive_rate:refusal')).toMatchObject({
      outcome: 'not_enough_data',
      rows: { group: 10, rest: 20 },
    });
    // 180 refuse, and of the thirty that are rated badly three do as well.
    expect(of('flagged').said).toMatchObject({
      read: 207,
      written: { train: 207 },
      flags: { refusal: 180, low_score: 30 },
    });
    expect(of('flagged').texts.map(([file]) => file)).toEqual(['train.flags.jsonl', 'train.jsonl']);
    expect(JSON.stringify(of('export').texts)).not.toContain('ann@example.com');
  });

  it('tells what is wrong, as it does without a server', async () => {
    const wrong = [
      ['export', '--incident', 'none', '--out', 'none'],
      ['export', '--where', 'colour=red', '--out', 'none'],
      ['monitors', 'explain', 'latency_m'],
      ['fairness', '--label', 'harmful'],
    ];
    const answers = await Promise.all(wrong.map((args) => cli(args)));
    expect(answers.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(answers.map(({ stderr }) => stderr).join()).toMatch(
      /no incident has this id[\s\S]*nothing called colour[\s\S]*no signal that is watched is called latency_m [\s\S]*label: expected attribute\.NAME/,
    );
  });

  it('nobody but the commands of this machine is answered', async () => {
    for (const path of ['monitors', 'monitors/stream', 'monitors/history', 'monitors/sessions'])
      expect((await fetch(`${server?.url}/admin/${path}`)).status, path).toBe(401);
    expect((await fetch(`${server?.url}/admin/export`, { method: 'POST' })).status).toBe(401);
  });

  it('answers over HTTP as the command does, and names what it does not understand', async () => {
    const ask = (query: string) => fetch(`${server?.url}/v1/fairness?${query}`);
    const answer = await ask(`model=m&since=${AT(HOURS + 1)}&until=${AT(0)}`);
    const { streams } = (await answer.json()) as { streams: { disparities: unknown[] }[] };
    expect(streams[0]?.disparities.length).toBeGreaterThan(0);
    const wrong = await ask('label=correct&colour=red');
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringMatching(/colour/)]);
  });

  it('refuses more windows at once than it holds in memory', async () => {
    const { token } = JSON.parse(readFileSync(join(settings.DATA_DIR, 'serve.json'), 'utf8'));
    const ask = async (days: number) => {
      const until = new Date();
      const query = new URLSearchParams({
        ...{ project: 'default', model: 'm', version: '', segment: '', signal: 'latency_ms' },
        since: new Date(until.getTime() - days * 24 * HOUR_MS).toISOString(),
        until: until.toISOString(),
        window_ms: String(HOUR_MS),
      });
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${server?.url}/admin/monitors/history?${query}`, { headers })).status;
    };
    expect([await ask(80), await ask(90)]).toEqual([200, 400]);
  });
});

describe('without one', () => {
  beforeAll(async () => {
    expect(await server?.end('SIGTERM')).toBe(0);
  });

  it.each(Object.keys(COMMANDS))('%s answers the same', async (name) => {
    expect(await runIn(`alone-${name}`, COMMANDS[name as keyof typeof COMMANDS])).toEqual(
      saidBeside.get(name),
    );
  });
});
