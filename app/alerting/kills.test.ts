import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rulesOf } from '../../alerts/observe.ts';
import { defaultRuleSet } from '../../alerts/rules/rules-file.ts';
import type { AlertRule } from '../../core/alert-rule.ts';
import type { Finding } from '../../core/finding.ts';
import { createLogger } from '../../core/log.ts';
import { DeliveryError, type Notification, type Receiver } from '../../core/notification.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { openStore, type Store } from '../../sql/client.ts';
import { migrate } from '../../sql/migrate.ts';
import { writeDeliveries } from '../../sql/queries/deliveries.ts';
import { writeFindings } from '../../sql/queries/findings.ts';
import { incidentList } from '../../sql/queries/incident-list.ts';
import { createDeliverer } from './deliver.ts';
import { notificationOf } from './notification-of.ts';
import { openAlerting } from './open-alerting.ts';

const RETENTION = {
  inferencesDays: 90,
  embeddingsDays: 30,
  rollupMinuteDays: 90,
  rollupHourDays: 800,
  findingsDays: 4_000,
  keyUsesDays: 400,
};
const T0 = Date.parse('2026-11-22T10:00:00.000Z');
/** Episodes are days apart: what comes back within one takes longer to close. */
const WINDOW_MS = 25 * 3_600_000;
const KILLS = 100;

let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-alert-kills-'));
  store = await openStore({ kind: 'embedded', path: folder });
  await migrate(store, { retention: RETENTION, cluster: null });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Every episode: two windows with the change, then quiet ones. */
const EPISODE = ['alarm', 'alarm', 'quiet', 'quiet', 'quiet'] as const;
const MODELS = ['a', 'b', 'c'];

/** What refuses more takes longer as well: one cause, of which the second has nothing to say. */
const SIGNALS = ['refusal', 'latency_ms'];

function finding(model: string, window: number, signal: string): Finding {
  const outcome = EPISODE[window % EPISODE.length] ?? 'quiet';
  return {
    project: 'p',
    model,
    version: '',
    segment: '',
    signal,
    family: 'degradation',
    detector: 'rate',
    since: new Date(T0 + window * WINDOW_MS),
    until: new Date(T0 + (window + 1) * WINDOW_MS),
    outcome,
    direction: 'up',
    verdict: 'regression',
    effect: { name: 'rate_difference', value: 0.05, low: 0.02, high: 0.08 },
    before: 0.1,
    after: 0.15,
    evidence: outcome === 'alarm' ? (signal === 'refusal' ? 9 : 3) : 0,
    samples: { baseline: 500, current: 100 },
    histograms: { before: [], after: [] },
    changedSince: new Date(T0 + window * WINDOW_MS),
    baselineVersion: '',
    becameBaseline: false,
    rowsNeeded: null,
  };
}

class Killed extends Error {}

/** A process that dies at one of its steps: before the step has an effect, or after it, and before it hears of that. */
function mortal(stepsToLive: number, random: () => number) {
  let left = stepsToLive;
  let isDead = false;
  const step = async <T>(effect: () => Promise<T>): Promise<T> => {
    if (isDead) throw new Killed();
    if (--left > 0) return effect();
    isDead = true;
    if (random() < 0.5) await effect();
    throw new Killed();
  };
  return { step, isDead: () => isDead };
}

type Life = ReturnType<typeof mortal>;

/** The clock, and how many windows the analyzer, another process, has written. */
const world = { nowMs: T0, window: 0 };

/** What arrived at the receivers, in order; it outlives every process. */
const inbox: Pick<Notification, 'id' | 'receiver' | 'kind' | 'sequence' | 'incident'>[] = [];

