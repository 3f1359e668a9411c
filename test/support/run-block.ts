import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../core/package-root.ts';
import { type DocBlock, docBlocks } from './doc-blocks.ts';

/** The longest that a documented command may take. */
export const BLOCK_MS_MAX = 60_000;

const COMMAND = join(packageRoot, 'dist/app/main.js');

/** README, CONTRIBUTING and everything in docs that has blocks of the kind. */
export function documentsWith(kind: DocBlock['kind']): { path: string; blocks: DocBlock[] }[] {
  return ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs')]
    .map((path) => ({ path, blocks: docBlocks(readFileSync(join(packageRoot, path), 'utf8')) }))
    .map(({ path, blocks }) => ({ path, blocks: blocks.filter((block) => block.kind === kind) }))
    .filter(({ blocks }) => blocks.length > 0);
}

/**
 * Runs a documented script in a folder, made if need be, with the built `plumbline` on the path. What it leaves there
 * is there for the next one.
 *
 * @param env added to an environment that holds nothing of the caller's
 * @returns standard output
 * @throws when the script, or a command in it, ends with another code than 0
 */
export async function runBlock(
  script: string,
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Promise<string> {
  if (!existsSync(COMMAND)) throw new Error('dist/app/main.js is missing; run npm run build first');
  const bin = join(cwd, '.bin');
  mkdirSync(bin, { recursive: true });
  if (!existsSync(join(bin, 'plumbline'))) symlinkSync(COMMAND, join(bin, 'plumbline'));
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    timeout: BLOCK_MS_MAX,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: cwd,
      TMPDIR: cwd,
      LANG: 'C.UTF-8',
      ...env,
    },
  });
  return stdout;
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}
