import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultRuleSet } from '../alerts/rules/rules-file.ts';
import { defaultMonitors } from '../analyzers/monitors-file.ts';
import { parseConfig } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import { createLogger } from '../core/log.ts';
import type { WindowSpec } from '../core/window.ts';
import type { Store } from '../sql/client.ts';
import { incidentList } from '../sql/queries/incident-list.ts';
import { alertsOf } from './alerting/alerts-in-force.ts';
import { openAlerting } from './alerting/open-alerting.ts';
import { createStep } from './analysis.ts';
import { openPipeline } from './pipeline.ts';
import { openMigratedStore } from './store.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const BEFORE = 120;
const AFTER = 120;
const END = new Date(T0 + 3_600_000);
const DERIVED = [
  'rollup_minute',
  'rollup_hour',
  'findings',
  'incidents',
  'states',
  'stream_states',
  'rollup_late',
];

let folder: string;
let store: Store;

/** A model whose latency doubles, and whose refusals set in, after 120 of 240 inferences, one a second. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-pipeline-'));
  store = (await openMigratedStore(parseConfig({ DATA_DIR: folder }))).store;
  const lines = Array.from({ length: BEFORE + AFTER }, (_, i) => {
    const isAfter = i >= BEFORE;
    return `${JSON.stringify({
      project: 'p',
      id: `r${String(i).padStart(4, '0')}`,
      timestamp: new Date(T0 + i * 1_000).toISOString().replace('T', ' ').replace('Z', ''),
      received_at: '2026-11-22 12:00:00',
      model: 'm',
      latency_ms: (isAfter ? 2_000 : 1_000) + ((i * 37) % 100),
      refusal: isAfter && i % 2 ? 1 : 0,
    })}\n`;
  });
  await store.insertLines('inferences', Buffer.from(lines.join('')));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** The store, failing at the n-th write as if the process had been killed before it. */
function dyingStore(writes: number): Store {
  let left = writes;
  const spend = (): void => {
    if (left-- <= 0) throw new AppError('upstream_unavailable', 'killed');
  };
  return {
    ...store,
    async command(query, params) {
      spend();
      await store.command(query, params);
    },
    async insertLines(table, lines, settings) {
      spend();
      await store.insertLines(table, lines, settings);
    },
  };
}

async function run(on: Store, window: WindowSpec): Promise<void> {
  const alerting = await openAlerting(on, {
    now: () => new Date(),
    circumstances: () => ({
      ...alertsOf(defaultRuleSet()),
      silences: [],
      acknowledgements: new Map(),
      closings: new Set(),
      causes: new Map(),
    }),
    log: createLogger('silent'),
    onChange: () => {},
  });
  const pipeline = await openPipeline(on, {
    window,
    segments: { attributesMax: 2, valuesMax: 2 },
    late: { inferencesMs: 864e5, scoresMs: 30 * 864e5 },
    falsePagesPerMonth: 1,
    signalsMax: 1_000,
    step: createStep({
      window,
      baselineRows: 60,
      baselineFor: async () => null,
      monitors: () => defaultMonitors().map((monitor) => ({ ...monitor, segments: 'all' })),
    }),
    alert: () => alerting.turn(),
  });
  while ((await pipeline.turn(END)).hasMore);
}

async function outcome(): Promise<unknown> {
  const incidents = await incidentList(store, { project: '', stream: null, state: 'all', limit: 100 });
  return {
    incidents: incidents.map(
      ({ id, signal, state, direction, before, after, updatedAt, evidence, samples }) => ({
        id,
        signal,
        state,
        direction,
        before,
        after,
        updatedAt,
        evidence,
        samples,
      }),
    ),
    findings: await store.rows(
      'SELECT signal, until, outcome, evidence FROM findings FINAL ORDER BY signal, until',
    ),
    rolled: await store.rows(
      `SELECT signal, sum(count) AS n FROM rollup_hour FINAL GROUP BY signal ORDER BY signal`,
    ),
  };
}

async function clear(): Promise<void> {
  for (const table of DERIVED) await store.command(`TRUNCATE TABLE ${table}`);
}

it.each<WindowSpec>([
  { kind: 'rows', rows: 20 },
  { kind: 'time', ms: 60_000 },
])(
  'killed between any two writes, it ends as if it had not been: $kind',
  async (window) => {
    await clear();
    await run(store, window);
    const expected = (await outcome()) as { incidents: { signal: string; direction: string }[] };
    expect(expected.incidents.map(({ signal, direction }) => [signal, direction]).sort()).toEqual([
      ['latency_ms', 'up'],
      ['refusal', 'up'],
    ]);
    for (let writes = 0; ; writes++) {
      await clear();
      const died = await run(dyingStore(writes), window).then(
        () => false,
        () => true,
      );
      await run(store, window);
      expect(await outcome(), `killed before write ${writes + 1}`).toEqual(expected);
      if (!died) {
        expect(writes).toBeGreaterThan(5);
        return;
      }
    }
  },
  120_000,
);
