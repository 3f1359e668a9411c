import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rulesOf } from '../../alerts/observe.ts';
import { defaultRuleSet } from '../../alerts/rules/rules-file.ts';
import { severityOf } from '../../alerts/severity.ts';
import type { AlertRule } from '../../core/alert-rule.ts';
import type { Finding } from '../../core/finding.ts';
import { createLogger } from '../../core/log.ts';
import type { Store } from '../../sql/client.ts';
import { readSaid, writeAcknowledgement } from '../../sql/queries/acknowledgements.ts';
import { writeFindings } from '../../sql/queries/findings.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { type AlertBook, openAlertBook } from './alert-book.ts';
import { openAlerting } from './open-alerting.ts';
import type { AlertCircumstances } from './turn.ts';

const MINUTE = 60_000;
const NOW = new Date();
const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE);
const PAGER = { name: 'pager', kinds: new Set(['firing', 'escalated', 'resolved'] as const) };

let temp: TempStore;
let store: Store;
beforeEach(async () => {
  temp = await openTempStore('turn');
  store = temp.store;
});
afterEach(async () => {
  await temp.close();
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
      causes: new Map(),
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

/** A new version that answers shorter, faster, cheaper, and is right less often; the whole and ten segments say so. */
const NEW_VERSION = [
  { signal: 'score:correct', verdict: 'regression', direction: 'down' },
  { signal: 'response_characters', verdict: 'change', direction: 'down' },
  { signal: 'latency_ms', verdict: 'improvement', direction: 'down' },
  { signal: 'cost_micro_usd', verdict: 'improvement', direction: 'down' },
] as const;
const SEGMENTS = ['', ...Array.from({ length: 10 }, (_, place) => `region=r${place}`)];
const newVersion = (until: Date): Finding[] =>
  SEGMENTS.flatMap((segment) =>
    NEW_VERSION.map((change) =>
      finding(until, {
        ...change,
        segment,
        version: '0613',
        baselineVersion: '0314',
        detector: 'version_comparison',
      }),
    ),
  );
const MATCH_ALL = {
  families: [],
  verdicts: [],
  severities: [],
  projects: [],
  models: [],
  versions: [],
  segments: [],
  signals: [],
};
const calls = (book: AlertBook) => book.due('pager', NOW).map(({ incident }) => incident);

describe('one cause', () => {
  it('pages once for a new version, whatever it changed and wherever, and lists the rest', async () => {
    const { book, turn } = await opened();
    await writeFindings(store, newVersion(ago(10)).toReversed());
    await turn();
    const [page, ...others] = calls(book);
    expect(others).toEqual([]);
    expect(page).toMatchObject({ segment: '', aspect: 'score:correct' });
    expect(book.standing()).toHaveLength(44);
    expect(page?.speaksFor).toHaveLength(43);
    // The worst first: where else it is right less often, then what else changed everywhere.
    expect(page?.speaksFor.slice(0, 12).map(({ aspect, segment }) => [aspect, segment !== ''])).toEqual([
      ...Array(10).fill(['score:correct', true]),
      ['length', false],
      ['length', true],
    ]);
    // Another process reads the same from the store.
    const reopened = await openAlertBook(store);
    expect(calls(reopened).map(({ speaksFor }) => speaksFor.length)).toEqual([43]);
  });

  it('lists what comes later', async () => {
    const { book, turn } = await opened();
    const [first, ...rest] = newVersion(ago(15)).filter(({ segment }) => segment === '');
    await writeFindings(store, [first as Finding]);
    await turn();
    await writeFindings(
      store,
      rest.map((one) => ({ ...one, until: ago(10) })),
    );
    await turn();
    expect(calls(book).map(({ speaksFor }) => speaksFor.length)).toEqual([3]);
  });

  it('pages again for a second change an hour later', async () => {
    const { book, turn } = await opened();
    await writeFindings(store, newVersion(ago(90)));
    await turn();
    await writeFindings(store, [finding(ago(30), { version: '0613', signal: 'refusal' })]);
    await turn();
    expect(
      calls(book)
        .map(({ signal }) => signal)
        .sort(),
    ).toEqual(['refusal', 'score:correct']);
  });

  it('pages for the segment where only that changed, and once where segments overlap', async () => {
    const { book, turn } = await opened();
    await writeFindings(store, [
      finding(ago(10), { segment: 'region=eu', evidence: 9 }),
      finding(ago(10), { segment: 'tier=free' }),
      finding(ago(10), { segment: 'region=eu', signal: 'latency_ms' }),
      finding(ago(10), { outcome: 'quiet' }),
    ]);
    await turn();
    expect(calls(book).map(({ segment, signal }) => [segment, signal])).toEqual([['region=eu', 'refusal']]);
  });

  it('lets speak what is more urgent than its speaker, is of fairness, or others must hear of', async () => {
    const large = { name: 'rate_difference', value: 0.3, low: 0.25, high: 0.35 } as const;
    const { book, turn } = await opened();
    await writeFindings(store, [finding(ago(10))]);
    await turn();
    await writeFindings(store, [
      finding(ago(5), { signal: 'latency_ms', changedSince: ago(15), effect: large }),
      finding(ago(5), { signal: 'json_valid', changedSince: ago(15), family: 'bias' }),
    ]);
    await turn();
    expect(
      calls(book)
        .map(({ signal }) => signal)
        .sort(),
    ).toEqual(['json_valid', 'latency_ms', 'refusal']);
  });

  const ofVersion = (until: Date, more: Partial<Finding>): Finding =>
    finding(until, { version: '2', baselineVersion: '1', detector: 'version_comparison', ...more });
  const IMPROVED = {
    signal: 'latency_ms',
    verdict: 'improvement',
    direction: 'down',
    evidence: 1e9,
  } as const;
  const CHANGED = {
    signal: 'response_characters',
    verdict: 'change',
    direction: 'down',
    evidence: 1e9,
  } as const;

  it.each([
    ['an improvement', IMPROVED],
    ['a change', CHANGED],
  ])('%s that was told first gives way to a regression, however clear each is', async (_, quieter) => {
    // Every rule is as urgent: nothing but the verdict decides.
    const [base] = defaultRuleSet().rules;
    const rules = rulesOf([{ ...(base as AlertRule), match: MATCH_ALL, severity: 'warning' }]);
    const { book, turn } = await opened({ rules });
    await writeFindings(store, [ofVersion(ago(15), quieter)]);
    await turn();
    await writeFindings(store, [ofVersion(ago(10), quieter), ofVersion(ago(10), { evidence: 2 })]);
    await turn();
    await turn();
    const speaking = book.standing().filter(([, { mutedBy }]) => mutedBy === '');
    expect(speaking.map(([, { signal }]) => signal)).toEqual(['refusal']);
    expect(speaking[0]?.[1].speaksFor.map(({ signal }) => signal)).toEqual([quieter.signal]);
    expect(calls(book).map(({ signal }) => signal)).toContain('refusal');
  });

  it('within one aspect the worst names it, however clear the rest is', async () => {
    const { book, turn } = await opened();
    const group = { detector: 'disparity', family: 'bias', segment: 'gender=f', direction: 'down' } as const;
    await writeFindings(store, [
      finding(ago(10), { ...group, signal: 'disparity:readability', verdict: 'change', evidence: 1e9 }),
      finding(ago(10), { ...group, signal: 'disparity:tone', verdict: 'regression' }),
    ]);
    await turn();
    expect(book.standing().map(([, { signal, verdict }]) => [signal, verdict])).toEqual([
      ['disparity:tone', 'regression'],
    ]);
  });

  it('a segment that gets worse where the whole does not is told by itself', async () => {
    const { book, turn } = await opened();
    const eu = { segment: 'region=eu', signal: 'score:correct', direction: 'down' } as const;
    await writeFindings(store, [
      ofVersion(ago(10), { signal: 'latency_ms', evidence: 9 }),
      // The whole is right more often, that segment less.
      ofVersion(ago(10), { signal: 'score:correct', verdict: 'improvement', direction: 'up' }),
      ofVersion(ago(10), eu),
      // What is worse in the whole too is not.
      ofVersion(ago(10), { segment: 'region=eu', signal: 'latency_ms' }),
      ofVersion(ago(10), { segment: 'region=eu', ...CHANGED }),
    ]);
    await turn();
    expect(
      calls(book)
        .map(({ signal, segment }) => `${signal} ${segment}`)
        .sort(),
    ).toEqual(['latency_ms ', 'score:correct region=eu']);
  });

  it('a regression that is noticed long after its moment, or after it was taken on, is told', async () => {
    const { book, turn } = await opened();
    await writeFindings(store, [ofVersion(ago(300), { evidence: 9 })]);
    await turn();
    await writeFindings(store, [ofVersion(ago(10), { signal: 'latency_ms' }), ofVersion(ago(10), CHANGED)]);
    await turn();
    const mutedBy = new Map(book.standing().map(([, one]) => [one.signal, one.mutedBy]));
    expect(mutedBy.get('latency_ms')).toBe('');
    expect(mutedBy.get('response_characters')).not.toBe('');
  });

  it('a budget that runs out is no change, and groups speak for no one but themselves', async () => {
    const { book, turn } = await opened();
    const unequal = { detector: 'disparity', family: 'bias', segment: 'gender=f' } as const;
    await writeFindings(store, [
      finding(ago(10), { evidence: 9 }),
      finding(ago(10), { signal: 'budget:month', detector: 'budget', family: 'cost' }),
      finding(ago(10), { ...unequal, signal: 'disparity:refusal', evidence: 9 }),
      finding(ago(10), { ...unequal, signal: 'disparity:response_characters', verdict: 'change' }),
      // Less for some is more for the others.
      finding(ago(10), {
        ...unequal,
        segment: 'gender=m',
        signal: 'disparity:refusal',
        verdict: 'change',
        direction: 'down',
      }),
    ]);
    await turn();
    await turn();
    const speaking = book.standing().filter(([, { mutedBy }]) => mutedBy === '');
    expect(speaking.map(([, { signal, segment }]) => `${signal} ${segment}`).sort()).toEqual([
      'budget:month ',
      'disparity:refusal gender=f',
      'refusal ',
    ]);
  });

  it('does not keep from somebody what its speaker does not tell them', async () => {
    const [base] = defaultRuleSet().rules;
    const rules = rulesOf([
      {
        ...(base as AlertRule),
        name: 'cost',
        match: { ...MATCH_ALL, signals: ['cost_micro_usd'] },
        receivers: null,
      },
      { ...(base as AlertRule), name: 'rest', match: MATCH_ALL, receivers: ['pager'] },
    ]);
    const { book, turn } = await opened({ rules });
    await writeFindings(store, [
      finding(ago(10), { evidence: 9 }),
      finding(ago(10), { signal: 'cost_micro_usd' }),
      finding(ago(10), { signal: 'latency_ms' }),
    ]);
    await turn();
    expect(book.standing().map(([, { signal, mutedBy }]) => [signal, mutedBy !== ''])).toEqual(
      expect.arrayContaining([
        ['refusal', false],
        ['cost_micro_usd', false],
        ['latency_ms', true],
      ]),
    );
  });

  const quiet = (minutes: number, signal: string) =>
    finding(ago(minutes), { signal, outcome: 'quiet', evidence: 0 });

  it('is silent about what is ending when its speaker has ended', async () => {
    const { book, turn } = await opened();
    await writeFindings(store, [
      finding(ago(60), { evidence: 9 }),
      finding(ago(60), { signal: 'latency_ms' }),
    ]);
    await turn();
    await writeFindings(store, [
      ...[55, 50, 45, 40, 35].map((minutes) => quiet(minutes, 'refusal')),
      ...[55, 50].map((minutes) => finding(ago(minutes), { signal: 'latency_ms' })),
      ...[45, 40, 35].map((minutes) => quiet(minutes, 'latency_ms')),
    ]);
    await turn();
    expect(book.standing()).toEqual([]);
    // That of the one opened and closed.
    expect(book.waiting(['pager'])).toBe(2);
  });

  it('speaks of what outlasts its speaker', async () => {
    const { book, turn } = await opened();
    await writeFindings(store, [
      finding(ago(30), { evidence: 9 }),
      finding(ago(30), { signal: 'latency_ms' }),
    ]);
    await turn();
    for (const minutes of [25, 20, 15])
      await writeFindings(store, [
        quiet(minutes, 'refusal'),
        finding(ago(minutes), { signal: 'latency_ms' }),
      ]);
    await turn();
    expect(calls(book).map(({ signal, mutedBy }) => [signal, mutedBy])).toContainEqual(['latency_ms', '']);
  });

  it('ends by hand with what it speaks for', async () => {
    const first = await opened();
    await writeFindings(store, newVersion(ago(10)));
    await first.turn();
    const [page] = calls(first.book);
    const { book, turn } = await opened({ closings: new Set([page?.id ?? '']) });
    await turn();
    expect(book.standing()).toEqual([]);
    expect(book.waiting(['pager'])).toBe(2);
  });
});
