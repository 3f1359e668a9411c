import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';

const FOLDER = join(packageRoot, 'docs', 'runbooks');

/** Names of the pages in docs/runbooks, which a rule may give as its runbook. */
export function runbookNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => basename(name, '.md'))
    .sort();
}

/** The Markdown of one of docs/runbooks; null for what is none of `runbookNames`: no path is made of any other name. */
export async function readRunbook(name: string): Promise<string | null> {
  return runbookNames().includes(name) ? readFile(join(FOLDER, `${name}.md`), 'utf8') : null;
}
