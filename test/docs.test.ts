import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { docBlocks, missingLine } from './support/doc-blocks.ts';
import { BLOCK_MS_MAX, documentsWith, runBlock } from './support/run-block.ts';

// Runs the commands that README and docs show; CONTRIBUTING.md says which.

const folder = mkdtempSync(join(tmpdir(), 'plumbline-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(documentsWith('run'))('$path', ({ path, blocks }) => {
  it.each(blocks)(
    'line $line',
    async ({ script, output }) => {
      const stdout = await runBlock(script, { cwd: join(folder, path.replaceAll('/', '-')) });
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
    await expect(runBlock('false | cat', { cwd: folder })).rejects.toThrow();
    expect(await runBlock('command -v plumbline', { cwd: folder })).toContain('.bin/plumbline');
  });
});
