import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rulesOf } from '../../alerts/observe.ts';
import { defaultRuleSet } from '../../alerts/rules/rules-file.ts';
import { severityOf } from '../../alerts/severity.ts';
import type { Finding } from '../../core/finding.ts';
import { createLogger } from '../../core/log.ts';
import { openStore, type Store } from '../../sql/client.ts';
import { migrate } from '../../sql/migrate.ts';
import { readSaid, writeAcknowledgement } from '../../sql/queries/acknowledgements.ts';
import { writeFindings } from '../../sql/queries/findings.ts';
import { openAlertBook } from './alert-book.ts';
import { openAlerting } from './open-alerting.ts';
import type { AlertCircumstances } from './turn.ts';

const DAYS = 4_000;
const RETENTION = {
  inferencesDays: DAYS,
  embeddingsDays: DAYS,
  rollupMinuteDays: DAYS,
  rollupHourDays: DAYS,
  findingsDays: DAYS,
  keyUsesDays: DAYS,
};
const MINUTE = 60_000;
const NOW = new Date();
const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE);
const PAGER = { name: 'pager', kinds: new Set(['firing', 'escalated', 'resolved'] as const) };

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-turn-'));
  store = await openStore({ kind: 'embedded', path: folder });
  await migrate(store, { retention: RETENTION, cluster: null });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const finding = (until: Date, more: Partial<Finding> = {}): Finding => ({
  project: 'p',
  model: 'm',
  version: '',
  segment: '',
  signal: 'refusal',
  family: 'degradation',
  detector: 'rate',
  since: new Date(until.getTime() - 5 * MINUTE),
  until,
  outcome: 'alarm',
  direction: 'up',
  verdict: 'regression',
  effect: { name: 'rate_difference', value: 0.05, low: 0.02, high: 0.08 },
  before: 0.1,
  after: 0.15,
  evidence: 3,
  samples: { baseline: 500, current: 100 },
  histograms: { before: [], after: [] },
  changedSince: new Date(until.getTime() - 5 * MINUTE),
  baselineVersion: '',
  becameBaseline: false,
  rowsNeeded: null,
  ...more,
});

const opened = (more: Partial<AlertCircumstances> = {}) =>
  openAlerting(store, {
    now: () => NOW,
    log: createLogger('silent'),
    onChange: () => {},
    circumstances: () => ({
      rules: rulesOf(defaultRuleSet().rules),
      severityOf,
      receivers: [PAGER],
      silences: [],
      acknowledgements: new Map(),
      closings: new Set(),
      ...more,
    }),
  });
const SEGMENT = { segment: 'region=eu' };

it('a segment of a stream that says the same calls nobody, from its first window on', async () => {
  const { book, turn } = await opened();
  // The segment is read first; in one window with the whole, or later.
  await writeFindings(store, [finding(ago(10), SEGMENT), finding(ago(10))]);
  await turn();
  expect(book.due('pager', NOW).map(({ incident }) => incident.segment)).toEqual(['']);
  const whole = book.standing().find(([, { segment }]) => segment === '')?.[1];
  expect(book.standing().find(([, { segment }]) => segment !== '')?.[1].mutedBy).toBe(whole?.id);
});

it('good news of the whole does not hush bad news of a segment', async () => {
  const { book, turn } = await opened();
  await writeFindings(store, [finding(ago(10), { verdict: 'improvement', direction: 'down' })]);
  await turn();
  await writeFindings(store, [finding(ago(5), SEGMENT)]);
  await turn();
  expect(book.standing().find(([, { segment }]) => segment !== '')?.[1].mutedBy).toBe('');
  expect(book.due('pager', NOW)).toHaveLength(2);
});

it('history of weeks ago opens and closes incidents, and calls nobody', async () => {
  const { book, turn } = await opened();
  const weeksAgo = (minutes: number) => ago(30 * 24 * 60 - minutes);
  await writeFindings(store, [finding(weeksAgo(0))]);
  await turn();
  expect(book.standing()).toHaveLength(1);
  expect(book.waiting(['pager'])).toBe(0);
});

it('what is to be said of an incident that closed long ago by its own time is kept through a restart', async () => {
  const { book, turn } = await opened();
  await writeFindings(store, [finding(ago(60))]);
  await turn();
  expect(book.waiting(['pager'])).toBe(1);
  expect((await openAlertBook(store)).waiting(['pager'])).toBe(1);
});

it('an incident that somebody closes is closed, and told', async () => {
  const first = await opened();
  await writeFindings(store, [finding(ago(5))]);
  await first.turn();
  const [[, incident] = []] = first.book.standing();
  if (!incident) throw new Error('nothing opened');
  await writeAcknowledgement(store, incident, { by: 'ann', at: NOW, comment: 'gone', closes: true });
  const said = await readSaid(store, [incident.id]);
  const { book, turn } = await opened(said);
  await turn();
  expect(book.standing()).toEqual([]);
  expect(book.waiting(['pager'])).toBe(2);
});

it('one that no rule governs any more is closed', async () => {
  const first = await opened();
  await writeFindings(store, [finding(ago(5))]);
  await first.turn();
  const { book, turn } = await opened({ rules: rulesOf([]) });
  await turn();
  expect(book.standing()).toEqual([]);
});

it('one that cannot be judged does not keep the others from it', async () => {
  const { book, turn } = await opened();
  const broken = { ...finding(ago(5), { model: 'broken' }), verdict: null, effect: null };
  await writeFindings(store, [broken, finding(ago(5))]);
  await turn();
  expect(book.standing().map(([, { model }]) => model)).toEqual(['m']);
});

it('what waits for a receiver that is gone is not counted', async () => {
  const { book, turn } = await opened();
  await writeFindings(store, [finding(ago(5))]);
  await turn();
  expect(book.waiting([])).toBe(0);
});
