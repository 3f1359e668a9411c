// What the page asks, by way of its own routes, on a store that `-- panels --rows 10000000 --data FOLDER` has left:
// `-- page --data FOLDER --runs 7`. Findings and incidents are left out; panels have a benchmark of their own.
import { loadavg } from 'node:os';
import express from 'express';
import { viewRoutes } from '../../dist/app/http/views/view-routes.js';
import { viewReader } from '../../dist/app/view-reader.js';
import { openStore } from '../../dist/sql/client.js';

const PROCESS = { ready: true, checks: [], warnings: [], loops: [], figures: [] };
const STREAM = 'project=default&model=gpt&version=1';
const QUESTIONS = [
  ['overview', 'overview'],
  ['model', `stream?${STREAM}`],
  ['model, 24 hours', `series?${STREAM}&range=24h`],
  ['model, 7 days', `series?${STREAM}&range=7d`],
  ['model, all', `series?${STREAM}&range=all`],
  ['segments, 24 hours', `segments?${STREAM}&range=24h`],
  ['segments, all', `segments?${STREAM}&range=all`],
  ['rules', 'rules'],
  ['pipeline', 'pipeline'],
];

export async function bench(args) {
  const option = (name, fallback) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
  const folder = option('--data', null);
  if (folder === null) throw new Error('name a store: --data FOLDER, made by panels --data FOLDER');
  const runs = Number(option('--runs', 7));
  const store = await openStore({ kind: 'embedded', path: folder });
  const [{ rows, until }] = await store.rows(
    'SELECT count() AS rows, toUnixTimestamp(max(timestamp)) AS until FROM inferences',
  );
  const clock = { now: () => new Date(Number(until) * 1000) };
  const reader = {
    ...viewReader(store, {
      process: async () => PROCESS,
      alertSettings: () => ({ source: '', rules: [], receivers: [] }),
    }),
    // That store has their columns, and not their bodies.
    latestFindings: async () => [],
    incidentList: async () => [],
  };
  const server = express()
    .use(viewRoutes({ reader, clock, projectOf: () => '' }))
    .listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(
    `${rows} inferences; load ${loadavg()[0].toFixed(1)}; ms, median and p95 of ${runs}\n`,
  );
  for (const [name, path] of QUESTIONS) {
    const took = [];
    for (let run = 0; run <= runs; run++) {
      const start = performance.now();
      const answer = await fetch(`${base}/${path}`);
      const text = await answer.text();
      if (!answer.ok || text.length < 10) throw new Error(`${path}: ${answer.status} ${text.slice(0, 400)}`);
      // The first one warms the engine.
      if (run > 0) took.push(performance.now() - start);
    }
    took.sort((a, b) => a - b);
    const at = (share) => Math.round(took[Math.min(took.length - 1, Math.floor(share * took.length))]);
    process.stdout.write(
      `${name.padEnd(22)} ${String(at(0.5)).padStart(6)} ${String(at(0.95)).padStart(6)}\n`,
    );
  }
  server.close();
  await store.close();
}
