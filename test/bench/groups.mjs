// What the groups of one window cost the store, beside one plain pass over the same rows that counts one rate by group:
// `npm run bench -- groups [INFERENCES]`. Sessions of three, two attributes of 2 and 6 groups, 4 prompts, 2 models; and once
// more when each has one of 24 topics.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../dist/sql/client.js';
import { migrate } from '../../dist/sql/migrate.js';
import { groupStrata } from '../../dist/sql/queries/group-strata.js';
import { RETENTION } from './retention.mjs';

const SINCE_MS = Date.UTC(2026, 10, 22, 10);
const HOUR_MS = 3_600_000;
const BLOCK = 100_000;
const RUNS = 3;
const WHAT = { label: null, scores: null, strataMax: 256 };

const rowsFrom = (first, count) => `
  INSERT INTO inferences (project, id, timestamp, received_at, model, version, prompt_name, session, latency_ms, response_characters,
                          refusal, error, tone, groups, scores)
  SELECT 'p', toString(n), toDateTime64(${SINCE_MS / 1000}, 3) + n % 3600, now64(3), concat('m', toString(n % 2)), '1',
         concat('prompt', toString(n % 4)), toString(unit), 900 * exp(0.6 * randNormal(0, 1)), 700 * exp(randNormal(0, 1)),
         n % 50 = 0, n % 300 = 0, randNormal(0, .3),
         map('gender', if(cityHash64(unit) % 2 = 0, 'f', 'm'), 'age', toString(cityHash64(unit, 'age') % 6)), map('correct', n % 3 = 0)
    FROM (SELECT number + ${first} AS n, intDiv(n, 3) AS unit FROM numbers(${count}))`;
const TOPICS = `
  INSERT INTO projections (project, inference_id, timestamp, projected_at, model, prompt_topic)
  SELECT project, id, timestamp, received_at, model, concat('map:topic ', toString(cityHash64(id) % 24)) FROM inferences`;
const PLAIN = `
  SELECT arrayJoin(mapKeys(groups)) AS attribute, groups[attribute] AS own, count(), avg(refusal)
    FROM inferences FINAL GROUP BY attribute, own`;

async function cpuOf(ask) {
  const seconds = [];
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    await ask();
    const { user, system } = process.cpuUsage(before);
    seconds.push((user + system) / 1e6);
  }
  return seconds.sort((a, b) => a - b)[Math.floor(RUNS / 2)];
}

export async function bench([inferences = '1000000']) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-groups-'));
  const store = await openStore({ kind: 'embedded', path: folder });
  try {
    await migrate(store, { retention: RETENTION, cluster: null });
    for (let first = 0; first < Number(inferences); first += BLOCK)
      await store.command(rowsFrom(first, Math.min(BLOCK, Number(inferences) - first)));
    const range = { since: new Date(SINCE_MS), until: new Date(SINCE_MS + HOUR_MS) };
    const query = { ...range, stream: null, strataBy: [], bucketSeconds: HOUR_MS, pairBy: 'pair', ...WHAT };
    const plain = await cpuOf(() => store.rows(PLAIN));
    const groups = await cpuOf(() => groupStrata(store, query));
    await store.command(TOPICS);
    const topics = await cpuOf(() => groupStrata(store, query));
    console.log(
      `load ${loadavg()[0].toFixed(1)}; ${inferences} inferences of an hour: groups ${groups.toFixed(1)} s of CPU, ` +
        `${(groups / plain).toFixed(1)} times one plain pass (${plain.toFixed(2)} s); with topics ${topics.toFixed(1)} s; resident at most ${Math.round(process.resourceUsage().maxRSS / 1e3)} MB`,
    );
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
