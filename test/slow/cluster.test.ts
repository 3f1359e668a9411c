import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiKey } from '../../core/api-key.ts';
import type { Cause } from '../../core/cause.ts';
import type { Finding } from '../../core/finding.ts';
import { FLAG_NAMES } from '../../core/flag.ts';
import type { Incident } from '../../core/incident.ts';
import { packageRoot } from '../../core/package-root.ts';
import { openStore, type Store } from '../../sql/client.ts';
import type { InferenceBlock } from '../../sql/inference-block.ts';
import { openInferenceWriter } from '../../sql/insert.ts';
import { migrate, render } from '../../sql/migrate.ts';
import { readSaid, writeAcknowledgement } from '../../sql/queries/acknowledgements.ts';
import { answeredCalls } from '../../sql/queries/answered-calls.ts';
import { arrivalHistory, latestArrivals } from '../../sql/queries/arrivals.ts';
import { serverLoads } from '../../sql/queries/capacity.ts';
import { serverMinutes } from '../../sql/queries/capacity-minutes.ts';
import { dailyPeaks } from '../../sql/queries/capacity-peaks.ts';
import { categoryHistory } from '../../sql/queries/category-history.ts';
import { valueBuckets, valueUnits } from '../../sql/queries/cause-onsets.ts';
import { causeAttributes, causeRows } from '../../sql/queries/cause-rows.ts';
import { readCauses, writeCause } from '../../sql/queries/causes.ts';
import { changeMarks } from '../../sql/queries/change-marks.ts';
import { type Delivery, deliveriesOf, writeDeliveries } from '../../sql/queries/deliveries.ts';
import { deliveryList, receiverTotals } from '../../sql/queries/delivery-list.ts';
import { embedderIdentity, embeddingSample } from '../../sql/queries/embedding-sample.ts';
import * as embeddingWork from '../../sql/queries/embedding-work.ts';
import { type ExampleQuery, exampleInferences } from '../../sql/queries/examples.ts';
import { exportIds } from '../../sql/queries/export-ids.ts';
import { findingsAfter, writeFindings } from '../../sql/queries/findings.ts';
import { begunRows, gateRows, projectsOfIds } from '../../sql/queries/gate-rows.ts';
import { groupStrata, hasGroups } from '../../sql/queries/group-strata.ts';
import { incidentById, incidentList } from '../../sql/queries/incident-list.ts';
import { standingIncidents, writeIncidents } from '../../sql/queries/incidents.ts';
import { judgedBuckets } from '../../sql/queries/judged-pairs.ts';
import { lastKeyUses, writeKeyUses } from '../../sql/queries/key-uses.ts';
import { readKeys, writeKey } from '../../sql/queries/keys.ts';
import { lateParts } from '../../sql/queries/late-parts.ts';
import { latestFindings } from '../../sql/queries/latest-findings.ts';
import { modelCosts } from '../../sql/queries/model-costs.ts';
import { panelRows } from '../../sql/queries/panel-rows.ts';
import { arrivalsByMinute, pipelineLatest } from '../../sql/queries/pipeline.ts';
import {
  modelsWithTexts,
  vectorSample,
  vectorsWithoutPlace,
  writeProjections,
} from '../../sql/queries/projections.ts';
import { promptTopics } from '../../sql/queries/prompt-topics.ts';
import { recordsOf } from '../../sql/queries/records.ts';
import { mapsInForce, writeMap } from '../../sql/queries/reference-maps.ts';
import { writeScores } from '../../sql/queries/scores.ts';
import { segmentSummaries } from '../../sql/queries/segment-summaries.ts';
import { sessionHistory } from '../../sql/queries/session-history.ts';
import { sessionSums } from '../../sql/queries/session-sums.ts';
import { signalSeries } from '../../sql/queries/signal-series.ts';
import { readSilences, writeSilence } from '../../sql/queries/silences.ts';
import { hasSpanContents, spanContents, writeSpanContents } from '../../sql/queries/span-contents.ts';
import { spendByHour, spendCalls, spendParts } from '../../sql/queries/spend.ts';
import { readState, readStates, writeStates } from '../../sql/queries/states.ts';
import { judgedStreams, readStreamStates, writeStreamStates } from '../../sql/queries/stream-states.ts';
import { streamTotals } from '../../sql/queries/stream-totals.ts';
import { touchedSince, writeTouched } from '../../sql/queries/touched.ts';
import { windowHistory } from '../../sql/queries/window-history.ts';
import * as windows from '../../sql/queries/windows.ts';
import { minutesOfInferences, minutesReceivedSince, rollUp } from '../../sql/rollup.ts';
import { type EngineCluster, startEngineCluster } from '../support/engine-cluster.ts';
import { canRunEngineServer } from '../support/engine-server.ts';
import { KEPT_FOR_YEARS } from '../support/temp-store.ts';

