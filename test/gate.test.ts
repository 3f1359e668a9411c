import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseGateRequest } from '../app/gate/request.ts';
import { packageRoot } from '../core/package-root.ts';
import { runCli } from './support/cli.ts';
import { type RunningServer, startServer } from './support/server.ts';

const cwd = mkdtempSync(join(tmpdir(), 'plumbline-gate-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

interface Design {
  readonly version: string;
  readonly latencyMs: number;
  readonly startMs: number;
  readonly project?: string;
}

/** 300 answers to as many prompts, one a second; the order of the latencies differs from prompt to prompt. */
function records({ version, latencyMs, startMs, project }: Design): object[] {
  return Array.from({ length: 300 }, (_, i) => ({
    id: `${version}-${i}`,
    timestamp: new Date(startMs + i * 100).toISOString(),
    model: 'm',
    version,
    ...(project ? { project } : {}),
    // As messages on one side, as a prompt on the other: the same question all the same.
    ...(version === 'a'
      ? { prompt: `What is ${i}  times ${i}?` }
      : {
          messages: [
            { role: 'system', content: version },
            { role: 'user', content: `what is ${i} times ${i}?` },
          ],
        }),
    response: `It is ${i * i}, as anybody can count.`,
    latency_ms: latencyMs + ((i * 7919) % 200),
    attributes: { region: i % 2 === 0 ? 'eu' : 'us' },
  }));
}
const lines = (rows: object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
const START = Date.parse('2026-11-01T00:00:00Z');
const OLD = records({ version: 'a', latencyMs: 500, startMs: START });
const SAME = records({ version: 'b', latencyMs: 501, startMs: START });
const SLOW = records({ version: 'c', latencyMs: 900, startMs: START });

beforeAll(async () => {
  writeFileSync(join(cwd, 'a.jsonl'), lines(OLD));
  writeFileSync(join(cwd, 'b.jsonl'), lines(SAME));
  writeFileSync(join(cwd, 'c.jsonl'), lines(SLOW));
  await runCli(['import', 'a.jsonl', 'b.jsonl', 'c.jsonl'], { cwd });
}, 60_000);

const gate = (args: readonly string[], env = {}) => runCli(['gate', ...args], { cwd, env });

describe('plumbline gate', () => {
  it.each([
    ['b.jsonl', 'same', 0],
    ['c.jsonl', 'worse', 3],
  ])('judges files: %s', async (file, verdict, exitCode) => {
    const { code, stdout } = await gate(['--baseline', 'a.jsonl', '--candidate', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ verdict, pairs: 300 });
    expect(code).toBe(exitCode);
  });

  it('judges selections of the store as it judges files, and writes a report', async () => {
    const [stored, filed] = await Promise.all([
      gate([
        '--baseline',
        'version=a',
        '--candidate',
        'version=c',
        '--model',
        'm',
        '--json',
        '--report',
        'r.md',
      ]),
      gate(['--baseline', 'a.jsonl', '--candidate', 'c.jsonl', '--json']),
    ]);
    expect(stored.code).toBe(3);
    const [one, other] = [JSON.parse(stored.stdout), JSON.parse(filed.stdout)];
    expect(one.guarded).toEqual(other.guarded);
    expect(one.examples[0].candidate.response).toContain('as anybody can count');
    const report = readFileSync(join(cwd, 'r.md'), 'utf8');
    expect(report).toMatch(/^## Plumbline: WORSE\n/);
    expect(report).toContain('| Latency | worse |');
  });

  it('has enough of one region only with a wider margin, and says how much is missing', async () => {
    const of = (version: string) => `version=${version},attribute.region=eu`;
    const few = ['--baseline', of('a'), '--candidate', of('b'), '--last', '20000d', '--json'];
    const missing = await gate([...few, '--max-regression', 'refusal=0.001', '--guard', 'refusal']);
    expect(missing.code).toBe(4);
    expect(JSON.parse(missing.stdout).rows_needed).toBeGreaterThan(1_000);
    const enough = await gate([...few, '--guard', 'refusal', '--max-regression', 'refusal=0.05']);
    expect({ code: enough.code, rows: JSON.parse(enough.stdout).rows.baseline }).toEqual({
      code: 0,
      rows: 150,
    });
  });

  it.each([
    [['--baseline', 'a.jsonl', '--candidate', 'version=b'], 'expected two files, or two selections'],
    [['--baseline', 'colour=a', '--candidate', 'version=b'], 'there is nothing called colour'],
    [
      ['--baseline', 'version=a', '--candidate', 'version=b', '--max-regression', 'tone=1'],
      'cannot get worse',
    ],
    [
      ['--baseline', 'version=a', '--candidate', 'version=b', '--max-regression', 'refusal'],
      'expected margins',
    ],
    [['--baseline', 'a.jsonl', '--candidate', './a.jsonl'], 'not one against itself'],
    [['--baseline', 'version=a', '--candidate', 'version=a'], 'the two sides share 300 inferences'],
    [['--baseline', 'model=m', '--candidate', 'version=b'], 'such as version=A and version=B'],
    [
      ['--baseline', 'version=a', '--candidate', 'version=b', '--since', 'monday', '--min-rows', '1'],
      '--since: expected an instant, such as 2026-01-31T09:00:00Z; --min-rows: expected a whole number from 2',
    ],
    [['--baseline', 'version=a', '--candidate', 'version=b', '--guard', ''], '--guard: expected a name'],
    ...[
      [['--fail-on', 'changes'], 'Allowed choices are change'],
      [['--webhook', 'notaurl'], 'expected an address'],
      [['--webhook', 'http://127.0.0.1:9/hook'], 'GATE_WEBHOOK_SECRET: expected a secret'],
      [['--url', 'notaurl'], 'expected an address'],
      [['--report', 'nonexist/r.md'], '--report: there is no folder nonexist'],
      [['--report', '.'], '--report: . is a folder'],
    ].map(([args = [], message]) => [['--baseline', 'a.jsonl', '--candidate', 'c.jsonl', ...args], message]),
  ])('names what is wrong: %s', async (args, message) => {
    const { code, stdout, stderr } = await gate(args as string[]);
    expect(stderr).toContain(message);
    // Nothing was compared first, and nothing is left to a stack trace.
    expect({ code, stdout, isTrace: /^ +at /m.test(stderr) }).toEqual({
      code: 2,
      stdout: '',
      isTrace: false,
    });
  });

  it('says what no number of rows shows, and what is not guarded', async () => {
    const scored = OLD.map((row, index) => ({ ...row, ...(index < 5 ? { scores: { correct: 1 } } : {}) }));
    const rated = OLD.map((row) => ({ ...row, scores: { rating: 4 } }));
    writeFileSync(join(cwd, 'scored.jsonl'), lines(scored));
    writeFileSync(join(cwd, 'rated.jsonl'), lines(rated));
    const sides = ['--baseline', 'scored.jsonl', '--candidate', 'rated.jsonl', '--report', 'r2.md'];
    const { code, stdout } = await gate([...sides, '--max-regression', 'error=10%']);
    const said = stdout.replaceAll(/\s+/g, ' ');
    expect(said).toContain('a share of it is none; give a difference, such as error=0.01.');
    const unguarded = /Not guarded: .*\(too few rows\); .*\(none in the baseline\)\./;
    expect(said).toMatch(unguarded);
    expect(readFileSync(join(cwd, 'r2.md'), 'utf8')).toMatch(unguarded);
    expect(said).not.toMatch(/Infinity|undefined|NaN|1\.797/);
    expect(code).toBe(4);
  });

  it('keeps its verdict when only the telling fails, and says so', async () => {
    const args = ['--baseline', 'a.jsonl', '--candidate', 'c.jsonl', '--json'];
    const told = await gate([...args, '--webhook', 'http://127.0.0.1:9/hook', '--report', '/dev/full'], {
      GATE_WEBHOOK_SECRET: 'sixteen characters',
    });
    expect(JSON.parse(told.stdout)).toMatchObject({ verdict: 'worse' });
    expect(told.code).toBe(3);
    expect(told.stderr).toMatch(
      /\/dev\/full: ENOSPC.*the exit code stand[\s\S]*127\.0\.0\.1:9.*the exit code stand/,
    );
  }, 30_000);

  it('tells a webhook, signed', async () => {
    const received: { headers: Record<string, unknown>; body: string }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      received.push({ headers: request.headers, body });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const args = ['--baseline', 'a.jsonl', '--candidate', 'c.jsonl', '--webhook', url];
    expect((await gate(args)).stderr).toContain('GATE_WEBHOOK_SECRET');
    const secret = 'sixteen characters';
    expect((await gate(args, { GATE_WEBHOOK_SECRET: secret })).code).toBe(3);
    server.close();
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    const signed = createHmac('sha256', secret)
      .update(`${headers['plumbline-timestamp']}.${body}`)
      .digest('hex');
    expect(headers['plumbline-signature']).toBe(`v1=${signed}`);
    expect(JSON.parse(body).verdict).toBe('worse');
  });
});

describe('plumbline export', () => {
  it.each([
    [['--since', '1960-01-01T00:00:00Z'], 300],
    [['--last', '30000d'], 300],
    [['--until', '1960-01-01T00:00:00Z'], 'since: expected an instant before until'],
    [['--last', '999999999d'], 'last: expected at most 36525d'],
  ])('takes or refuses times that cannot be stored: %s', async (asked, expected) => {
    const { stdout, stderr } = await runCli(
      ['export', '--where', 'version=a', ...asked, '--out', `span-${asked[1]}`, '--json'],
      { cwd },
    );
    if (typeof expected === 'string') expect(stderr).toContain(expected);
    else expect(JSON.parse(stdout)).toMatchObject({ read: expected });
  });

  it('writes what was chosen, once', async () => {
    const { code, stdout } = await runCli(
      ['export', '--where', 'version=a', '--out', 'tuning', '--split', 'train=1', '--json'],
      { cwd },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ read: 300, written: { train: 300 } });
    const [first] = readFileSync(join(cwd, 'tuning', 'train.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(first ?? '').messages.map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'assistant',
    ]);
  });
});

describe('over HTTP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-gate-http-'));
  let server: RunningServer;
  const settings = { DATA_DIR: folder, EMBEDDINGS: 'off' };
  const post = async (path: string, body: unknown, headers = {}) => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const now = Date.now();
  const before = { startMs: now - 3_600_000, project: 'shop' };

  beforeAll(async () => {
    server = await startServer(settings);
    const sent = await post('/v1/inferences', lines(records({ version: 'a', latencyMs: 500, ...before })));
    expect(sent.status).toBe(200);
    await post('/v1/inferences', lines(records({ version: 'c', latencyMs: 900, ...before })));
  }, 60_000);
  afterAll(async () => {
    await server.end('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  it('compares, and refuses what it does not understand', async () => {
    const body = { baseline: { version: 'a' }, candidate: { version: 'c' }, last: '24h' };
    expect(await post('/v1/compare', body)).toMatchObject({
      status: 200,
      body: { verdict: 'worse', pairs: 300 },
    });
    expect(await post('/v1/compare', [])).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(/^expected an object, such as/) } },
    });
    expect(await post('/v1/compare', { ...body, guard: [] })).toMatchObject({
      status: 400,
      body: { error: { message: 'guard: expected at least one signal; without it all are guarded' } },
    });
    const { status, body: refused } = await post('/v1/compare', { baseline: {}, candidate: 1 });
    expect({ status, refused: JSON.stringify(refused) }).toMatchObject({
      status: 400,
      refused: expect.stringContaining('candidate'),
    });
  });

  it.each([
    [{ since: '1960-01-01T00:00:00Z' }, 200],
    [{ last: '30000d' }, 200],
    [{ until: '2200-01-01T00:00:00Z' }, 200],
    [{ last: '999999999d' }, 400],
    [{ since: '2150-01-01T00:00:00Z' }, 400],
  ])('takes what times can be stored of %j: %i', async (asked, status) => {
    const body = { baseline: { version: 'a' }, candidate: { version: 'c' }, guard: ['error'], ...asked };
    const answer = await post('/v1/compare', body);
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.body).toMatchObject({ rows: { baseline: 300, candidate: 300 } });
    else expect(JSON.stringify(answer.body)).toContain('expected a');
  });

  it('keeps a canary over a restart, decides once, and refuses its id to others', async () => {
    const body = {
      baseline: { version: 'a' },
      candidate: { version: 'c' },
      max_regression: { latency_ms: '15%' },
      guard: ['latency_ms'],
      sequential: { id: 'rollout-1', settle: '0s' },
    };
    expect((await post('/v1/compare', body)).body).toMatchObject({ state: 'continue' });
    await server.end('SIGKILL');
    server = await startServer(settings);
    const rows = (version: string, latencyMs: number) =>
      records({ version, latencyMs, startMs: Date.now() - 30_000 + 1, project: 'shop' }).map(
        (row, index) => ({
          ...row,
          id: `${version}-later-${index}`,
          timestamp: new Date().toISOString(),
        }),
      );
    await post('/v1/inferences', lines([...rows('a', 500), ...rows('c', 900)]));
    expect((await post('/v1/compare', body)).body).toMatchObject({ state: 'roll_back' });
    const kept = (await (await fetch(`${server.url}/v1/compare/rollout-1`)).json()) as { decided_at: string };
    expect((await post('/v1/compare', body)).body).toEqual(kept);
    expect(await post('/v1/compare', { ...body, guard: ['error'] })).toMatchObject({ status: 400 });
    expect((await fetch(`${server.url}/v1/compare/none`)).status).toBe(404);
  }, 60_000);

  it('is asked by the command line, which finds the server by itself', async () => {
    const { code, stdout } = await runCli(
      ['gate', '--baseline', 'version=a', '--candidate', 'version=c', '--last', '2h', '--json'],
      { cwd, env: { DATA_DIR: folder } },
    );
    expect({ code, verdict: JSON.parse(stdout).verdict }).toEqual({ code: 3, verdict: 'worse' });
  });

  it('writes a report of a canary too', async () => {
    const { code } = await runCli(
      [
        ...['gate', '--baseline', 'version=a', '--candidate', 'version=c', '--sequential', 'rollout-2'],
        ...['--for', '0s', '--report', 'canary.md'],
      ],
      { cwd, env: { DATA_DIR: folder } },
    );
    expect(code).toBe(4);
    const report = readFileSync(join(cwd, 'canary.md'), 'utf8');
    expect(report).toMatch(/^## Plumbline: NOT ENOUGH DATA\n/);
    expect(report).toContain('Canary `rollout-2`: `version=c` against `version=a`');
    expect(report).toContain('| Latency | 0 |');
  });

  it('shows a key its own project alone, and nothing to who may only write', async () => {
    const make = async (...args: string[]) =>
      (await runCli(['keys', 'create', ...args], { cwd, env: { DATA_DIR: folder } })).stdout.trim();
    const key = await make('--scope', 'read', '--project', 'other');
    const writer = await make('--scope', 'write', '--project', 'shop');
    const body = { baseline: { version: 'a' }, candidate: { version: 'c' } };
    const asked = (text: string, more = {}) =>
      post('/v1/compare', { ...body, ...more }, { authorization: `Bearer ${text}` });
    expect(await asked(key)).toMatchObject({ status: 200, body: { rows: { baseline: 0 } } });
    expect(await asked(key, { project: 'shop' })).toMatchObject({ status: 403 });
    expect(await asked(writer)).toMatchObject({ status: 403 });
    expect((await post('/v1/compare', body)).status).toBe(401);
    const { code, stderr } = await runCli(
      ['gate', '--baseline', 'version=a', '--candidate', 'version=c', '--url', server.url],
      { cwd, env: { PLUMBLINE_API_KEY: key } },
    );
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
  });
});

