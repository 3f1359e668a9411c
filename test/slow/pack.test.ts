import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';

// What `npm pack` packs runs where there is no checkout: a file that the list in package.json forgets shows here.

const folder = mkdtempSync(join(tmpdir(), 'plumbline-pack-'));
const installed = join(folder, 'package');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: packageRoot });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  execFileSync('tar', ['-xzf', tarball], { cwd: folder });
  // Dependencies as the checkout has them: the registry is not what is tested.
  symlinkSync(join(packageRoot, 'node_modules'), join(installed, 'node_modules'));
});

function plumbline(...args: string[]) {
  return spawnSync(process.execPath, [join(installed, 'dist/app/main.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder },
    timeout: 120_000,
  });
}

function records(count: number, responseOf: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      timestamp: new Date(Date.UTC(2026, 10, 22, 10) + index * 1000).toISOString(),
      model: 'm',
      prompt: `question ${index}`,
      response: responseOf(index),
    }),
  ).join('\n');
}

describe('the package', () => {
  it('knows its version', () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
    expect(plumbline('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it('compares two files, which takes migrations, signals, prices and store', () => {
    // No word comes twice, or the long answers would be loops, and the short ones better.
    const words = (count: number) => Array.from({ length: count }, (_, place) => `answer${place}`).join(' ');
    writeFileSync(
      join(folder, 'a.jsonl'),
      records(300, (index) => words(40 + (index % 7))),
    );
    writeFileSync(
      join(folder, 'b.jsonl'),
      records(300, (index) => words(3 + (index % 3))),
    );
    const { stdout, stderr } = plumbline('compare', 'a.jsonl', 'b.jsonl', '--json');
    expect(stderr).not.toContain('Error');
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'changed' });
  });

  it('holds the model, the demo and their licences', () => {
    expect(readdirSync(join(installed, 'demo')).sort()).toEqual([
      'README.md',
      'azure_arrivals.csv.gz',
      'llmdrift_prime.jsonl.gz',
    ]);
    const model = readdirSync(join(installed, 'analyzers/embed/model'));
    expect(model).toContain('model.onnx');
    expect(model.some((name) => /licen[cs]e/i.test(name))).toBe(true);
  });
});