// Two servers of the real engine against the embedded one: the same writes, and every question asked of both.

const [MINUTE, HOUR] = [60_000, 3_600_000];
const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const at = (ms: number): Date => new Date(T0 + ms);
const KEY = { project: 'p', model: 'm', version: '1', segment: '' };
const ALL = { project: '', stream: null, segment: '' };
const ROWS = 400;

type Row = Record<string, unknown> & { id: string; timestamp: string };

const inference = (i: number, change: object = {}): Row => ({
  id: `i${i}`,
  project: 'p',
  model: i % 5 === 0 ? 'other' : 'm',
  version: '1',
  timestamp: at((i % 130) * MINUTE + i).toISOString(),
  received_at: at(300 * MINUTE + i).toISOString(),
  latency_ms: 100 + ((i * 37) % 91),
  cost_micro_usd: 500 + i,
  refusal: i % 2,
  language: i % 3 === 0 ? 'de' : 'en',
  prompt: `prompt ${i}`,
  response: `response ${i}`,
  response_characters: 9 + (i % 3),
  scores: { correct: i % 2 },
  // Two values have segments of their own; the third is among the others.
  attributes: { region: i % 17 === 5 ? 'ap' : i % 3 === 0 ? 'eu' : 'us' },
  groups: { gender: i % 4 === 0 ? 'f' : 'm' },
  session: i % 3 === 0 ? `s${i % 40}` : '',
  ...change,
});

const SPAN = { version: '1', since: at(0), until: at(HOUR), rows: 100 };
const SIDE = { rows: 100, middle: 0.5 };
const CAUSE: Cause = {
  incidentId: 'a',
  project: 'p',
  computedAt: at(0),
  stage: 'first',
  signal: 'refusal',
  measure: 'share',
  category: '',
  before: SPAN,
  after: SPAN,
  whole: { before: SIDE, after: SIDE, change: { value: 0, low: -0.1, high: 0.1 } },
  mixes: [],
  scan: { subset: null, attributes: [], chance: 1 },
  topics: null,
  onsets: [],
  pairs: [],
};

const linesOf = (rows: readonly object[]): Buffer =>
  Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

function block(rows: readonly Row[]): InferenceBlock {
  const lines = linesOf(rows);
  return {
    lines,
    offsets: [],
    ids: rows.map((row) => row.id),
    projects: rows.map(() => 'p'),
    timestampsMs: rows.map((row) => Date.parse(row.timestamp)),
    canonicalLines: () => lines,
  };
}

const finding = (signal: string, change: object = {}): Finding => ({
  ...KEY,
  signal,
  family: 'degradation',
  detector: 'continuous',
  since: at(0),
  until: at(HOUR),
  outcome: 'quiet',
  direction: null,
  verdict: null,
  effect: null,
  before: 1,
  after: 1,
  evidence: 0,
  samples: { baseline: 10, current: 10 },
  histograms: { before: [], after: [] },
  changedSince: at(0),
  baselineVersion: '',
  becameBaseline: false,
  rowsNeeded: null,
  ...change,
});

const incident = (id: string, state: Incident['state']): Incident => ({
  ...KEY,
  id,
  aspect: 'speed',
  signal: 'latency_ms',
  signals: ['latency_ms'],
  family: 'degradation',
  direction: 'up',
  verdict: 'regression',
  detector: 'continuous',
  baselineVersion: '',
  state,
  since: at(0),
  openedAt: at(Number(id)),
  updatedAt: at(0),
  closedAt: null,
  before: 1,
  after: 2,
  effect: { name: 'cliffs_delta', value: 0.5, low: 0.4, high: 0.6 },
  evidence: 2,
  samples: { baseline: 1, current: 1 },
  histograms: { before: [[0, 1]], after: [[0, 1]] },
  quietWindows: 0,
  seenAt: new Date(0),
  rule: 'quality-regression',
  severity: 'warning',
  labels: {},
  condition: 'measured',
  conditionSince: new Date(0),
  reopenings: 0,
  acknowledged: null,
  mutedBy: '',
  speaksFor: [],
  windowMs: 300_000,
  cause: '',
});

