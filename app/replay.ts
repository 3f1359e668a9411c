import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultRuleSet } from '../alerts/rules/rules-file.ts';
import type { Config } from '../core/config.ts';
import type { Finding, StreamKey } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { createLogger } from '../core/log.ts';
import type { WindowSpec } from '../core/window.ts';
import type { Store } from '../sql/client.ts';
import { openInferenceWriter } from '../sql/insert.ts';
import { incidentList } from '../sql/queries/incident-list.ts';
import { latestFindings } from '../sql/queries/latest-findings.ts';
import { writeScores } from '../sql/queries/scores.ts';
import { rowsUntil, timeSpan } from '../sql/queries/windows.ts';
import { alertsOf } from './alerting/alerts-in-force.ts';
import { openAlerting } from './alerting/open-alerting.ts';
import { createStep, type GivenBaseline } from './analysis.ts';
import { baselineSource } from './baselines.ts';
import { openIngestPath, type RecordFault } from './ingest-path.ts';
import { readMonitors } from './monitors/open-monitors.ts';
import { prioritiesOf } from './monitors/priorities.ts';
import { openPipeline } from './pipeline.ts';
import { openMigratedStore } from './store.ts';
import { watchBounds } from './watch-settings.ts';

export interface ReplayOptions {
  readonly config: Config;
  readonly window: WindowSpec;
  /** Null: the first part of each stream is its baseline. */
  readonly baselineFor: ((key: StreamKey) => Promise<GivenBaseline | null>) | null;
  /** Rows of the first part, without a baseline. */
  readonly baselineRows: number;
  readonly interrupted: AbortSignal;
}

export interface ReplaySteps {
  /** Called with every chunk stored. */
  onStored(rows: number): void;
  onRejected(faults: readonly RecordFault[], chunk: { file: string; lines: readonly number[] }): void;
  onWindows(windows: number): void;
  /** Called as an incident opens, changes and closes. */
  onIncident(incident: Incident, reason: string): void;
}

export interface ReplayedIncident extends Incident {
  /** Inferences of the whole stream, in order of time, up to the end of the window that opened it. */
  readonly openedAfterInferences: number;
  /** The same, of its own model and version. */
  readonly openedAfterInferencesOfStream: number;
}

export interface ReplayResult {
  readonly inferences: number;
  readonly rejected: number;
  readonly windows: number;
  readonly incidents: readonly ReplayedIncident[];
  /** Signals whose last word was that they need more rows. */
  readonly notEnoughData: readonly Finding[];
}

interface Chunk {
  readonly body: Uint8Array;
  readonly file: string;
  readonly lines: readonly number[];
}

/** By the rules that are shipped, and telling nobody. */
const REPLAYED = alertsOf(defaultRuleSet());

/** Streams recorded inferences through the whole pipeline, a store of its own included, in event time. */
export async function replay(
  chunks: AsyncIterable<Chunk>,
  options: ReplayOptions,
  steps: ReplaySteps,
): Promise<ReplayResult> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-replay-'));
  try {
    const config: Config = { ...options.config, CLICKHOUSE_URL: undefined, DATA_DIR: folder };
    const { store } = await openMigratedStore(config);
    try {
      return await replayInto(store, chunks, { ...options, config }, steps);
    } finally {
      await store.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function replayInto(
  store: Store,
  chunks: AsyncIterable<Chunk>,
  options: ReplayOptions,
  steps: ReplaySteps,
): Promise<ReplayResult> {
  const { config, window, interrupted } = options;
  const settings = readMonitors(config.MONITORS_FILE);
  const alerting = await openAlerting(store, {
    now: () => new Date(),
    circumstances: () => ({
      ...REPLAYED,
      silences: [],
      acknowledgements: new Map(),
      closings: new Set(),
      causes: new Map(),
    }),
    log: createLogger('silent'),
    onChange: ({ incident, reason }) => steps.onIncident(incident, reason),
  });
  const pipeline = await openPipeline(store, {
    ...watchBounds(config),
    window,
    step: createStep({
      window,
      baselineRows: options.baselineRows,
      baselineFor: options.baselineFor ?? (async () => null),
      monitors: () => settings.monitors,
      monitorBaseline: (setting) => baselineSource(setting, store, async () => []),
    }),
    priorities: () => prioritiesOf(settings),
    alert: () => alerting.turn(),
  });
  const writer = await openInferenceWriter(store, { idsMax: config.IDS_IN_MEMORY_MAX });
  const path = await openIngestPath(config, {
    insertInferences: async (block) => pipeline.touch(await writer.insert(block)),
    insertScores: (block) => writeScores(store, block.lines),
  });
  let rejected = 0;
  try {
    for await (const chunk of chunks) {
      interrupted.throwIfAborted();
      const outcome = await path.submit('inference', chunk.body);
      rejected += outcome.rejectedCount;
      if (outcome.rejected.length > 0) steps.onRejected(outcome.rejected, chunk);
      steps.onStored(outcome.accepted);
    }
  } finally {
    await path.stop();
  }
  const { inferences, lastAt } = await timeSpan(store);
  // Everything is in: a window that has not filled up will not fill up any more.
  const end = new Date(lastAt.getTime() + (window.kind === 'time' ? window.ms : 1));
  let windows = 0;
  for (let hasMore = true; hasMore; ) {
    interrupted.throwIfAborted();
    const turn = await pipeline.turn(end);
    windows += turn.windows;
    hasMore = turn.hasMore;
    steps.onWindows(windows);
  }
  return {
    inferences,
    rejected,
    windows,
    incidents: await incidentsOf(store),
    notEnoughData: await needy(store),
  };
}

const INCIDENTS_MAX = 10_000;

async function incidentsOf(store: Store): Promise<ReplayedIncident[]> {
  const incidents = await incidentList(store, {
    project: '',
    stream: null,
    state: 'all',
    limit: INCIDENTS_MAX,
  });
  const inOrder = [...incidents].sort(
    (a, b) => a.openedAt.getTime() - b.openedAt.getTime() || (a.id < b.id ? -1 : 1),
  );
  return Promise.all(
    inOrder.map(async (incident) => {
      const [all, ofStream] = await Promise.all([
        rowsUntil(store, incident.openedAt, null),
        rowsUntil(store, incident.openedAt, incident),
      ]);
      return { ...incident, openedAfterInferences: all, openedAfterInferencesOfStream: ofStream };
    }),
  );
}

async function needy(store: Store): Promise<Finding[]> {
  const everything = { project: '', stream: null, segment: '', since: new Date(0) };
  return (await latestFindings(store, everything)).filter(({ outcome }) => outcome === 'not_enough_data');
}
