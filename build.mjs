// Compiles the service with tsc, bundles the page for the browser, and builds the SDK. No network, no cache: about ten seconds.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

const PAGE = 'dashboards/page';
if (existsSync(`${PAGE}/src/main.tsx`)) {
  await build({
    entryPoints: [`${PAGE}/src/main.tsx`],
    bundle: true,
    minify: true,
    format: 'esm',
    // What few visits need (the Markdown of runbooks) is a file of its own, asked for when it is needed.
    splitting: true,
    chunkNames: '[name]',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outdir: `dist/${PAGE}/public`,
    logLevel: 'warning',
  });
  cpSync(`${PAGE}/public`, `dist/${PAGE}/public`, { recursive: true });
}
// Not in the image of the service, whose build has no need of it.
if (existsSync('sdk/build.mjs')) await import('./sdk/build.mjs');
chmodSync('dist/app/main.js', 0o755);
