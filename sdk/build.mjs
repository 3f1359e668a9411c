// Builds the package: the code for `require`, a door to it for `import`, and the types of both. No network, a few seconds.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const folder = import.meta.dirname;
const dist = join(folder, 'dist');
const declarations = join(dist, 'declarations');
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

await build({
  entryPoints: [join(folder, 'src/index.ts')],
  outfile: join(dist, 'index.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  // A host pays for each byte when it starts; the source is in the repository.
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});
// One copy of the code for both: two would have two queues, and would observe a client twice.
const names = Object.keys(createRequire(import.meta.url)('./dist/index.cjs'));
writeFileSync(join(dist, 'index.js'), `export { ${names.join(', ')} } from './index.cjs';\n`);

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', join(folder, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
const IMPORT = /from '(\.{1,2}\/[^']+?)\.(?:ts|js)'/g;
// Hosts without Node's own types have no `Symbol.asyncDispose` otherwise.
const DISPOSABLE = '/// <reference lib="esnext.disposable" />\n';
for (const name of reachable('index')) {
  const text = readFileSync(join(declarations, `${name}.d.ts`), 'utf8');
  const head = name === 'plumbline' ? DISPOSABLE : '';
  const place = join(dist, `${name}.d.cts`);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, head + text.replace(IMPORT, "from '$1.cjs'"));
}
writeFileSync(join(dist, 'index.d.ts'), "export * from './index.cjs';\n");
rmSync(declarations, { recursive: true });

/** Modules whose types the public ones name, by path without extension. */
function reachable(entry, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  const text = readFileSync(join(declarations, `${entry}.d.ts`), 'utf8');
  for (const [, path] of text.matchAll(IMPORT)) reachable(join(dirname(entry), path), found);
  return found;
}
