// `npm run bench -- NAME`: runs one benchmark; each prints ratios measured in one run against a stated baseline.
import { readdirSync } from 'node:fs';

const names = readdirSync(new URL('.', import.meta.url))
  .filter(
    (file) =>
      file.endsWith('.mjs') &&
      ![
        'run.mjs',
        'engine-rate.mjs',
        'ingest-records.mjs',
        'panel-questions.mjs',
        'nab-score.mjs',
        'topics-rows.mjs',
        'retention.mjs',
        'calibration-world.mjs',
        'calibration-worker.mjs',
      ].includes(file),
  )
  .map((file) => file.slice(0, -'.mjs'.length));
const [name, ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- NAME\nNAME is one of: ${names.join(', ')}\n`);
  process.exit(2);
}
const { bench } = await import(`./${name}.mjs`);
await bench(args);
