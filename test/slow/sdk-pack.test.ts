import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';

// The package as it is published, in projects that have nothing else.

const BYTES_MAX = 30_000;
const folder = mkdtempSync(join(tmpdir(), 'plumbline-sdk-pack-'));
let tarball: string;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: join(packageRoot, 'sdk') });
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
});

function project(name: string, files: Readonly<Record<string, string>>, type: 'module' | 'commonjs'): string {
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name, private: true, type }));
  execFileSync('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', tarball], {
    cwd: home,
  });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(home, path), text);
  return home;
}

const run = (cwd: string, ...args: string[]) =>
  spawnSync(process.execPath, args, { cwd, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } });

const HOST = `
const plumbline = createPlumbline({ url: '' });
const client = observe({ chat: {} });
withContext({ session: 's' }, () => observe.call(() => 4, { model: 'm' }));
console.log(typeof client, plumbline.isRecording, plumbline.track({ model: 'm' }) === '');
`;
const TYPED = `
import { createPlumbline, observe, type Plumbline, withContext } from '@plumbline/sdk';
class Client { #secret = 1; call(): number { return this.#secret; } }
const client: Client = observe(new Client());
const plumbline: Plumbline = createPlumbline({ url: '', mask: (record) => ({ ...record, user: 'x' }) });
const answer: Promise<{ text: string }> = plumbline.observeCall(async () => ({ text: 'hi' }), {
  model: 'm',
  result: ({ text }) => ({ response: text }),
});
const four: number = withContext({ groups: { g: 'a' } }, () => observe.call(() => 4, { model: 'm' }));
// @ts-expect-error a record has a model
plumbline.track({ prompt: 'p' });
export { answer, client, four };
`;

describe('the published package', () => {
  it(`is below ${BYTES_MAX} bytes, and depends on nothing`, () => {
    expect(statSync(tarball).size).toBeLessThan(BYTES_MAX);
    const manifest = createRequire(import.meta.url)('../../sdk/package.json');
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('peerDependencies');
  });

  it('runs in an empty ESM project and in an empty CommonJS project', () => {
    const names = 'createPlumbline, observe, withContext';
    const esm = project('esm', { 'host.js': `import { ${names} } from '@plumbline/sdk';${HOST}` }, 'module');
    const cjs = project(
      'cjs',
      { 'host.js': `const { ${names} } = require('@plumbline/sdk');${HOST}` },
      'commonjs',
    );
    for (const home of [esm, cjs]) {
      const { status, stdout, stderr } = run(home, 'host.js');
      expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: 'object false true\n' });
    }
  });

  it('is one, whichever way it is loaded', () => {
    const text = `import { createRequire } from 'node:module'; import * as esm from '@plumbline/sdk';
      console.log(createRequire(import.meta.url)('@plumbline/sdk').observe === esm.observe);`;
    const home = project('both', { 'host.js': text }, 'module');
    expect(run(home, 'host.js').stdout).toBe('true\n');
  });

  const resolutions = [
    ['node16', 'node16', 'module'],
    ['node16', 'node16', 'commonjs'],
    ['bundler', 'esnext', 'module'],
    ['node10', 'commonjs', 'commonjs'],
  ] as const;
  it.each(resolutions)(
    'has types under %s (%s, %s), without any of Node’s',
    (moduleResolution, module, type) => {
      const home = project(`types-${moduleResolution}-${type}`, { 'host.ts': TYPED }, type);
      const compilerOptions = {
        module,
        moduleResolution,
        target: 'es2022',
        lib: ['es2022', 'dom'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        types: [],
      };
      writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['host.ts'] }));
      const { status, stdout } = run(home, join(packageRoot, 'node_modules/typescript/bin/tsc'), '-p', '.');
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    },
  );

  it('has no fault that attw knows of', () => {
    const { status, stdout } = spawnSync(join(packageRoot, 'node_modules/.bin/attw'), [tarball], {
      encoding: 'utf8',
    });
    expect(status, stdout).toBe(0);
  });
});
