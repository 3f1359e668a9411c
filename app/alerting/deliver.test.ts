import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Told } from '../../alerts/plan.ts';
import type { Incident } from '../../core/incident.ts';
import { createLogger } from '../../core/log.ts';
import {
  DeliveryError,
  type Notification,
  type NotificationKind,
  type Receiver,
} from '../../core/notification.ts';
import type { Store } from '../../sql/client.ts';
import { type Delivery, deliveriesOf, writeDeliveries } from '../../sql/queries/deliveries.ts';
import { writeIncidents } from '../../sql/queries/incidents.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { openAlertBook } from './alert-book.ts';
import { createDeliverer } from './deliver.ts';
import { notificationOf } from './notification-of.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const at = (seconds: number): Date => new Date(T0 + seconds * 1_000);

let temp: TempStore;
let store: Store;
beforeAll(async () => {
  temp = await openTempStore('deliver');
  store = temp.store;
});
afterAll(async () => {
  await temp.close();
});

const incident = (id: string, more: Partial<Incident> = {}): Incident => ({
  id,
  project: id,
  model: 'm',
  version: '',
  segment: '',
  aspect: id,
  signal: 'refusal',
  signals: ['refusal'],
  family: 'degradation',
  direction: 'up',
  verdict: 'regression',
  detector: 'rate',
  baselineVersion: '',
  state: 'open',
  since: at(0),
  openedAt: at(1),
  updatedAt: at(1),
  closedAt: null,
  before: 0.1,
  after: 0.2,
  effect: { name: 'rate_difference', value: 0.1, low: 0.05, high: 0.15 },
  evidence: 2,
  samples: { baseline: 500, current: 50 },
  histograms: { before: [], after: [] },
  quietWindows: 0,
  seenAt: at(1),
  rule: 'refusals',
  severity: 'warning',
  labels: {},
  condition: 'measured',
  conditionSince: at(1),
  reopenings: 0,
  acknowledged: null,
  mutedBy: '',
  speaksFor: [],
  windowMs: 300_000,
  cause: '',
  ...more,
});

const told = (kinds: readonly NotificationKind[]): Record<string, Told> => ({
  chat: {
    sequence: kinds.length,
    queue: kinds.map((kind, index) => ({ receiver: 'chat', sequence: index + 1, kind, at: at(index) })),
    shown: '',
    shownAt: at(0),
    isResolved: kinds.includes('resolved'),
  },
});

/** A deliverer on what is stored, a clock of its own, and a receiver that answers as it is told to. */
async function opened(
  answer: (notification: Notification) => unknown,
  write = (deliveries: readonly Delivery[]) => writeDeliveries(store, deliveries),
) {
  let nowMs = T0 + 60_000;
  const book = await openAlertBook(store);
  const tried: Notification[] = [];
  const make = (): Receiver => ({
    name: 'chat',
    type: 'test',
    paceMs: 30,
    kinds: new Set(),
    async deliver(notification, handle) {
      tried.push(notification);
      answer(notification);
      return { ...handle, [notification.kind]: notification.id };
    },
  });
  let receiver = make();
  const deliverer = createDeliverer({
    book,
    receivers: () => [receiver],
    isHushed: (incident) => incident.id === 'hushed',
    notificationOf: (due) =>
      notificationOf(due, {
        publicUrl: 'https://plumbline.example.com',
        grafanaUrl: 'https://grafana.example.com',
        rules: () => ({ ruleFor: () => null, named: () => null, blindRuleFor: () => null }),
        standing: () => [],
        series: async () => [],
      }),
    write,
    now: () => new Date(nowMs),
    random: () => 1,
    log: createLogger('silent'),
  });
  return {
    book,
    tried,
    warnings: () => deliverer.warnings(),
    /** Lets so many seconds pass, and what is under way end. */
    async turn(seconds: number): Promise<void> {
      nowMs += seconds * 1_000;
      deliverer.turn();
      await vi.waitFor(() => expect(deliverer.isIdle()).toBe(true), { interval: 2 });
    },
    /** Its settings change. */
    mend() {
      receiver = make();
    },
    stop: () => deliverer.stop(),
  };
}
const kindsOf = (tried: readonly Notification[], id: string) =>
  tried.filter((one) => one.incident.id === id).map(({ kind }) => kind);

it('delivers in order per incident, the most urgent first, at the pace of the receiver, with links', async () => {
  await writeIncidents(store, [
    { incident: incident('calm', { severity: 'info' }), told: told(['firing', 'reminder']) },
    { incident: incident('urgent', { severity: 'critical' }), told: told(['firing']) },
  ]);
  const times: number[] = [];
  const { tried, turn, book } = await opened(() => times.push(performance.now()));
  await turn(1);
  expect(Math.min(...times.slice(1).map((time, i) => time - (times[i] ?? 0)))).toBeGreaterThan(25);
  expect(tried.map(({ id }) => id)).toEqual(['urgent-chat-1', 'calm-chat-1', 'calm-chat-2']);
  expect(book.waiting(['chat'])).toBe(0);
  expect(tried[0]?.links).toEqual({
    incident: 'https://plumbline.example.com/#/incidents/urgent',
    examples: 'https://plumbline.example.com/#/incidents/urgent',
    dashboard: expect.stringContaining('https://grafana.example.com/d/plumbline-degradation?orgId=1&from='),
    runbook: null,
  });
  const stored = await deliveriesOf(store, ['calm']);
  expect(stored).toMatchObject([
    { sequence: 1, state: 'sent', attempts: 1, handle: { firing: 'calm-chat-1' } },
    { sequence: 2, state: 'sent', handle: { firing: 'calm-chat-1', reminder: 'calm-chat-2' } },
  ]);
});

