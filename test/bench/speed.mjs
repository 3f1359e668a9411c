// Streams × signals judged from the store's aggregates, through the schedule with all that it reads and writes: windows of an
// hour, 200 segments and the whole, 50 signals. `-- speed --inferences 1000000 --segments 200 --signals 50 --windows 4`.
// `-- speed --slope`: 1, 2, 4 and 8 million inferences a day, each in a process of its own, and the power law through them.
// The hours are made by the engine, as `rollUp` leaves them: bins of a lognormal number, or a rate in every third signal, and one mix
// of categories. Every family of detectors runs; nothing is in the table of inferences, so that what sessions cost (a query of at most
// 20,000 inferences a window) and groups (`-- groups`) is not in it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultMonitors } from '../../dist/analyzers/monitors-file.js';
import { openAnalysis } from '../../dist/analyzers/schedule.js';
import { createStep } from '../../dist/app/analysis.js';
import { openAnalysisStore } from '../../dist/app/analysis-store.js';
import { familiesOf } from '../../dist/app/watch-settings.js';
import { parseConfig } from '../../dist/core/config.js';
import { openStore } from '../../dist/sql/client.js';
import { migrate } from '../../dist/sql/migrate.js';
import { RETENTION } from './retention.mjs';

const HOUR_MS = 3_600_000;
const log = (text) => process.stdout.write(`${text}\n`);

/** One hour: the whole has all rows, a segment of each attribute of 20 values one in twenty; bins by quantile. */
const hour = ({ atMs, rows, segments, signals, bins }) => `
  INSERT INTO TABLE (project, bucket, model, version, segment, signal, revision, is_deleted, count, sum, sum_squares, bins, categories)
  SELECT 'p', toDateTime(${atMs / 1000}, 'UTC'), 'm', '1', if(s = 0, '', concat('a', toString(intDiv(s - 1, 20)), '=', toString(s))) AS segment,
         multiIf(g = 0, 'inferences', g = ${signals + 1}, 'finish_reason', concat('score:s', toString(g))) AS signal, toUInt64(${Date.now()}) * 2, 0,
         if(s = 0, ${rows}, intDiv(${rows}, 20)) AS n, n * 1., n * 1.,
         if(g = 0 OR g = ${signals + 1}, map(), if(g % 3 = 0,
            map(toInt16(0), toUInt64(n - intDiv(n, 20) - cityHash64(s, g, ${atMs}) % 9), toInt16(5000), toUInt64(intDiv(n, 20) + cityHash64(s, g, ${atMs}) % 9)),
            CAST(arrayMap(b -> (toInt16(5400 + b), greatest(toUInt64(1), toUInt64(n / ${bins} * (0.5 + (cityHash64(b, s, g, ${atMs}) % 1000) / 1000)))), range(${bins})), 'Map(Int16, UInt64)'))),
         if(g = ${signals + 1}, map('stop', toUInt64(n * 0.95), 'length', toUInt64(n * 0.05)), map())
    FROM (SELECT number % ${segments + 1} AS s, intDiv(number, ${segments + 1}) AS g FROM numbers(${(segments + 1) * (signals + 2)}))`;

