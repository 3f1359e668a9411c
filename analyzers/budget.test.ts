import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamKey } from '../core/finding.ts';
import { createBudget, type WatchedStream } from './budget.ts';

const HOUR = { kind: 'time', ms: 3_600_000 } as const;
const SIGNALS = [
  'error',
  'refusal',
  'latency_ms',
  'score:correct',
  'response_characters',
  'language',
  'what_is_this',
];
const key = (model: string, segment = ''): StreamKey => ({ project: 'p', model, version: '', segment });

const stream = fc.record({
  model: fc.constantFrom('a', 'b', 'c'),
  segment: fc.constantFrom('', 'region=eu', 'region=us', 'user=1', 'user=2'),
  rows: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e9 })),
  signals: fc.subarray(SIGNALS, { minLength: 1 }),
});
const priority = fc.dictionary(
  fc.constantFrom(...SIGNALS, 'a', 'b', 'c'),
  fc.constantFrom(0, 0.1, 1, 5, 1000),
);

function spent(streams: readonly WatchedStream[], priorities: Record<string, number> = {}): number {
  const budget = createBudget({
    window: HOUR,
    falsePagesPerMonth: 1,
    streams,
    priorities: {
      ofStream: ({ model }) => priorities[model] ?? 1,
      ofSignal: (name) => priorities[name] ?? 1,
    },
  });
  const names = new Map(streams.map((one) => [JSON.stringify(one.key), one]));
  let sum = 0;
  for (const one of names.values()) {
    for (const signal of new Set(one.signals)) sum += budget.levelOf(one.key, signal);
  }
  return (sum * (365 / 12) * 24) as number;
}

describe('createBudget', () => {
  it('spends at most the one number a month, whatever is watched and whatever the owner prefers', () => {
    fc.assert(
      fc.property(fc.array(stream, { minLength: 1, maxLength: 12 }), priority, (rows, priorities) => {
        const streams = rows.map(({ model, segment, ...rest }) => ({ key: key(model, segment), ...rest }));
        expect(spent(streams, priorities)).toBeLessThanOrEqual(1 + 1e-9);
        // Of what has a priority at all, nothing is left unspent, but for what segments keep back.
        const kinds = new Set(streams.map((one) => one.key.segment === ''));
        expect(spent(streams)).toBeCloseTo(kinds.size === 2 ? 0.75 : kinds.has(true) ? 1 : 0.5, 9);
      }),
    );
  });

  it('shares what a declared version may be called by chance for over all its streams', () => {
    fc.assert(
      fc.property(fc.array(stream, { minLength: 1, maxLength: 12 }), (rows) => {
        const streams = rows.map(({ model, segment, ...rest }) => ({ key: key(model, segment), ...rest }));
        const budget = createBudget({ window: HOUR, falsePagesPerMonth: 1, streams });
        const ofVersions = new Map<string, number>();
        for (const one of new Map(streams.map((of) => [JSON.stringify(of.key), of])).values()) {
          const { model } = one.key;
          ofVersions.set(model, (ofVersions.get(model) ?? 0) + budget.versionShareOf(one.key));
        }
        for (const sum of ofVersions.values()) expect(sum).toBeCloseTo(1, 9);
      }),
    );
    const one = { rows: 100, signals: ['error'] };
    const streams = [
      { key: key('a'), ...one },
      { key: key('a', 'region=eu'), ...one },
    ];
    const budget = createBudget({ window: HOUR, falsePagesPerMonth: 1, streams });
    expect(budget.versionShareOf(key('a'))).toBeCloseTo(2 / 3, 9);
    // Each stream's windows of rows close at its own pace, and segments have none.
    const ofRows = createBudget({ window: { kind: 'rows', rows: 25 }, falsePagesPerMonth: 1, streams });
    expect(ofRows.versionShareOf(key('a'))).toBe(1);
  });

  it('gives nobody more when a stream or a signal is added', () => {
    fc.assert(
      fc.property(fc.array(stream, { minLength: 1, maxLength: 8 }), stream, (rows, added) => {
        const plan = (all: typeof rows) =>
          createBudget({
            window: HOUR,
            falsePagesPerMonth: 1,
            streams: all.map(({ model, segment, ...rest }) => ({ key: key(model, segment), ...rest })),
          });
        // A stream of a kind that is there already takes from its own kind; a first one of a kind takes its half.
        const isNew = !rows.some(({ model, segment }) => model === added.model && segment === added.segment);
        fc.pre(isNew);
        const [before, after] = [plan(rows), plan([...rows, added])];
        for (const { model, segment, signals } of rows) {
          for (const signal of signals) {
            const own = key(model, segment);
            expect(after.levelOf(own, signal)).toBeLessThanOrEqual(before.levelOf(own, signal) + 1e-15);
          }
        }
      }),
    );
  });

  it('gives whole models half in equal parts, and segments half of the other half by traffic', () => {
    const signals = ['refusal'];
    const budget = createBudget({
      window: HOUR,
      falsePagesPerMonth: 2,
      streams: [
        { key: key('a'), rows: 999, signals },
        { key: key('b'), rows: 1, signals },
        { key: key('a', 'region=eu'), rows: 899, signals },
        { key: key('a', 'region=us'), rows: 99, signals },
      ],
    });
    expect(budget.total).toBeCloseTo(2 / 730, 12);
    expect(budget.weightOf(key('a'), 'refusal')).toBeCloseTo(0.25, 12);
    expect(budget.weightOf(key('b'), 'refusal')).toBeCloseTo(0.25, 12);
    expect(budget.weightOf(key('a', 'region=eu'), 'refusal')).toBeCloseTo(0.225, 12);
    expect(budget.weightOf(key('a', 'region=us'), 'refusal')).toBeCloseTo(0.025, 12);
    expect(budget.weightOf(key('c'), 'refusal')).toBe(0);
    expect(budget.weightOf(key('a'), 'error')).toBe(0);
  });

  it('multiplies by the priority of the owner, and takes what that costs from the others', () => {
    const streams = ['a', 'b'].map((model) => ({ key: key(model), rows: 1, signals: ['error', 'refusal'] }));
    const budget = createBudget({
      window: HOUR,
      falsePagesPerMonth: 1,
      streams,
      priorities: {
        ofStream: ({ model }) => (model === 'a' ? 3 : 1),
        ofSignal: (name) => (name === 'error' ? 0 : 1),
      },
    });
    expect(budget.weightOf(key('a'), 'refusal')).toBeCloseTo(0.75, 12);
    expect(budget.weightOf(key('a'), 'error')).toBe(0);
  });

  it('leaves windows of rows as they are: each stream has one in 10,000 of its own windows', () => {
    const budget = createBudget({
      window: { kind: 'rows', rows: 25 },
      falsePagesPerMonth: 1,
      streams: ['a', 'b', 'c'].map((model) => ({
        key: key(model),
        rows: 1,
        signals: ['error', 'score:correct'],
      })),
    });
    expect(budget.levelOf(key('a'), 'score:correct')).toBeCloseTo((0.45 / 0.55) * 1e-4, 12);
  });
});
