import { expect, it } from 'vitest';
import type { Incident } from '../../../core/incident.ts';
import { exampleQueries } from './incident.ts';

const since = new Date('2026-11-22T14:05:00.000Z');
const updatedAt = new Date('2026-11-22T14:40:00.000Z');
const incident: Incident = {
  project: 'p',
  model: 'm',
  version: '2',
  segment: '',
  id: 'i',
  aspect: 'speed',
  signal: 'latency_ms',
  signals: ['latency_ms'],
  family: 'degradation',
  direction: 'up',
  verdict: 'regression',
  detector: 'continuous',
  baselineVersion: '',
  state: 'open',
  since,
  openedAt: since,
  updatedAt,
  closedAt: null,
  before: 800,
  after: 1500,
  effect: { name: 'cliffs_delta', value: 0.5, low: 0.4, high: 0.6 },
  evidence: 2,
  samples: { baseline: 400, current: 75 },
  histograms: { before: [], after: [] },
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
};
const targets = (change: Partial<Incident>): [number, number] => {
  const { before, after } = exampleQueries({ ...incident, ...change });
  return [before.target, after.target];
};

it('looks for typical inferences of each side, split at the change', () => {
  const { before, after } = exampleQueries(incident);
  expect(targets({})).toEqual([800, 1500]);
  expect(before.until).toEqual(since);
  expect(after).toMatchObject({ since, until: new Date(updatedAt.getTime() + 1) });
});

it('of a rate that rose shows those with it after, of one that fell those with it before', () => {
  expect(targets({ detector: 'rate', direction: 'up' })).toEqual([0, 1]);
  expect(targets({ detector: 'rate', direction: 'down' })).toEqual([1, 0]);
});

it('of a disparity shows the rest and the group side by side, in the same stretch', () => {
  const segment = 'gender=f';
  const { before, after } = exampleQueries({
    ...incident,
    segment,
    signal: 'disparity:latency_ms',
    detector: 'disparity',
  });
  expect(before).toMatchObject({
    signal: 'latency_ms',
    isRest: true,
    since: after.since,
    until: after.until,
  });
  expect(after).toMatchObject({ signal: 'latency_ms', stream: { segment } });
  expect(after.isRest).toBeUndefined();
});

it('compares with the other version, where that is the baseline', () => {
  const { before, after } = exampleQueries({ ...incident, baselineVersion: '1' });
  expect([before.stream.version, after.stream.version]).toEqual(['1', '2']);
});

it('of a mix shows those of the category that explains it most, and before those of others', () => {
  const shares = [{ category: 'length', before: 0.1, after: 0.4 }];
  const effect = { name: 'cramers_v', value: 0.3, low: 0.2, high: 0.4 } as const;
  const change = { signal: 'finish_reason', detector: 'category', direction: 'mix', shares, effect } as const;
  expect(targets(change)).toEqual([0, 1]);
  expect(exampleQueries({ ...incident, ...change }).after.category).toBe('length');
});