it('tries again with growing waits, not before the receiver asks for it, and says what is wrong', async () => {
  await writeIncidents(store, [{ incident: incident('busy'), told: told(['firing']) }]);
  let retryAfterMs: number | null = 60_000;
  let isAway = true;
  const { tried, turn, warnings, book } = await opened(() => {
    if (isAway) throw new DeliveryError('too many', { isPermanent: false, retryAfterMs });
  });
  await turn(1);
  await turn(59);
  expect(tried).toHaveLength(1);
  expect(warnings()).toEqual([
    expect.stringMatching(/^the receiver chat has taken nothing since .*: too many$/),
  ]);
  retryAfterMs = null;
  await turn(2);
  expect(tried).toHaveLength(2);
  // Four seconds after the second failure.
  await turn(3.9);
  expect(tried).toHaveLength(2);
  isAway = false;
  await turn(0.2);
  expect(tried.map(({ id }) => id)).toEqual(['busy-chat-1', 'busy-chat-1', 'busy-chat-1']);
  expect(warnings()).toEqual([]);
  expect(book.delivered('busy')).toMatchObject({ chat: { settled: 1, isAnnounced: true } });
});

it('tells of what is refused for good, tries it again each hour, and gives up after a week', async () => {
  const closed = incident('refused', { state: 'closed', closedAt: at(9) });
  await writeIncidents(store, [{ incident: closed, told: told(['firing', 'resolved']) }]);
  const { tried, turn, warnings, book } = await opened(() => {
    throw new DeliveryError('invite the bot to the channel', { isPermanent: true });
  });
  await turn(1);
  await turn(3_590);
  expect(kindsOf(tried, 'refused')).toEqual(['firing']);
  expect(warnings()[0]).toContain('refuses what it is sent');
  await turn(20);
  expect(kindsOf(tried, 'refused')).toEqual(['firing', 'firing']);
  await turn(7 * 86_400);
  await turn(2);
  expect(book.waiting(['chat'])).toBe(0);
  expect(await deliveriesOf(store, ['refused'])).toMatchObject([
    { kind: 'firing', state: 'failed', error: 'invite the bot to the channel', attempts: 3 },
    // Nobody had heard of it.
    { kind: 'resolved', state: 'skipped', attempts: 0 },
  ]);
});

it('tries at once what was refused when the settings of the receiver change', async () => {
  await writeIncidents(store, [{ incident: incident('mended'), told: told(['firing']) }]);
  let isRefused = true;
  const { tried, turn, mend, warnings } = await opened(() => {
    if (isRefused) throw new DeliveryError('wrong token', { isPermanent: true });
  });
  await turn(1);
  isRefused = false;
  mend();
  await turn(1);
  expect(kindsOf(tried, 'mended')).toEqual(['firing', 'firing']);
  expect(warnings()).toEqual([]);
});

it('holds back what was silenced while it waited', async () => {
  await writeIncidents(store, [
    { incident: incident('hushed'), told: told(['firing']) },
    { incident: incident('loud', { severity: 'info' }), told: told(['firing']) },
  ]);
  const { tried, turn, book } = await opened(() => {});
  await turn(1);
  expect(kindsOf(tried, 'hushed')).toEqual([]);
  expect(kindsOf(tried, 'loud')).toEqual(['firing']);
  expect(book.waiting(['chat'])).toBe(1);
  await writeIncidents(store, [
    { incident: incident('hushed', { state: 'closed', closedAt: at(9) }), told: {} },
  ]);
});

it('does not say the same again while the store is away, and writes it down when that is back', async () => {
  await writeIncidents(store, [{ incident: incident('unwritten'), told: told(['firing']) }]);
  let isAway = true;
  const { tried, turn } = await opened(
    () => {},
    async (deliveries) => {
      if (isAway) throw new Error('the store is away');
      await writeDeliveries(store, deliveries);
    },
  );
  for (let i = 0; i < 3; i++) await turn(5);
  expect(kindsOf(tried, 'unwritten')).toEqual(['firing']);
  isAway = false;
  await turn(5);
  expect(await deliveriesOf(store, ['unwritten'])).toMatchObject([{ state: 'sent' }]);
});

it('shows only the last of what changed, and lets go of one under way when it is stopped', async () => {
  await writeIncidents(store, [
    { incident: incident('changing'), told: told(['firing', 'changed', 'changed', 'resolved']) },
  ]);
  const { tried, turn, stop } = await opened(() => {});
  for (let i = 0; i < 6; i++) await turn(2);
  expect(kindsOf(tried, 'changing')).toEqual(['firing', 'resolved']);
  await stop();
});