/** New rows, the same again, some under another timestamp, some with another model; scores; vectors; rollups, twice. */
async function write(store: Store): Promise<void> {
  const writer = await openInferenceWriter(store, { idsMax: 10_000 });
  const touched = new Set<number>();
  const insert = async (rows: readonly Row[]): Promise<void> => {
    for (const minute of await writer.insert(block(rows))) touched.add(minute);
  };
  const admitted = {};
  const bounds = { attributesMax: 2, valuesMax: 2 };
  const judgedUntil = T0 + 20 * MINUTE;
  const roll = (nowMs: number): Promise<void> =>
    rollUp(store, touched, { admitted, bounds, now: new Date(nowMs), judgedUntil });
  const all = Array.from({ length: ROWS }, (_, i) => inference(i));
  await insert(all);
  await roll(1.7e12);
  await insert(all.slice(100, 200));
  await insert(
    [1, 2, 3].map((i) =>
      inference(i, { timestamp: at(-9 * HOUR).toISOString(), received_at: at(400 * MINUTE).toISOString() }),
    ),
  );
  await insert(
    [11, 12, 13].map((i) => inference(i, { model: 'moved', received_at: at(400 * MINUTE).toISOString() })),
  );
  await writeScores(
    store,
    linesOf([7, 8, 9].map((i) => ({ ...SCORE, inference_id: `i${i}`, received_at: at(0).toISOString() }))),
  );
  await embeddingWork.writeEmbeddings(
    store,
    [20, 21, 22].map((i) => ({
      project: 'p',
      inference_id: `i${i}`,
      timestamp: at((i % 130) * MINUTE + i),
      identity: 'e',
      prompt: new Float32Array([1, 0]),
      response: new Float32Array([0, 1]),
      relevance: i / 100,
    })),
  );
  await writeProjections(
    store,
    [20, 21].map((i) => ({
      project: 'p',
      model: 'm',
      inference_id: `i${i}`,
      timestamp: at((i % 130) * MINUTE + i),
      prompt: {
        map: 'a',
        coordinates: new Float32Array([i]),
        distance: i,
        topic: 'a:0 word',
        cell: 'a:0 word +',
      },
      response: null,
    })),
    at(0),
  );
  for (const incidentId of ['a', 'b']) await writeCause(store, { ...CAUSE, incidentId });
  for (const id of ['a', 'b'])
    await writeMap(store, {
      project: 'p',
      model: 'm',
      side: 'prompt',
      identity: 'e',
      id,
      createdAt: at(id === 'a' ? 1 : 0),
      body: '{}',
    });
  await roll(1.7e12 + 1000);
  await writeFindings(store, [
    finding('latency_ms'),
    finding('latency_ms', { until: at(2 * HOUR), outcome: 'alarm' }),
    finding('refusal'),
    finding('refusal', { evidence: 3 }),
    ...Array.from({ length: 20 }, (_, i) => finding(`score:${i}`, { until: at(HOUR + i) })),
  ]);
  await writeIncidents(
    store,
    ['1', '2', '3', '4', '5', '6'].map((id) => ({ incident: incident(id, 'open'), told: {} })),
  );
  await writeIncidents(
    store,
    [incident('3', 'closed'), incident('4', 'recovering')].map((one) => ({ incident: one, told: {} })),
  );
  await writeAlerts(store);
  await writeStates(store, 'k', new Map(Array.from({ length: 20 }, (_, i) => [`n${i}`, i])));
  await writeStates(store, 'k', new Map([['n3', 'again']]));
  await writeStreamStates(
    store,
    ['1', '2', '3'].map((version) => ({
      key: { ...KEY, version },
      until: at(Number(version) * MINUTE),
      signals: ['latency_ms'],
      rows: 5,
      moving: '{"a":{"$part":"x"}}',
      added: new Map([['x', '{"b":1}']]),
      gone: ['y'],
    })),
  );
  await writeKeysAndContents(store);
}

