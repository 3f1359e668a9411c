// Which way of inserting: blocks of 10,000 rows that answer when they are stored, or many small inserts that the server
// gathers (async_insert) and answers when they are stored. Same rows, same table, in one run. Embedded by default;
// `-- inserts --url http://127.0.0.1:8123` asks a server. `--rows 200000 --senders 16`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../dist/sql/client.js';
import { migrate } from '../../dist/sql/migrate.js';
import { RETENTION } from './retention.mjs';

const BLOCK_ROWS = 10_000;
const SMALL_ROWS = [1_000, 100, 10];
const RUNS = 3;
const COMMON = { date_time_input_format: 'best_effort' };
const ASYNC = { ...COMMON, async_insert: 1, wait_for_async_insert: 1 };

let nextId = 0;

/** Lines of about 1.7 kB, as in the ingest benchmark. */
function lines(count) {
  const response = 'The quick brown fox jumps over the lazy dog. '.repeat(33);
  const now = new Date().toISOString();
  let text = '';
  for (let i = 0; i < count; i++) {
    const id = String(nextId++).padStart(12, '0');
    text += `${JSON.stringify({ id, project: 'p', timestamp: now, received_at: now, model: 'm', version: '1', response: response + id, latency_ms: 800 + (nextId % 97) })}\n`;
  }
  return Buffer.from(text);
}

async function measure(store, { total, rows, settings, senders }) {
  await store.command('TRUNCATE TABLE inferences');
  const waits = [];
  let left = total;
  const sender = async () => {
    while (left > 0) {
      left -= rows;
      const block = lines(rows);
      const startMs = performance.now();
      await store.insertLines('inferences', block, settings);
      waits.push(performance.now() - startMs);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: senders }, sender));
  const perSecond = (total * 1000) / (performance.now() - startMs);
  const [{ stored }] = await store.rows('SELECT count() AS stored FROM inferences');
  if (Number(stored) < total) throw new Error(`${stored} of ${total} rows are stored`);
  waits.sort((a, b) => a - b);
  return { perSecond, waitMs: waits[Math.floor(waits.length * 0.99)] };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

export async function bench(args) {
  const option = (name, fallback) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
  const total = Number(option('--rows', 200_000));
  const senders = Number(option('--senders', 16));
  const url = option('--url', null);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const store = await openStore(
    url === null
      ? { kind: 'embedded', path: folder }
      : { kind: 'server', url, database: option('--database', 'default'), username: 'default', password: '' },
  );
  await migrate(store, { retention: RETENTION, cluster: null });
  const ways = [
    {
      name: `blocks of ${BLOCK_ROWS} rows, synchronous, 2 at once`,
      rows: BLOCK_ROWS,
      settings: COMMON,
      senders: 2,
    },
    ...SMALL_ROWS.flatMap((rows) => [
      { name: `${rows} rows, gathered by the server, ${senders} at once`, rows, settings: ASYNC, senders },
      { name: `${rows} rows, synchronous, ${senders} at once`, rows, settings: COMMON, senders },
    ]),
  ].map((way) => ({ ...way, total: Math.min(total, way.rows * 2_000), runs: [] }));
  // In turn, so that what else the machine does falls on all alike.
  for (let run = 0; run < RUNS; run++) for (const way of ways) way.runs.push(await measure(store, way));
  const [gathered] = await store.rows("SELECT value FROM system.events WHERE event = 'AsyncInsertQuery'");
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  if (!gathered) process.stdout.write('this engine does not gather: it took every insert as synchronous\n');
  const rate = (way) => median(way.runs.map(({ perSecond }) => perSecond));
  for (const way of ways) {
    process.stdout.write(
      `${way.name}: ${Math.round(rate(way))} rows/s, ${(rate(way) / rate(ways[0])).toFixed(2)} of the blocks' rate; wait p99 ${Math.round(median(way.runs.map(({ waitMs }) => waitMs)))} ms\n`,
    );
  }
}