describe('the examples', () => {
  const textOf = (path: string): unknown => parse(readFileSync(join(packageRoot, path), 'utf8'));

  it('ask Argo Rollouts to send what the API takes', () => {
    const template = z
      .object({
        kind: z.literal('AnalysisTemplate'),
        spec: z.object({
          metrics: z.tuple([
            z.looseObject({
              provider: z.object({
                web: z.looseObject({ method: z.literal('POST'), url: z.string(), jsonBody: z.unknown() }),
              }),
            }),
          ]),
        }),
      })
      .loose()
      .parse(textOf('deploy/argo-rollouts/plumbline-analysis.yaml'));
    const { url, jsonBody } = template.spec.metrics[0].provider.web;
    expect(new URL(url).pathname).toBe('/v1/compare');
    const filled = JSON.parse(JSON.stringify(jsonBody).replaceAll(/\{\{args\.([\w-]+)\}\}/g, '$1'));
    expect(parseGateRequest(filled).sequential?.id).toBe('rollout-id');
  });

  it('run the command in a workflow with options that it has', async () => {
    const workflow = z
      .object({
        jobs: z.object({ gate: z.object({ steps: z.array(z.looseObject({ run: z.string().optional() })) }) }),
      })
      .loose()
      .parse(textOf('docs/examples/gate.yml'));
    const [step] = workflow.jobs.gate.steps.flatMap(({ run }) =>
      run?.includes('plumbline gate') ? [run] : [],
    );
    const { stdout } = await gate(['--help']);
    for (const [option] of step?.matchAll(/--[\w-]+/g) ?? []) expect(stdout).toContain(option);
  });
});