async function writeKeysAndContents(store: Store): Promise<void> {
  for (const id of ['a', 'b', 'c', 'd']) await writeKey(store, { ...API_KEY, id });
  await writeKey(store, { ...API_KEY, id: 'b', revokedAt: at(HOUR) });
  const use = { route: '/v1/inferences', status: '2xx', refusal: '', address: '::1', process: 'x', uses: 1 };
  for (const minute of [1, 2, 3])
    await writeKeyUses(
      store,
      ['a', 'b'].map((keyId) => ({
        ...use,
        keyId,
        minute: at(minute * MINUTE),
        lastAt: at(minute * MINUTE),
      })),
    );
  const pieces = ['i30', 'i31', 'i32'].flatMap((id) =>
    ['1', '2'].map((order) => ({ project: 'p', id, order, part: 'message', piece: `{"system":"${order}"}` })),
  );
  for (const receivedMs of [0, MINUTE])
    await writeSpanContents(
      store,
      linesOf(
        pieces.map((piece) => ({
          ...piece,
          at: at(0).toISOString(),
          received_at: new Date(NOW + receivedMs).toISOString(),
        })),
      ),
    );
  for (const minute of [1, 2, 1]) await writeTouched(store, [T0 + minute * MINUTE]);
}

const API_KEY: ApiKey = {
  id: '',
  secretSha256: '0'.repeat(64),
  project: 'p',
  scopes: ['read'],
  name: 'n',
  createdAt: at(0),
  revokedAt: null,
  limits: { requestsPerSecond: null, bytesPerSecond: 5, bodyBytesMax: null },
};
/** What is kept for days only must be of today. */
const NOW = Date.now();
const embedded = {
  project: 'p',
  model: 'm',
  identity: 'e',
  since: at(0),
  until: at(900 * MINUTE),
  limit: 100,
};
const NAMES = { projects: ['p'], ids: ['i30', 'i31', 'i2'] };

const SCORE = { project: 'p', name: 'correct', value: 0.5, timestamp: at(0).toISOString() };

const example = (change: Partial<ExampleQuery>): ExampleQuery => ({
  stream: KEY,
  signal: 'latency_ms',
  target: 130,
  since: at(0),
  until: at(3 * HOUR),
  limit: 7,
  ...change,
});
const rowsOptions = { after: null, before: at(9 * HOUR), rowsPerWindow: 60, windowsMax: 3 };
const series = { ...ALL, signals: null, since: at(0), until: at(6 * HOUR) };
const candidates = { since: at(0), until: at(900 * MINUTE), identity: 'e', limit: 1_000, shares: null };

const selected = {
  project: 'p',
  where: [{ field: 'model', key: '', value: KEY.model } as const],
  since: at(0),
  until: at(3 * HOUR),
  limit: 1_000,
};

const IDS = ['1', '2', '3', '4', '5', '6'];

async function writeAlerts(store: Store): Promise<void> {
  for (const id of IDS) {
    const matchers = [{ field: 'model', isNegated: false, pattern: `gpt-${id}*` }] as const;
    const [startsAt, endsAt] = [new Date(T0), new Date(T0 + 3_600_000)];
    await writeSilence(store, { project: '', id, matchers, startsAt, endsAt, author: 'ann', comment: '' });
    await writeAcknowledgement(store, { project: KEY.project, id }, { by: 'ann', at: startsAt, comment: id });
  }
  const delivery = (id: string, state: Delivery['state']): Delivery => ({
    project: KEY.project,
    id: `${id}-chat-1`,
    incidentId: id,
    receiver: 'chat',
    sequence: 1,
    kind: 'firing',
    severity: 'warning',
    state,
    attempts: 1,
    error: '',
    handle: { ts: id },
    decidedAt: new Date(T0 + Number(id)),
    nextAt: new Date(T0),
    sentAt: null,
  });
  await writeDeliveries(
    store,
    IDS.map((id) => delivery(id, 'waiting')),
  );
  await writeDeliveries(
    store,
    IDS.slice(2).map((id) => delivery(id, 'sent')),
  );
}