it('tells of every opening and close at least once through a hundred kills, and repeats itself recognisably', async () => {
  const random = seededRandom(7);
  let kills = 0;
  while (kills < KILLS) {
    const life = mortal(1 + Math.floor(random() * 12), random);
    await live(life, random).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
    if (life.isDead()) kills++;
  }
  await live(mortal(Number.POSITIVE_INFINITY, random), random, true);

  const all = await incidentList(store, { project: 'p', stream: null, state: 'all', limit: 10_000 });
  // No window was left out, and none counted twice: each episode is an incident, and closed in its third quiet window.
  expect(all).toHaveLength((world.window / EPISODE.length) * MODELS.length * SIGNALS.length);
  expect(all.filter(({ state, quietWindows }) => state !== 'closed' || quietWindows !== 3)).toEqual([]);
  expect(all.length).toBeGreaterThan(20);
  for (const receiver of ['chat', 'pager']) {
    for (const incident of all.filter(({ mutedBy }) => mutedBy === '')) {
      const told = inbox.filter((one) => one.receiver === receiver && one.incident.id === incident.id);
      const ids = (kind: string) => new Set(told.filter((one) => one.kind === kind).map(({ id }) => id));
      expect([...ids('firing')], `${receiver} of ${incident.id}`).toHaveLength(1);
      expect([...ids('resolved')], `${receiver} of ${incident.id}`).toHaveLength(1);
      const order = told.filter(({ kind }) => kind !== 'changed').map(({ sequence }) => sequence);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  }
  const parts = all.filter(({ mutedBy }) => mutedBy !== '');
  expect(parts).toHaveLength(all.length / 2);
  for (const { id, mutedBy } of parts) {
    expect(inbox.filter(({ incident }) => incident.id === id)).toEqual([]);
    expect(all.find((one) => one.id === mutedBy)?.speaksFor.map((one) => one.id)).toEqual([id]);
  }
  // It was worth trying: some did arrive twice.
  expect(inbox.length).toBeGreaterThan(new Set(inbox.map(({ id }) => id)).size);
}, 240_000);

/** One process, from its start until it dies; the last one until nothing is left to do. */
async function live(life: Life, random: () => number, isLast = false): Promise<void> {
  const now = () => new Date(world.nowMs);
  const own: Store = { ...store, insertLines: (...args) => life.step(() => store.insertLines(...args)) };
  const receivers = ['chat', 'pager'].map((name) => receiver(name, life, random));
  const rules = rulesOf(defaultRuleSet().rules.map((rule): AlertRule => ({ ...rule, keepOpenMs: 0 })));
  const alerting = await openAlerting(own, {
    now,
    circumstances: () => ({
      rules,
      severityOf: () => 'warning',
      receivers,
      silences: [],
      acknowledgements: new Map(),
      closings: new Set(),
      causes: new Map(),
    }),
    log: createLogger('silent'),
    onChange: () => {},
  });
  const deliverer = createDeliverer({
    book: alerting.book,
    receivers: () => receivers,
    isHushed: () => false,
    notificationOf: (due) =>
      notificationOf(due, {
        publicUrl: null,
        grafanaUrl: null,
        rules: () => rules,
        standing: () => [],
        series: async () => [],
      }),
    write: (deliveries) => writeDeliveries(own, deliveries),
    now,
    random,
    log: createLogger('silent'),
  });
  const lastWindow = isLast
    ? Math.ceil(world.window / EPISODE.length) * EPISODE.length
    : Number.POSITIVE_INFINITY;
  try {
    while (world.window < lastWindow || alerting.book.waiting(['chat', 'pager']) > 0) {
      if (life.isDead()) return;
      // The analyzer is another process.
      if (world.window < lastWindow && random() < 0.5) {
        const at = world.window++;
        await writeFindings(
          store,
          MODELS.flatMap((model) => SIGNALS.map((signal) => finding(model, at, signal))),
        );
      }
      world.nowMs += 2_000;
      while (await alerting.turn());
      deliverer.turn();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    await deliverer.stop();
  }
}

function receiver(name: string, life: Life, random: () => number): Receiver {
  return {
    name,
    type: 'test',
    paceMs: 0,
    kinds: new Set(['firing', 'escalated', 'changed', 'resolved']),
    deliver: ({ id, receiver: to, kind, sequence, incident }) =>
      life.step(async () => {
        if (random() < 0.1) throw new DeliveryError('away', { isPermanent: false });
        inbox.push({ id, receiver: to, kind, sequence, incident });
        return { seen: String(sequence) };
      }),
  };
}
