import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../core/package-root.ts';
import { docBlocks, missingLine } from './support/doc-blocks.ts';

// Runs the commands that README and docs show. Tags: test/support/doc-blocks.ts and CONTRIBUTING.md.

const BLOCK_MS_MAX = 60_000;
const command = join(packageRoot, 'dist/app/main.js');
const folder = mkdtempSync(join(tmpdir(), 'plumbline-docs-'));

const documents = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs')]
  .map((path) => ({ path, blocks: docBlocks(readFileSync(join(packageRoot, path), 'utf8')) }))
  .map(({ path, blocks }) => ({ path, blocks: blocks.filter(({ kind }) => kind === 'run') }))
  .filter(({ blocks }) => blocks.length > 0);

function markdownIn(under: string): string[] {
  return readdirSync(join(packageRoot, under), { withFileTypes: true }).flatMap((entry) => {
    const path = join(under, entry.name);
    if (entry.isDirectory()) return markdownIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

beforeAll(() => {
  if (!existsSync(command)) throw new Error('dist/app/main.js is missing; run npm run build first');
  mkdirSync(join(folder, 'bin'));
  symlinkSync(command, join(folder, 'bin/plumbline'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a block where the document's earlier blocks have left their files. */
async function run(script: string, cwd: string): Promise<string> {
  mkdirSync(cwd, { recursive: true });
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    timeout: BLOCK_MS_MAX,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: cwd,
      TMPDIR: cwd,
      LANG: 'C.UTF-8',
    },
  });
  return stdout;
}

describe.each(documents)('$path', ({ path, blocks }) => {
  it.each(blocks)(
    'line $line',
    async ({ script, output }) => {
      const stdout = await run(script, join(folder, path.replaceAll('/', '-')));
      if (output !== null) expect(missingLine(output, stdout), `in:\n${stdout}`).toBeNull();
    },
    BLOCK_MS_MAX + 5000,
  );
});

describe('the reading of documents', () => {
  const markdown = [
    '```sh',
    'never run',
    '```',
    '```sh run',
    'echo one; echo two; echo 3 ms',
    '```',
    'prints',
    '```text output',
    'one',
    '… ms',
    '```',
    '```sh server',
    'curl',
    '```',
  ].join('\n');

  it('takes only tagged blocks, with the output that follows', () => {
    expect(docBlocks(markdown)).toEqual([
      { line: 4, kind: 'run', script: 'echo one; echo two; echo 3 ms\n', output: 'one\n… ms\n' },
      { line: 12, kind: 'server', script: 'curl\n', output: null },
    ]);
  });

  it('finds a line that is missing, different or out of order', () => {
    expect(missingLine('one\n… ms\n', 'one\ntwo\n3 ms\n')).toBeNull();
    expect(missingLine('two\none\n', 'one\ntwo\n')).toBe('one');
    expect(missingLine('(a)', 'a')).toBe('(a)');
  });

  it('fails a block whose command fails, also in the middle of a pipe', async () => {
    await expect(run('false | cat', folder)).rejects.toThrow();
    expect(await run('command -v plumbline', folder)).toContain('bin/plumbline');
  });
});