/** Every question of `sql/`, by its file; a new file needs a line here. */
const groupsOfAll = async (store: Store): Promise<unknown> =>
  (
    await groupStrata(store, {
      ...{ stream: null, since: at(0), until: at(3 * HOUR), strataBy: ['region'], bucketSeconds: 3600 },
      ...{ pairBy: 'pair', label: null, scores: null, strataMax: 64 },
    })
  ).map(({ key, table }) => ({ key, tallies: table.tallies.map((tally) => JSON.stringify(tally)).sort() }));

const serversOf = async (store: Store) =>
  (await serverLoads(store, { project: '', since: at(0), until: at(3 * HOUR) })).servers;

const QUESTIONS: Readonly<Record<string, readonly ((store: Store) => Promise<unknown>)[]>> = {
  capacity: [(store) => serverLoads(store, { project: '', since: at(0), until: at(3 * HOUR) })],
  'capacity-minutes': [
    async (store) => {
      const found = await serverMinutes(store, {
        ...{ project: '', servers: await serversOf(store), since: at(0), until: at(3 * HOUR) },
      });
      return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
    },
  ],
  'capacity-peaks': [
    async (store) => {
      const found = await dailyPeaks(store, {
        ...{ project: '', servers: await serversOf(store), since: at(-24 * HOUR), until: at(24 * HOUR) },
      });
      return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
    },
  ],
  spend: [
    (store) =>
      spendByHour(store, { project: 'p', model: '', segment: '', since: at(0), until: at(3 * HOUR) }),
    (store) => spendParts(store, { project: '', by: 'segment', since: at(0), until: at(3 * HOUR) }),
    (store) =>
      spendCalls(store, {
        ...{ project: 'p', model: '', segment: '', periodSince: at(HOUR) },
        ...{ since: at(0), until: at(3 * HOUR) },
      }),
  ],
  'answered-calls': [
    (store) => answeredCalls(store, { project: 'p', since: at(0), until: at(3 * HOUR), segments: [] }),
    (store) =>
      answeredCalls(store, {
        ...{ project: 'p', since: at(0), until: at(3 * HOUR) },
        segments: [{ project: 'p', segment: 'region=eu' }],
      }),
  ],
  'embedding-work': [
    (store) => embeddingWork.embeddingCandidates(store, candidates),
    async (store) =>
      byId(
        await embeddingWork.inferenceTexts(store, await embeddingWork.embeddingCandidates(store, candidates)),
      ),
  ],
  'model-costs': [
    (store) => modelCosts(store, { project: 'p', since: at(-24 * HOUR), until: at(24 * HOUR) }),
  ],
  'prompt-topics': [
    async (store) =>
      [...(await promptTopics(store, { project: 'p', ids: ['i20', 'i21', 'i22', 'i2'] }))].sort(),
  ],
  'export-ids': [
    (store) =>
      exportIds(store, {
        ...{ ...selected, share: 0.5, after: { project: 'p', id: 'i2' }, flags: null },
        stream: { project: 'p', model: 'm', version: '1', segment: 'region=(other)' },
      }),
    (store) =>
      exportIds(store, {
        ...selected,
        stream: null,
        share: 1,
        after: null,
        flags: { names: FLAG_NAMES, scoreBelow: 0.5, examples: { projects: ['p'], ids: ['i3'] } },
      }),
  ],
  causes: [(store) => readCauses(store, { project: '', incidentIds: ['a', 'b'] })],
  'cause-onsets': [
    (store) =>
      valueBuckets(store, {
        project: 'p',
        model: 'm',
        since: at(0),
        until: at(3 * HOUR),
        stepMs: HOUR,
        limit: 1_000,
      }),
    (store) =>
      valueUnits(store, { project: 'p', model: 'm', since: at(0), until: at(3 * HOUR), limit: 1_000 }),
  ],
  'cause-rows': [
    (store) => causeAttributes(store, { stream: KEY, since: at(0), until: at(3 * HOUR), limit: 1_000 }),
    (store) =>
      causeRows(store, {
        ...{ stream: KEY, since: at(0), until: at(3 * HOUR) },
        ...{ signal: 'latency_ms', names: ['region'], ids: [], limit: 1_000 },
      }),
    ...(
      [
        ['prompt_cell', ''],
        ['language', 'region=(other)'],
      ] as const
    ).map(
      ([signal, segment]) =>
        (store: Store) =>
          causeRows(store, {
            ...{ stream: { ...KEY, segment }, since: at(0), until: at(3 * HOUR) },
            ...{ signal, names: [], ids: [], limit: 1_000 },
          }),
    ),
  ],
  'session-sums': [
    async (store) => {
      const sums = await sessionSums(store, { since: at(0), until: at(3 * HOUR) }, async () => ['region=eu']);
      return [...sums].map(([name, ofStream]) => [name, [...ofStream].sort()]).sort();
    },
  ],
  projections: [
    (store) => vectorSample(store, embedded),
    (store) => vectorsWithoutPlace(store, embedded),
    (store) => modelsWithTexts(store, { since: new Date(T0 - 36e5), until: new Date(T0 + 24 * 36e5) }),
  ],
  'reference-maps': [(store) => mapsInForce(store, 'e')],
  'category-history': [
    async (store) =>
      (await categoryHistory(store, { key: KEY, signal: 'language', before: at(12 * HOUR) })).map((hour) =>
        [...hour].sort(),
      ),
  ],
  'gate-rows': [
    async (store) => (await gateRows(store, { ...selected, pairBy: 'prompt' })).rows,
    async (store) => (await gateRows(store, { ...selected, pairBy: 'none', limit: 9 })).rows,
    (store) =>
      begunRows(store, { ...selected, pairBy: 'prompt', from: new Date(0), begunUntil: selected.until }),
    (store) => projectsOfIds(store, NAMES.ids),
  ],
  acknowledgements: [async (store) => [...(await readSaid(store, IDS)).acknowledgements].sort()],
  arrivals: [
    async (store) => byModel(await arrivalHistory(store, { since: at(-24 * HOUR), now: at(12 * HOUR) })),
    async (store) => byModel(await arrivalHistory(store, { since: at(-24 * HOUR), now: at(72 * HOUR) })),
    async (store) => byModel(await latestArrivals(store, { since: at(0), now: at(12 * HOUR) })),
  ],
  deliveries: [(store) => deliveriesOf(store, IDS)],
  'change-marks': [
    async (store) => Object.values(await changeMarks(store, at(900 * MINUTE))).map((mark) => mark !== ''),
  ],
  'delivery-list': [
    (store) => deliveryList(store, { project: KEY.project, incidentId: '', isTroubled: false, limit: 100 }),
    (store) => receiverTotals(store, { project: KEY.project, since: new Date(0) }),
  ],
  'embedding-sample': [
    async (store) =>
      (
        await embeddingSample(store, {
          stream: KEY,
          since: at(0),
          until: at(900 * MINUTE),
          identity: 'e',
          limit: 1_000,
        })
      )
        .map(({ id }) => id)
        .sort(),
    (store) => embedderIdentity(store, { project: KEY.project, since: at(0), until: at(900 * MINUTE) }),
  ],
  'panel-rows': [
    (store) =>
      panelRows(store, {
        project: KEY.project,
        sql: "SELECT model, sum(count) AS n FROM rollup_hour FINAL WHERE signal = 'inferences' GROUP BY model ORDER BY model",
      }),
  ],
  pipeline: [
    (store) => arrivalsByMinute(store, { project: KEY.project, since: at(0), until: at(60 * MINUTE) }),
    async (store) =>
      Object.keys(await pipelineLatest(store, { project: KEY.project, now: at(900 * MINUTE) })),
  ],
  'segment-summaries': [
    (store) =>
      segmentSummaries(store, {
        stream: KEY,
        signals: ['latency_ms'],
        since: new Date(T0 - 36e5),
        until: new Date(T0 + 24 * 36e5),
      }),
  ],
  silences: [(store) => readSilences(store, { endAfter: new Date(T0), project: '' })],
  examples: [
    (store) => exampleInferences(store, example({})),
    (store) => exampleInferences(store, example({ stream: { ...KEY, segment: 'region=eu' } })),
    (store) => exampleInferences(store, example({ signal: 'score:correct', target: 0.5 })),
    (store) => exampleInferences(store, example({ signal: 'relevance', target: 0.2 })),
    (store) => exampleInferences(store, example({ signal: 'language' })),
  ],
  findings: [
    async (store) =>
      (await findingsAfter(store, { revision: '1000000000', limit: 15 })).map(({ finding }) => finding),
  ],
  'incident-list': [
    (store) => incidentList(store, { project: '', stream: null, state: 'all', limit: 4 }),
    (store) => incidentById(store, { project: 'p', id: '3' }),
  ],
  incidents: [(store) => standingIncidents(store, new Date(0))],
  'judged-pairs': [
    (store) =>
      judgedBuckets(store, {
        key: KEY,
        since: at(0),
        until: at(900 * MINUTE),
        pairs: [{ judge: 'correct', label: 'thumbs', low: 0, high: 1 }],
      }),
    (store) =>
      judgedBuckets(store, {
        key: null,
        since: at(0),
        until: at(900 * MINUTE),
        pairs: [
          { judge: 'correct', label: 'thumbs', low: 0, high: 1 },
          { judge: 'thumbs', label: 'correct', low: 0, high: 1 },
        ],
      }),
  ],
  keys: [readKeys],
  'key-uses': [async (store) => [...(await lastKeyUses(store))].sort()],
  'group-rows': [groupsOfAll],
  'group-strata': [
    groupsOfAll,
    (store) => hasGroups(store, { stream: null, since: at(0), until: at(3 * HOUR) }),
  ],
  'latest-findings': [(store) => latestFindings(store, { ...ALL, since: at(0) })],
  records: [
    async (store) => (await recordsOf(store, NAMES)).toSorted((a, b) => (a.record.id < b.record.id ? -1 : 1)),
  ],
  scores: [(store) => store.rows('SELECT inference_id, value FROM scores FINAL ORDER BY inference_id')],
  'signal-rows': [(store) => windows.rowWindows(store, KEY, rowsOptions)],
  'signal-series': [
    (store) => signalSeries(store, { ...series, stepMs: MINUTE }),
    (store) => signalSeries(store, { ...series, stepMs: HOUR }),
  ],
  'span-contents': [(store) => spanContents(store, NAMES), hasSpanContents],
  states: [
    async (store) => [...(await readStates(store, 'k'))].sort(),
    (store) => readState(store, 'k', 'n3'),
  ],
  'late-parts': [
    async (store) => {
      const { parts, tooLate } = await lateParts(store, {
        before: at(900 * MINUTE),
        revision: { after: 0, until: 4e12 },
        inferencesSince: at(-24 * HOUR),
        scoresSince: at(-24 * HOUR),
        labels: { names: ['correct'], before: at(900 * MINUTE) },
      });
      return [tooLate, byKey(parts)];
    },
  ],
  'session-history': [
    async (store) => {
      const span = { since: at(0), until: at(2 * HOUR), windowMs: 5 * MINUTE };
      const sums = await sessionHistory(store, KEY, span);
      return [...sums].sort(([a], [b]) => a - b).map(([start, ofWindow]) => [start, [...ofWindow].sort()]);
    },
  ],
  'stream-states': [judgedStreams, (store) => readStreamStates(store, [KEY, { ...KEY, version: '2' }])],
  'window-history': [
    (store) =>
      windowHistory(
        store,
        { key: KEY, signal: 'latency_ms' },
        { since: at(0), until: at(2 * HOUR), windowMs: 5 * MINUTE },
      ),
  ],
  'stream-totals': [(store) => streamTotals(store, { ...ALL, now: at(131 * MINUTE), limit: 10 })],
  touched: [async (store) => (await touchedSince(store, new Date(0))).map(({ minute }) => minute).sort()],
  windows: [
    async (store) => byKey(await windows.timeWindow(store, { since: at(0), until: at(HOUR) })),
    async (store) => byKey(await windows.timeWindow(store, { since: at(0), until: at(40 * MINUTE) }, [KEY])),
    async (store) => byKey(await windows.streamsIn(store, { since: at(0), until: at(HOUR) })),
    (store) => windows.liveStreams(store, at(-HOUR)),
    (store) => windows.firstMinute(store, at(0)),
    (store) => windows.rowsUntil(store, at(HOUR), null),
    (store) => windows.rowsUntil(store, at(HOUR), KEY),
    windows.timeSpan,
  ],
  rollup: [
    (store) => minutesReceivedSince(store, at(0)),
    (store) => minutesOfInferences(store, ['p'], ['i5', 'i6']),
    ...['rollup_minute', 'rollup_hour'].map(
      (table) => (store: Store) =>
        store.rows(`SELECT * FROM ${table} FINAL ORDER BY project, bucket, model, version, segment, signal`),
    ),
  ],
};

