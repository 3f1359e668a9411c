import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import express from 'express';
import { alertRoutes } from '../../app/http/alerts.ts';
import { errorHandler } from '../../app/http/errors.ts';
import { createChangeFeed } from '../../app/http/views/changes.ts';
import { pageFiles } from '../../app/http/views/page-files.ts';
import type { ViewReader } from '../../app/http/views/view-reader.ts';
import { viewRoutes } from '../../app/http/views/view-routes.ts';
import { createLogger } from '../../core/log.ts';
import { packageRoot } from '../../core/package-root.ts';
import { fixtureDesk } from './fixture/desk.ts';
import { NOW } from './fixture/streams.ts';

export interface ServedPage {
  readonly url: string;
  /** Everything the page loads. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

/** Builds the page as build.mjs does, into a folder of its own, and serves it with a reader behind the real routes. */
export async function servePage(reader: ViewReader): Promise<ServedPage> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-page-'));
  const source = join(packageRoot, 'dashboards/page');
  await build({
    entryPoints: [join(source, 'src/main.tsx')],
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: true,
    chunkNames: '[name]',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outdir: folder,
    logLevel: 'warning',
  });
  cpSync(join(source, 'public'), folder, { recursive: true });
  const app = express();
  const clock = { now: () => NOW };
  app.use('/v1', alertRoutes({ desk: fixtureDesk, projectOf: () => '' }));
  const changes = createChangeFeed(reader, clock);
  app.use('/api', changes.router, viewRoutes({ reader, clock, projectOf: () => '' }));
  app.use(pageFiles(folder), errorHandler(createLogger('silent')));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    folder,
    stop: async () => {
      changes.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
