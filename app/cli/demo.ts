import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type Clock, catchUpClock, systemClock } from '../../core/clock.ts';
import type { Config } from '../../core/config.ts';
import { AppError } from '../../core/errors.ts';
import type { Inference } from '../../core/inference.ts';
import { createLogger } from '../../core/log.ts';
import { packageRoot } from '../../core/package-root.ts';
import { ROLES } from '../../core/roles.ts';
import { type Service, startService } from '../service.ts';
import { openMigratedStore } from '../store.ts';
import type { World } from './command.ts';
import { demoRecords, readDemoData } from './demo-records.ts';
import { renderIncident } from './render/incident.ts';
import { type Progress, startProgress } from './render/progress.ts';

/** Hours of traffic, and how fast they pass: four hours in a minute. */
const SPAN_MS = 4 * 3_600_000;
const PLAY_MS = 60_000;
/** Records are posted this often. */
const STEP_MS = 250;

/** `plumbline demo`: the main job on real inferences. */
export function addDemo(program: Command, world: World): void {
  program
    .command('demo')
    .summary('see it at work on real inferences')
    .description(
      'Starts embedded in a temporary folder, streams 4,000 real inferences of GPT-4 and GPT-3.5 (the versions of March, then of June 2023; LLMDrift, Apache-2.0) with the rhythm of real arrivals, four hours squeezed into a minute, and prints what it finds as it finds it. Then it waits for your own records, until Ctrl-C.',
    )
    .option('--records', 'print the records as JSON lines instead')
    .option('--exit', 'end when the last record has been judged')
    .option('--hide-versions', 'leave the version out: the change must be found, not declared')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline demo\n  plumbline demo --hide-versions --exit\n  plumbline demo --records > records.jsonl',
    )
    .action(async (options: { records?: boolean; exit?: boolean; hideVersions?: boolean }) => {
      const endAt = new Date();
      const records = demoRecords(readDemoData(join(packageRoot, 'demo')), {
        endAt,
        spanMs: SPAN_MS,
        idPrefix: `demo-${endAt.getTime()}-`,
        seed: 1,
      }).map((record) => (options.hideVersions ? withoutVersion(record) : record));
      if (options.records) {
        for (const record of records) world.print(`${JSON.stringify(record)}\n`);
        return;
      }
      await runDemo(records, options.exit === true, world);
    });
}

function withoutVersion({ version: _, ...record }: Inference): Inference {
  return record;
}

async function runDemo(records: readonly Inference[], endsItself: boolean, world: World): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-demo-'));
  const config: Config = {
    ...world.config(),
    CLICKHOUSE_URL: undefined,
    KAFKA_BROKERS: undefined,
    ROLES,
    DATA_DIR: folder,
    // A minute is not enough to embed every text on two cores; a sample shows the same.
    EMBEDDINGS_PER_SECOND_MAX: 10,
    // At this speed half an hour passes in eight seconds.
    LATENESS: 60_000,
    BASELINE_ROWS: 300,
  };
  const startAt = new Date(Date.parse(records[0]?.timestamp ?? '') - 1_000);
  const clock = catchUpClock({ startAt, speed: SPAN_MS / PLAY_MS, base: systemClock });
  const { store } = await openMigratedStore(config);
  try {
    const progress = startProgress({ label: 'demo', noun: 'inferences' }, world.stderr, {
      terminal: world.err,
      nowMs: () => performance.now(),
    });
    const service = await startService(store, null, {
      env: world.env,
      config,
      clock,
      log: createLogger(config.LOG_LEVEL === 'info' ? 'warn' : config.LOG_LEVEL),
      baselineFor: async () => null,
      onChange({ incident, reason }) {
        if (reason !== 'opened' || incident.mutedBy !== '') return;
        progress.clear();
        world.print(`${renderIncident(incident, world.out)}\n`);
      },
    });
    world.tell(opening(service.url, records.length));
    if (service.sourceUrl)
      world.tell(`Grafana reads from ${service.sourceUrl} (ClickHouse, protocol HTTP).\n`);
    try {
      await play(records, { service, clock, progress, world });
      progress.clear();
      if (!world.interrupted.aborted) world.tell(closing(service.url));
      if (endsItself) await settled(service);
      else if (!world.interrupted.aborted) await once(world.interrupted, 'abort');
    } finally {
      progress.clear();
      await service.stop();
    }
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Playing {
  readonly service: Service;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly world: World;
}

/** Posts each record when the clock reaches its timestamp, over HTTP as any client would. */
async function play(
  records: readonly Inference[],
  { service, clock, progress, world }: Playing,
): Promise<void> {
  let sent = 0;
  while (sent < records.length && !world.interrupted.aborted) {
    const now = clock.now().getTime();
    let end = sent;
    while (end < records.length && Date.parse(records[end]?.timestamp ?? '') <= now) end++;
    if (end > sent) {
      await post(service.url, records.slice(sent, end));
      sent = end;
      progress.update({ count: sent, doneShare: sent / records.length });
    }
    await sleep(STEP_MS);
  }
}

async function post(url: string, records: readonly Inference[]): Promise<void> {
  const body = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const response = await fetch(`${url}/v1/inferences`, { method: 'POST', body });
  if (!response.ok) {
    throw new AppError(
      'upstream_unavailable',
      `the demo's own server answered ${response.status}: ${await response.text()}`,
    );
  }
}

/** Time for the last windows to close and be judged. */
async function settled(service: Service): Promise<void> {
  await sleep(2_000);
  await service.analyzeNow();
}

function opening(url: string, count: number): string {
  return `Plumbline is watching ${count} real inferences arrive: GPT-4 and GPT-3.5, first the versions of March 2023,
then, after two of four hours, those of June. Four hours pass in a minute. Watch it at ${url}

`;
}

function closing(url: string): string {
  return `
That was all. The page stays at ${url}; now send it one of your own:

  curl ${url}/v1/inferences -d '{"timestamp":"'$(date -u +%FT%TZ)'","model":"my-model","prompt":"Hi","response":"Hello!","latency_ms":812}'

Ctrl-C ends it; the demo keeps nothing.
`;
}