const byId = <T extends { id: string }>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
const byModel = <T extends { model: string }>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => (a.model < b.model ? -1 : 1));
const byKey = <T extends { key: object }>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => (JSON.stringify(a.key) < JSON.stringify(b.key) ? -1 : 1));

describe.skipIf(!canRunEngineServer)('a cluster of two shards', () => {
  let folder: string;
  let alone: Store;
  let cluster: EngineCluster;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plumbline-alone-'));
    alone = await openStore({ kind: 'embedded', path: folder });
    cluster = await startEngineCluster(2);
    await migrate(alone, { retention: KEPT_FOR_YEARS, cluster: null });
    await migrate(cluster.store, { retention: KEPT_FOR_YEARS, cluster });
    await write(alone);
    await write(cluster.store);
  });
  afterAll(async () => {
    await cluster?.stop();
    await alone?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is asked every question there is', async () => {
    const files = (await readdir(join(packageRoot, 'sql/queries'))).filter(
      (name) => !name.endsWith('.test.ts'),
    );
    expect(Object.keys(QUESTIONS).sort()).toEqual(
      [...files.map((name) => basename(name, '.ts')), 'rollup'].sort(),
    );
  });

  it.each(Object.entries(QUESTIONS))('answers as one engine does: %s', async (_, questions) => {
    for (const ask of questions) {
      const expected = await ask(alone);
      expect(expected).not.toEqual([]);
      expect(numbers(await ask(cluster.store))).toEqual(numbers(expected));
    }
  });

  it.each([
    ['inferences', 'project, id'],
    ['scores', 'project, inference_id'],
    ['embeddings', 'project, inference_id'],
    ['rollup_minute', 'project, bucket, model, version, segment, signal'],
    ['rollup_hour', 'project, bucket, model, version, segment, signal'],
    ['findings', 'project, model, version, segment, signal, until'],
    ['incidents', 'project, id'],
    ['states', 'kind, name'],
  ])('keeps all versions of a row of %s on one shard, and spreads the rows', async (table, key) => {
    const keys = await Promise.all(
      cluster.shards.map((shard) => shard.rows(`SELECT DISTINCT ${key} FROM ${table}_local`)),
    );
    const names = keys.map((rows) => rows.map((row) => JSON.stringify(row)));
    const [first = [], second = []] = names;
    expect(first.filter((name) => second.includes(name))).toEqual([]);
    if (table !== 'scores' && table !== 'embeddings')
      expect(Math.min(first.length, second.length)).toBeGreaterThan(0);
  });

  it('is migrated once, and follows another retention on every shard', async () => {
    const options = { retention: { ...KEPT_FOR_YEARS, findingsDays: 8 }, cluster };
    expect(await migrate(cluster.store, options)).toEqual([]);
    for (const shard of cluster.shards) {
      const [row] = (await shard.rows('SHOW CREATE TABLE deliveries_local')) as { statement: string }[];
      expect(row?.statement).toContain('toIntervalDay(8)');
    }
  });

  it('takes a column that a migration adds', async () => {
    const added = 'ALTER TABLE states {{on_cluster}} ADD COLUMN note LowCardinality(String) CODEC(ZSTD(1))';
    for (const one of render(added, { retention: KEPT_FOR_YEARS, cluster })) await cluster.store.command(one);
    const rows = Array.from({ length: 20 }, (_, i) => ({ kind: 'noted', name: `${i}`, note: 'kept' }));
    await cluster.store.insertLines('states', linesOf(rows));
    expect(await cluster.store.rows(`SELECT count() AS n FROM states FINAL WHERE note = 'kept'`)).toEqual([
      { n: 20 },
    ]);
  });
});

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** A server writes 64-bit numbers with quotes where the embedded engine does not. */
const numbers = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, one) =>
      one instanceof Map
        ? [...one].sort(byText)
        : typeof one === 'string' && /^\d+$/.test(one)
          ? Number(one)
          : one,
    ) ?? 'null',
  );
