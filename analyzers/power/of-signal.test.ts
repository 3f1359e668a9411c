import { expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import {
  constant,
  HOUR,
  normal,
  START,
  WEEK,
  type World,
  windowOf,
} from '../../test/support/hourly-world.ts';
import type { Watch } from '../drift/monitor-signal.ts';
import { stepStream } from '../stream.ts';
import { DEFAULT_STREAM_OPTIONS, type StreamOptions } from '../stream-options.ts';
import type { StreamState } from '../stream-state.ts';
import { drawBinomial } from './draws.ts';
import { rowsOfComparison, windowsToSee } from './of-signal.ts';
import { WINDOWS_MAX } from './outlook.ts';

const MONTH = 4 * WEEK;
const TIMED: StreamOptions = { ...DEFAULT_STREAM_OPTIONS, isTimed: true };

interface Learned {
  readonly state: StreamState;
  readonly watch: Watch;
}

/** Steps the real detector of the product over so many hours of a world. */
function learned(world: World, hours: number, options: StreamOptions): Learned {
  const random = seededRandom(3);
  let state: StreamState | null = null;
  for (let hour = 0; hour < hours; hour++) {
    const { summaries, window } = windowOf(world, hour, random);
    state = stepStream(state, summaries, window, options).state;
  }
  const signal = state?.signals[world.kind];
  if (!state || signal?.phase !== 'watching') throw new Error('still gathering');
  return { state, watch: signal.watch };
}

/** Median over draws of a changed world of the windows until its change is called. */
function medianByDraws(
  { state }: Learned,
  worldOf: (random: () => number) => World,
  { hours, options }: { hours: number; options: StreamOptions },
): number {
  const delays = Array.from({ length: 15 }, (_, draw) => {
    const random = seededRandom(100 + draw);
    const world = worldOf(random);
    let now = state;
    for (let hour = hours; hour < hours + WINDOWS_MAX; hour++) {
      const { summaries, window } = windowOf(world, hour, random);
      const step = stepStream(now, summaries, window, options);
      if (step.findings.some(({ outcome }) => outcome === 'alarm')) return hour - hours + 1;
      now = step.state;
    }
    return WINDOWS_MAX + 1;
  });
  return delays.sort((a, b) => a - b)[7] ?? 0;
}

const outlookOf = (world: World, hours: number, isTimed = true) => ({
  isTimed,
  from: new Date(START + hours * HOUR),
  windowMs: HOUR,
  rowsAt: () => world.rows,
  sessionRows: world.sessionRows ?? 1,
});

/** A level that wanders from hour to hour, another way in each draw. */
const wander = (deviation: number, random: () => number): number[] =>
  Array.from({ length: MONTH + WINDOWS_MAX }, () => deviation * normal(random));

const refusal = (level: number, more: Partial<World> = {}): World => ({
  kind: 'refusal',
  rows: 60,
  levelAt: constant(level),
  ...more,
});
const latency = (more: Partial<World> = {}): World => ({
  kind: 'latency_ms',
  rows: 300,
  levelAt: constant(0),
  ...more,
});
/** Of the logarithm with deviation ½. */
const percent = (more: number) => Math.log1p(more) / 0.5;
const day = (hour: number) => 0.05 * Math.exp(0.8 * Math.sin((2 * Math.PI * hour) / 24));

const CASES: readonly {
  readonly name: string;
  readonly change: number;
  readonly worldOf: (random: () => number, change: number) => World;
}[] = [
  { name: 'independent rows', change: 0.05, worldOf: (_, change) => refusal(0.05 + change) },
  {
    name: 'sessions of five',
    change: 0.05,
    worldOf: (_, change) => refusal(0.05 + change, { sessionRows: 5, correlation: 0.4 }),
  },
  {
    name: 'sessions of ten',
    change: 0.05,
    worldOf: (_, change) => refusal(0.05 + change, { rows: 200, sessionRows: 10, correlation: 0.4 }),
  },
  {
    name: 'hours of a day',
    change: 0.05,
    worldOf: (_, change) => refusal(0, { rows: 100, levelAt: (hour) => day(hour) + change }),
  },
  {
    name: 'a share that wanders',
    change: 0.015,
    worldOf(random, change) {
      const levels = wander(0.3, random);
      return refusal(0, { rows: 2_000, levelAt: (hour) => change + 0.05 * Math.exp(levels[hour] ?? 0) });
    },
  },
  {
    name: 'values that wander',
    change: 0.15,
    worldOf(random, change) {
      const levels = wander(0.2, random);
      return latency({ levelAt: (hour) => (levels[hour] ?? 0) + (change > 0 ? percent(change) : 0) });
    },
  },
  {
    name: 'values of a day, in sessions',
    change: 0.15,
    worldOf: (_, change) =>
      latency({
        ...{ rows: 60, sessionRows: 5, correlation: 0.3 },
        levelAt: (hour) => 0.5 * Math.sin((2 * Math.PI * hour) / 24) + percent(change),
      }),
  },
];

it.each(CASES)('says when timed windows call a change: $name', ({ change, worldOf }) => {
  const level = 1e-5;
  const options = { ...TIMED, levelOf: () => level };
  const before = worldOf(seededRandom(7), 0);
  const known = learned(before, MONTH, options);
  const outlook = outlookOf(before, MONTH);
  const said = windowsToSee({ signal: before.kind, watch: known.watch, change, outlook, level });
  const seen = medianByDraws(known, (random) => worldOf(random, change), { hours: MONTH, options });
  expect(said?.windows).toBeGreaterThanOrEqual(seen / 2);
  expect(said?.windows).toBeLessThanOrEqual(seen * 2);
  expect(said?.rows).toBe((said?.windows ?? 0) * before.rows);
});

it.each([
  { world: refusal(0.02, { rows: 100 }), change: 0.03, changed: refusal(0.05, { rows: 100 }) },
  {
    world: latency({ rows: 40 }),
    change: 0.3,
    changed: latency({ rows: 40, levelAt: constant(percent(0.3)) }),
  },
])('says when windows of rows call a change: $world.kind', ({ world, change, changed }) => {
  const level = 1e-4;
  const options = { ...DEFAULT_STREAM_OPTIONS, levelOf: () => level };
  const known = learned(world, 60, options);
  const outlook = outlookOf(world, 60, false);
  const said = windowsToSee({ signal: world.kind, watch: known.watch, change, outlook, level });
  const seen = medianByDraws(known, () => changed, { hours: 60, options });
  expect(said?.windows).toBeGreaterThanOrEqual(seen / 2);
  expect(said?.windows).toBeLessThanOrEqual(seen * 2);
});

it('never sees a change of none, sees a larger one sooner, and nothing that its monitor does not tell', () => {
  const world = refusal(0.1, { rows: 100 });
  const level = 1e-4;
  const { watch } = learned(world, MONTH, { ...TIMED, levelOf: () => level });
  const question = { signal: 'refusal', watch, outlook: outlookOf(world, MONTH), level };
  expect(windowsToSee({ ...question, change: 0 })).toBeNull();
  const windows = [0.05, 0.1, 0.3].map(
    (change) => windowsToSee({ ...question, change })?.windows ?? Infinity,
  );
  expect(windows).toEqual(windows.toSorted((a, b) => b - a));
  expect(windowsToSee({ ...question, change: 0.1, isTold: () => false })).toBeNull();
  // An hour without a row is waited for, and half of them are.
  const rowsAt = ({ since }: { since: Date }) => (since.getUTCHours() % 2 === 0 ? 100 : 0);
  const slow = windowsToSee({ ...question, change: 0.05, outlook: { ...question.outlook, rowsAt } });
  expect(slow?.windows).toBeGreaterThan(1.4 * (windows[0] ?? Infinity));
});

it('draws binomials with the mean and variance of the law', () => {
  const random = seededRandom(1);
  for (const [trials, share] of [
    [60, 0.05],
    [20, 0.9],
    [1_000, 0.4],
    [0, 0.5],
    [10, 1],
  ] as const) {
    const drawn = Array.from({ length: 4_000 }, () => drawBinomial(trials, share, random));
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    const expected = trials * share * (1 - share);
    expect(Math.abs(mean - trials * share)).toBeLessThanOrEqual(4 * Math.sqrt(expected / drawn.length));
    expect(Math.abs(variance - expected)).toBeLessThanOrEqual(0.12 * expected);
  }
});

it('gives the rows of the table in methods §4.4', () => {
  // 1→2 % and 5→8 % at α .05, at .05/100.
  expect(rowsOfComparison(0.01, 0.01, 0.05)).toBeCloseTo(2_319, -2);
  expect(rowsOfComparison(0.05, 0.03, 0.05)).toBeCloseTo(1_059, -2);
  expect(rowsOfComparison(0.01, 0.01, 0.05 / 100)).toBeCloseTo(5_511, -2);
});
