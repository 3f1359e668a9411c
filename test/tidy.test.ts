import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../core/package-root.ts';

// The rules of docs/STYLE.md that no linter knows.

const LINES_MAX = 300;
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.plumbline', '.reports', '.cache']);
const CODE = new Set(['.ts', '.tsx', '.mjs', '.cjs', '.sql']);
const TEXT = new Set([...CODE, '.css', '.html', '.md', '.json', '.yaml', '.yml', '.sh', '']);

const files = filesUnder('').filter((path) => TEXT.has(extname(path)));
const textOf = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

function filesUnder(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesUnder(path);
    // In a worktree `.git` is a file.
    return entry.isFile() && !SKIPPED.has(entry.name) ? [path] : [];
  });
}

/** Of the service, and of what is published alone. */
const MANIFESTS = ['package.json', 'sdk/package.json'];

/** Statistics whose oracle is not a file of their own in test/golden, with the place of their check. */
const GOLDEN_ELSEWHERE: Readonly<Record<string, string>> = {
  // scipy's tails, beside the categories that they are used for.
  'chi-squared': 'test/golden/categories.json',
  // The binomial law, added up.
  'mean-test': 'analyzers/stats/mean-test.test.ts',
};

describe('the tree', () => {
  it(`has no code file above ${LINES_MAX} lines`, () => {
    const long = files
      .filter((path) => CODE.has(extname(path)))
      .map((path) => ({ path, lines: textOf(path).split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > LINES_MAX && !path.endsWith('.test.ts'));
    expect(long).toEqual([]);
  });

  it('has an issue number at everything left to do', () => {
    const word = ['TO', 'DO'].join('');
    const unnumbered = files
      .filter((path) => CODE.has(extname(path)))
      .flatMap((path) =>
        textOf(path)
          .split('\n')
          .map((line) => ({ path, line })),
      )
      .filter(({ line }) => new RegExp(`\\b(${word}|FIX${'ME'}|X{3})\\b`).test(line))
      .filter(({ line }) => !new RegExp(`${word}\\(#\\d+\\)`).test(line));
    expect(unnumbered).toEqual([]);
  });

  it('checks every statistic against values that it did not make', () => {
    const stats = namesIn('analyzers/stats', '.ts').filter((name) => !name.endsWith('.test'));
    const golden = new Set([...namesIn('test/golden', '.json'), ...Object.keys(GOLDEN_ELSEWHERE)]);
    expect(stats.filter((name) => !golden.has(name))).toEqual([]);
    for (const [name, place] of Object.entries(GOLDEN_ELSEWHERE)) {
      expect(existsSync(join(packageRoot, place)), `${name}: ${place}`).toBe(true);
      expect(stats).toContain(name);
    }
  });

  // A registry that lacks a platform's package makes `npm install` drop it from the lock file, and `npm ci` refuse that.
  it('locks the optional packages of every platform', () => {
    const { packages } = JSON.parse(textOf('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}));
    const isLocked = (name: string) =>
      Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`));
    expect(wanted.filter((name) => !isLocked(name))).toEqual([]);
  });

  it('numbers its migrations and its decisions from 1 without a gap', () => {
    for (const [folder, extension] of [
      ['sql/migrations', '.sql'],
      ['docs/decisions', '.md'],
    ] as const) {
      const names = namesIn(folder, extension).sort();
      const numbers = names.map((name) => Number(/^(\d{4})-[a-z0-9-]+$/.exec(name)?.[1]));
      expect(numbers, folder).toEqual(numbers.map((_, index) => index + 1));
    }
  });

  it('is the one that the README shows', () => {
    const block = /```text tree\n([\s\S]*?)```/.exec(textOf('README.md'))?.[1] ?? '';
    const shown = [...block.matchAll(/^([a-z]+)\/ /gm)].map(([, name]) => name);
    const present = readdirSync(packageRoot, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name))
      .map((entry) => entry.name);
    expect([...shown].sort()).toEqual(present.sort());
  });

  it('names no path of the machine it was written on', () => {
    const machine = new RegExp(
      `(^|[\\s"'\`(=:])/(${['work', 'root', 'home', 'Users'].join('|')})/[a-z.]`,
      'm',
    );
    expect(files.filter((path) => path !== 'package-lock.json' && machine.test(textOf(path)))).toEqual([]);
  });

  it('says of every dependency why it is there', () => {
    const manifests = MANIFESTS.map((path) => JSON.parse(textOf(path)));
    const reasons = textOf('docs/decisions/0001-dependencies.md');
    const listed = [...reasons.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
    const used = manifests.flatMap(({ dependencies, devDependencies }) =>
      Object.keys({ ...dependencies, ...devDependencies }),
    );
    expect([...listed].sort()).toEqual(used.sort());
  });

  it('pins every dependency exactly', () => {
    const loose = MANIFESTS.map((path) => JSON.parse(textOf(path)))
      .flatMap(({ dependencies, devDependencies }) => Object.entries({ ...dependencies, ...devDependencies }))
      .filter(([, version]) => !/^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)));
    expect(loose).toEqual([]);
  });

  it('links only to files that exist', () => {
    const broken = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...textOf(path).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, target]) => ({
          path,
          target,
        })),
      )
      .filter(({ path, target }) => !existsSync(join(packageRoot, path, '..', String(target))));
    expect(broken).toEqual([]);
  });
});

/** Names without the extension of a folder's files; none when the folder is not there. */
function namesIn(folder: string, extension: string): string[] {
  if (!existsSync(join(packageRoot, folder))) return [];
  return readdirSync(join(packageRoot, folder))
    .filter((name) => name.endsWith(extension))
    .map((name) => basename(name, extension));
}
