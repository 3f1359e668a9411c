import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';

/** Names of the pages in docs/runbooks, which a rule may give as its runbook. */
export function runbookNames(): string[] {
  return readdirSync(join(packageRoot, 'docs', 'runbooks'))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => basename(name, '.md'))
    .sort();
}