async function measure({ inferences, segments, signals, windows }) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-speed-'));
  const store = await openStore({ kind: 'embedded', path: folder });
  try {
    await migrate(store, { retention: RETENTION, cluster: null });
    const startMs = Date.UTC(2026, 10, 22);
    // A day's traffic, spread evenly; a lognormal number of σ 0.6 fills about 300 bins, fewer with few rows.
    const rows = Math.round(inferences / 24);
    const bins = Math.min(300, Math.max(10, Math.round(rows / 20 / 3)));
    for (let window = 0; window < windows; window++)
      for (const table of ['rollup_hour', 'rollup_minute'])
        await store.command(
          hour({ atMs: startMs + window * HOUR_MS, rows, segments, signals, bins }).replace('TABLE', table),
        );
    const spent = {};
    const analysisStore = await openAnalysisStore(store, {
      late: { inferencesMs: HOUR_MS, scoresMs: HOUR_MS },
      rolledAt: () => new Date(),
    });
    const timed = Object.fromEntries(
      Object.entries(analysisStore).map(([name, ask]) => [
        name,
        (...args) => {
          const fromMs = performance.now();
          const answer = ask(...args);
          if (!(answer instanceof Promise)) return answer;
          return answer.finally(() => {
            spent[name] = (spent[name] ?? 0) + performance.now() - fromMs;
          });
        },
      ]),
    );
    const stepper = createStep({
      window: { kind: 'time', ms: HOUR_MS },
      baselineRows: 500,
      baselineFor: async () => null,
      monitors: defaultMonitors,
      families: familiesOf(store, parseConfig({})),
    });
    const step = async (...args) => {
      const fromMs = performance.now();
      const answer = await stepper(...args);
      spent.detectors = (spent.detectors ?? 0) + performance.now() - fromMs;
      return answer;
    };
    const analysis = await openAnalysis(timed, {
      window: { kind: 'time', ms: HOUR_MS },
      step,
      falsePagesPerMonth: 1,
      signalsMax: 1e6,
    });
    const each = [];
    let cpuMs = 0;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().heapUsed);
    }, 20);
    for (let window = 1; window <= windows; window++) {
      for (const name of Object.keys(spent)) spent[name] = 0;
      const fromMs = performance.now();
      const before = process.cpuUsage();
      await analysis.turn(new Date(startMs + window * HOUR_MS));
      each.push(performance.now() - fromMs);
      const { user, system } = process.cpuUsage(before);
      cpuMs = (user + system) / 1000;
    }
    clearInterval(watch);
    return { bins, each, cpuMs, spent: { ...spent }, peak, rss: process.resourceUsage().maxRSS * 1024 };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function bench(args) {
  const value = (name, fallback) =>
    Number(args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : fallback);
  const plan = {
    segments: value('segments', 200),
    signals: value('signals', 50),
    windows: value('windows', 4),
  };
  if (args.includes('--json')) {
    log(JSON.stringify(await measure({ inferences: value('inferences', 1_000_000), ...plan })));
    return;
  }
  if (args.includes('--slope')) {
    slope(plan);
    return;
  }
  const sizes = args.includes('--inferences') ? [value('inferences', 0)] : [100_000, 1_000_000, 10_000_000];
  log(
    `load ${loadavg()[0].toFixed(1)}; ${plan.segments + 1} streams × ${plan.signals} signals, windows of an hour`,
  );
  for (const inferences of sizes) {
    const { bins, each, spent, peak, rss } = await measure({ inferences, ...plan });
    const parts = Object.entries(spent)
      .filter(([, ms]) => ms >= 50)
      .sort(([, a], [, b]) => b - a)
      .map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)}`);
    log(
      `${inferences} inferences a day, ${bins} bins: each window ${each.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s; heap at most ${Math.round(peak / 1e6)} MB, resident at most ${Math.round(rss / 1e6)} MB`,
    );
    log(`  the last window: ${parts.join(', ')} s`);
  }
}

const SLOPE_SIZES = [1e6, 2e6, 4e6, 8e6];
const GOAL = 1e8;

/** The last window of each size: CPU of all of it, of the detectors (they wait for nothing), and memory. */
function slope(plan) {
  log(
    `load ${loadavg()[0].toFixed(1)}; ${plan.segments + 1} streams × ${plan.signals} signals, the last of ${plan.windows} windows of an hour`,
  );
  const points = SLOPE_SIZES.map((inferences) => {
    const options = Object.entries({ inferences, ...plan }).flatMap(([name, n]) => [`--${name}`, String(n)]);
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [process.argv[1], 'speed', '--json', ...options],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    const { bins, cpuMs, each, spent, rss } = JSON.parse(stdout.trim().split('\n').at(-1));
    const point = { inferences, cpuS: cpuMs / 1000, rssMb: rss / 1e6 };
    log(
      `${inferences / 1e6} M a day, ${bins} bins: ${(each.at(-1) / 1000).toFixed(1)} s, CPU ${point.cpuS.toFixed(1)} s (detectors ${((spent.detectors ?? 0) / 1000).toFixed(1)}), resident at most ${Math.round(point.rssMb)} MB`,
    );
    return point;
  });
  for (const [name, of] of [
    ['CPU, s', ({ cpuS }) => cpuS],
    ['resident, MB', ({ rssMb }) => rssMb],
  ]) {
    const { exponent, at } = powerLaw(points.map((point) => [point.inferences, of(point)]));
    log(`${name}: grows as inferences to the power ${exponent.toFixed(2)}; at 100 M ${at(GOAL).toFixed(1)}`);
  }
}

/** Least squares in logarithms. */
function powerLaw(points) {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (place) => logs.reduce((sum, one) => sum + one[place], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const exponent =
    logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) /
    logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return { exponent, at: (x) => Math.exp(my + exponent * (Math.log(x) - mx)) };
}
