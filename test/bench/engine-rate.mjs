// Run by load/records.mjs in a process of its own: the engine's rate from a file of records into the migrated table.
import { join } from 'node:path';
import { openMigratedStore } from '../../dist/app/store.js';
import { parseConfig } from '../../dist/core/config.js';

const [folder, file] = process.argv.slice(2);
const RUNS = 3;
const { store } = await openMigratedStore(parseConfig({ DATA_DIR: join(folder, 'engine') }));
const runs = [];
const cpuMicros = [];
for (let run = 0; run < RUNS; run++) {
  await store.command('TRUNCATE TABLE inferences');
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  await store.command(
    `INSERT INTO inferences (id, timestamp, model, version, prompt, response, latency_ms, output_tokens, input_tokens, attributes, scores, received_at)
     SELECT id, timestamp, model, version, prompt, response, latency_ms, output_tokens, input_tokens, attributes, scores, now64(3)
       FROM file('${file}', 'JSONEachRow', 'id String, timestamp DateTime64(3, ''UTC''), model String, version String, prompt String, response String, latency_ms Float64, output_tokens UInt64, input_tokens UInt64, attributes Map(String, String), scores Map(String, Float64)')
     SETTINGS date_time_input_format = 'best_effort'`,
  );
  const [{ rows }] = await store.rows('SELECT count() AS rows FROM inferences');
  runs.push((rows * 1000) / (performance.now() - startMs));
  const { user, system } = process.cpuUsage(cpu);
  cpuMicros.push((user + system) / rows);
}
await store.close();
const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
/** CPU time of a row in microseconds is seconds of a million rows. */
process.stdout.write(JSON.stringify({ median: middle(runs), runs, cpuMicrosPerRow: middle(cpuMicros) }));
