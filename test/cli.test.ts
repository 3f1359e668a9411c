import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './support/cli.ts';

let cwd: string;

/** `count` inferences, one a second, of a model that answers in about `latencyMs` and is right `correct` of the time. */
function records(
  prefix: string,
  { count, latencyMs, correct }: { count: number; latencyMs: number; correct: number },
) {
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      id: `${prefix}${i}`,
      timestamp: new Date(Date.parse('2026-11-01T00:00:00Z') + i * 1_000).toISOString(),
      model: 'm',
      prompt: 'Is it?',
      response: `Yes, it is, for reason number ${i % 7}.`,
      latency_ms: latencyMs + ((i * 7919) % 200),
      scores: { correct: (i * 31) % 100 < 100 * correct ? 1 : 0 },
    }),
  );
}

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'plumbline-cli-'));
  const good = { latencyMs: 500, correct: 0.9 };
  const bad = { latencyMs: 900, correct: 0.4 };
  await writeFile(join(cwd, 'a.jsonl'), records('a', { count: 300, ...good }).join('\n'));
  await writeFile(
    join(cwd, 'a2.jsonl.gz'),
    gzipSync(`[${records('c', { count: 300, ...good }).join(',\n')}]`),
  );
  await writeFile(join(cwd, 'b.jsonl'), records('b', { count: 300, ...bad }).join('\r\n'));
  const stream = [
    ...records('s', { count: 100, ...good }),
    'not json',
    ...records('t', { count: 100, ...bad }).map(later),
  ];
  await writeFile(join(cwd, 's.jsonl'), stream.join('\n'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const later = (line: string): string => line.replace('2026-11-01T00:', '2026-11-01T01:');

describe('replay', () => {
  it('finds what changed, when, and which way, and names the record it left out', async () => {
    const { code, stdout, stderr } = await runCli(['replay', '--baseline', 'a.jsonl', 's.jsonl', '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('s.jsonl:101: expected JSON');
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ inferences: 200, windows: 8, rejected: 1, baseline: { file: 'a.jsonl' } });
    const bySignal = Object.fromEntries(result.incidents.map((one: { signal: string }) => [one.signal, one]));
    expect(Object.keys(bySignal).sort()).toEqual(['latency_ms', 'score:correct']);
    expect(bySignal['latency_ms']).toMatchObject({
      direction: 'up',
      verdict: 'regression',
      segment: '',
      model: 'm',
    });
    expect(bySignal['score:correct']).toMatchObject({
      direction: 'down',
      verdict: 'regression',
      family: 'degradation',
    });
    expect(bySignal['score:correct'].effect).toMatchObject({ name: 'rate_difference' });
    for (const { opened_after_inferences: after } of result.incidents) expect(after).toBeGreaterThan(100);
    expect(bySignal['latency_ms'].opened_after_inferences).toBeLessThanOrEqual(150);
  });

  it('shows it to a person, without colour in a pipe, and can end with 3', async () => {
    const args = ['replay', '--baseline', 'a.jsonl', 's.jsonl', '--exit-code'];
    const { code, stdout } = await runCli(args, { cwd });
    expect(code).toBe(3);
    expect(stdout).toContain('REGRESSION · m: ');
    expect(stdout).toContain(
      '200 inferences in 8 windows, 1 record left out: 1 incident, and 1 change that came with it.',
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('is silent where nothing changed, and learns its baseline from the first part otherwise', async () => {
    const same = await runCli(['replay', '--baseline', 'a.jsonl', 'a2.jsonl.gz', '--json'], { cwd });
    expect(JSON.parse(same.stdout).incidents).toEqual([]);
    const alone = await runCli(['replay', '-', '--baseline-rows', '100', '--json'], {
      cwd,
      input: records('x', { count: 200, latencyMs: 500, correct: 0.9 }).join('\n'),
    });
    expect(JSON.parse(alone.stdout)).toMatchObject({ incidents: [], baseline: { rows: 100 } });
  });
});

describe('fairness', () => {
  const women = (rate: number) =>
    Array.from({ length: 1200 }, (_, i) => {
      const gender = i % 2 === 0 ? 'f' : 'm';
      const isApproved = ((i >> 1) * 7919) % 600 < 600 * (gender === 'f' ? rate : 0.6);
      return JSON.stringify({
        id: `w${i}`,
        timestamp: `2024-11-0${1 + (i % 5)}T00:00:00.000Z`,
        model: 'm',
        groups: { gender },
        scores: { approved: isApproved ? 1 : 0, rating: i % 3 === 0 ? 2 : 5 },
      });
    }).join('\n');

  it('finds who gets less, of a file as old as it may be, and can end with 3', async () => {
    const args = ['fairness', '-', '--exit-code', '--label', 'score:rating>=4'];
    const all = [...args, '--prediction', 'score:approved', '--json'];
    const { code, stdout } = await runCli(all, { cwd, input: women(0.3) });
    expect(code).toBe(3);
    const { streams } = JSON.parse(stdout);
    const line = (signal: string) =>
      streams[0].disparities.find(
        (one: { value: string; signal: string }) => one.value === 'f' && one.signal === `disparity:${signal}`,
      );
    expect(line('score:approved')).toMatchObject({
      outcome: 'disparity',
      verdict: 'regression',
      four_fifths: { is_beyond: true },
      rows: { group: 600, rest: 600 },
    });
    expect(line('score:approved').difference.value).toBeCloseTo(-0.3, 2);
    expect(line('true_positive_rate:score:approved')).toMatchObject({ outcome: 'disparity' });
    expect(line('false_positive_rate:score:approved').rows.group).toBe(200);
  });

  it('shows a person what there is, and what is lacking', async () => {
    const args = ['fairness', '-', '--label', 'attribute.hired', '--prediction', 'score:approved'];
    const { code, stdout } = await runCli(args, { cwd, input: women(0.6) });
    expect(code).toBe(0);
    expect(stdout).toContain('No disparity shown');
    expect(stdout).toContain('no inference has the label attribute.hired');
    const none = await runCli(['fairness', 'a.jsonl'], { cwd });
    expect(none.stdout).toContain('No inference has a group');
  });
});

describe('compare', () => {
  it.each([
    ['a2.jsonl.gz', 'same', 0],
    ['b.jsonl', 'worse', 3],
  ])('says of %s: %s', async (file, verdict, exitCode) => {
    const { code, stdout } = await runCli(['compare', 'a.jsonl', file, '--json', '--exit-code'], { cwd });
    expect(JSON.parse(stdout).verdict).toBe(verdict);
    expect(code).toBe(exitCode);
  });

  it('compares a base model with its quantised form, and names both', async () => {
    const base = records('m4', { count: 300, latencyMs: 500, correct: 1 });
    const renamed = base.map((line) => line.replace(/"model":"[^"]*"/, '"model":"m-q4"'));
    await writeFile(join(cwd, 'q4.jsonl'), renamed.join('\n'));
    const { code, stdout } = await runCli(['compare', 'a.jsonl', 'q4.jsonl'], { cwd });
    expect(stdout).toMatch(/^m-q4\b.* against \S+$/m);
    expect(code).toBe(0);
    const { stdout: json } = await runCli(['compare', 'a.jsonl', 'q4.jsonl', '--json'], { cwd });
    const [finding] = JSON.parse(json).findings;
    expect(finding.model).toBe('m-q4');
    expect(finding.baseline_model).not.toBe('m-q4');
    await writeFile(
      join(cwd, 'both.jsonl'),
      [...renamed, base[0]?.replace(/"model":"[^"]*"/, '"model":"x"')].join('\n'),
    );
    const two = await runCli(['compare', 'a.jsonl', 'both.jsonl'], { cwd });
    expect({ code: two.code, said: two.stderr.includes('files with one model each') }).toEqual({
      code: 2,
      said: true,
    });
  });

  it('says how many more are needed', async () => {
    await writeFile(
      join(cwd, 'few.jsonl'),
      records('f', { count: 5, latencyMs: 500, correct: 1 }).join('\n'),
    );
    const { stdout } = await runCli(['compare', 'a.jsonl', 'few.jsonl', '--json'], { cwd });
    const { verdict, findings } = JSON.parse(stdout);
    expect(verdict).toBe('not_enough_data');
    expect(
      findings.find(({ signal }: { signal: string }) => signal === 'latency_ms').rows_needed,
    ).toBeGreaterThan(0);
  });
});

describe('import, migrate, doctor', () => {
  it('import stores a file once, however often', async () => {
    const first = await runCli(['import', 'a.jsonl', '--json'], { cwd });
    expect(JSON.parse(first.stdout)).toEqual({ accepted: 300, rejected: 0 });
    await runCli(['import', 'a.jsonl', 's.jsonl'], { cwd });
    const migrated = await runCli(['migrate', '--json'], { cwd });
    expect(JSON.parse(migrated.stdout)).toEqual({ applied: [], topics: [] });
  });

  it('doctor names what fails and how to mend it', async () => {
    const good = await runCli(['doctor', '--json'], { cwd, env: { PORT: '0' } });
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout).checks.every(({ ok }: { ok: boolean }) => ok)).toBe(true);
    const bad = await runCli(['doctor'], { cwd, env: { PORT: '0', WINDOW: 'soon' } });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain('WINDOW: expected a window, such as 5m');
  });
});

describe('wrong usage ends with 2 and says what to do', () => {
  it.each([
    [['replay', 'nowhere.jsonl'], 'nowhere.jsonl'],
    [['replay', 'a.jsonl', '--window', 'soon'], 'expected a window'],
    [['compare', 'a.jsonl'], "missing required argument 'current'"],
    [['nonsense'], "unknown command 'nonsense'"],
    [['compare', 'a.jsonl', 'b.jsonl', '--family-wise', '2'], 'between 0 and 1'],
    [['fairness', 'a.jsonl', '--label', 'score:correct'], 'expected beside a label what was given'],
    [
      ['fairness', 'a.jsonl', '--prediction', 'latency_ms', '--label', 'score:correct'],
      'prediction: expected score:NAME',
    ],
  ])('%j', async (args, message) => {
    const { code, stderr } = await runCli(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('help is no failure, and has examples', async () => {
    for (const command of [
      'serve',
      'demo',
      'replay',
      'compare',
      'fairness',
      'import',
      'migrate',
      'keys',
      'rules',
      'doctor',
    ]) {
      const { code, stdout } = await runCli([command, '--help'], { cwd });
      expect(code).toBe(0);
      expect(stdout).toContain('Examples:');
    }
  });
});
