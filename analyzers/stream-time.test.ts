import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/seeded-random.ts';
import { altered } from '../test/support/altered-state.ts';
import { constant, HOUR, normal, WEEK, type World, windowOf } from '../test/support/hourly-world.ts';
import { stepStream } from './stream.ts';
import { DEFAULT_STREAM_OPTIONS, type StreamOptions } from './stream-options.ts';
import {
  parseStreamState,
  type SignalState,
  type StreamState,
  serializeStreamState,
} from './stream-state.ts';

const OPTIONS: StreamOptions = { ...DEFAULT_STREAM_OPTIONS, isTimed: true, levelOf: () => 1e-4 };
type Watched = Extract<SignalState, { phase: 'watching' }>;

interface Run {
  readonly state: StreamState;
  /** Largest evidence of any window as a multiple of what an alarm needs, and hours at which an alarm was raised. */
  readonly evidence: number;
  readonly alarms: readonly number[];
}

function run(
  world: World,
  hours: { from: number; to: number },
  at: {
    seed: number;
    state?: StreamState | null;
    options?: StreamOptions;
    hasSessions?: boolean;
    change?: (state: StreamState) => StreamState;
  },
): Run {
  const random = seededRandom(at.seed);
  let state = at.state ?? null;
  let evidence = 0;
  const alarms: number[] = [];
  for (let hour = hours.from; hour < hours.to; hour++) {
    const { summaries, window } = windowOf(world, hour, random);
    const told =
      at.hasSessions === false ? { since: window.since, until: window.until, rows: window.rows } : window;
    const step = stepStream(state, summaries, told, at.options ?? OPTIONS);
    state = at.change ? at.change(step.state) : step.state;
    for (const finding of step.findings) {
      evidence = Math.max(evidence, finding.evidence);
      if (finding.outcome === 'alarm') alarms.push(hour);
    }
  }
  return { state: state as StreamState, evidence, alarms };
}

function watchedOf(state: StreamState): Watched {
  const [signal] = Object.values(state.signals);
  if (signal?.phase !== 'watching') throw new Error('still gathering');
  return signal;
}

const MONTH = 4 * WEEK;

describe('windows of time', () => {
  it('take the session for the unit: without it, rows of one conversation raise false alarms', () => {
    const world: World = {
      kind: 'refusal',
      rows: 60,
      levelAt: constant(0.1),
      sessionRows: 10,
      correlation: 0.4,
    };
    let [with_, without] = [0, 0];
    const runs = 12;
    for (let seed = 1; seed <= runs; seed++) {
      const options = { ...OPTIONS, isTimed: false, levelOf: () => 1e-3 };
      const learned = (hasSessions: boolean) =>
        run(world, { from: 0, to: 60 }, { seed, options, hasSessions }).state;
      const judged = (hasSessions: boolean) =>
        run(
          world,
          { from: 60, to: 160 },
          { seed: seed + 100, options, hasSessions, state: learned(hasSessions) },
        );
      if (judged(true).evidence >= 1) with_++;
      if (judged(false).evidence >= 1) without++;
    }
    // 100 windows at one in 1,000: 1.2 of 12 at most.
    expect(with_).toBeLessThanOrEqual(3);
    expect(without).toBeGreaterThanOrEqual(9);
  });

  it('learn the hours of the week: without them, a day is a change', () => {
    const world: World = {
      kind: 'latency_ms',
      rows: 150,
      levelAt: (hour) => 0.4 * Math.sin((2 * Math.PI * hour) / 24) - (hour % WEEK >= 120 ? 0.3 : 0),
    };
    const learned = run(world, { from: 0, to: MONTH }, { seed: 1 });
    const { watch } = watchedOf(learned.state);
    const [location] = watch.variation?.scores ?? [];
    const hours = location?.hours ?? [];
    // Hour 6 of a Tuesday is the peak, 18 the trough, and Sundays (day 0) lie lower.
    expect((hours[24 * 2 + 6] ?? 0) - (hours[24 * 2 + 18] ?? 0)).toBeGreaterThan(0.17);
    expect((hours[24 * 2 + 12] ?? 0) - (hours[12] ?? 0)).toBeGreaterThan(0.05);
    expect(location?.betweenRatio).toBeLessThan(0.004);
    const next = { from: MONTH, to: MONTH + 3 * 24 };
    const seen = run(world, next, { seed: 2, state: learned.state });
    expect(seen.alarms).toEqual([]);
    const blind = altered(learned.state, (scores) => scores.map((score) => ({ ...score, hours: null })));
    expect(run(world, next, { seed: 2, state: blind }).evidence).toBeGreaterThan(100);
    expect(seen.evidence).toBeLessThan(1);
  });

  it('allow windows to differ by more than their rows: without that, large windows raise false alarms', () => {
    const levels = Array.from({ length: MONTH + 200 }, (_, hour) => 0.12 * normal(seededRandom(hour + 9)));
    const world: World = { kind: 'latency_ms', rows: 400, levelAt: (hour) => levels[hour] ?? 0 };
    const learned = run(world, { from: 0, to: MONTH }, { seed: 5 });
    const [location] = watchedOf(learned.state).watch.variation?.scores ?? [];
    // .12 deviations of a row: .0144, and the limit lies above it.
    expect(location?.betweenRatio).toBeGreaterThan(0.011);
    expect(location?.betweenRatio).toBeLessThan(0.021);
    const next = { from: MONTH, to: MONTH + 200 };
    expect(run(world, next, { seed: 6, state: learned.state }).evidence).toBeLessThan(1);
    const blind = altered(learned.state, (scores) => scores.map((score) => ({ ...score, betweenRatio: 0 })));
    expect(run(world, next, { seed: 6, state: blind }).evidence).toBeGreaterThan(10);
  });

  it('take what the window before says into account where windows follow each other', () => {
    const random = seededRandom(77);
    const levels: number[] = [];
    for (let hour = 0; hour < MONTH + 400; hour++)
      levels.push(0.85 * (levels.at(-1) ?? 0) + 0.11 * normal(random));
    const world: World = { kind: 'latency_ms', rows: 300, levelAt: (hour) => levels[hour] ?? 0 };
    const learned = run(world, { from: 0, to: MONTH }, { seed: 7 });
    const [location] = watchedOf(learned.state).watch.variation?.scores ?? [];
    expect(location?.autocorrelation).toBeGreaterThan(0.5);
    const next = { from: MONTH, to: MONTH + 400 };
    expect(run(world, next, { seed: 8, state: learned.state }).evidence).toBeLessThan(1);
    const blind = altered(learned.state, (scores) =>
      scores.map((score) => ({ ...score, autocorrelation: 0 })),
    );
    expect(run(world, next, { seed: 8, state: blind }).evidence).toBeGreaterThan(1);
  });

  it('let a baseline mature for four weeks and no longer, and see a slow drift after that', () => {
    const world: World = {
      kind: 'latency_ms',
      rows: 80,
      levelAt: (hour) => Math.max(0, hour - MONTH) * 0.0012,
    };
    const spans: number[] = [];
    let last: object | null = null;
    const learned = run(
      world,
      { from: 0, to: MONTH },
      {
        seed: 3,
        change: (state) => {
          const [signal] = Object.values(state.signals);
          const variation = signal?.phase === 'watching' ? signal.watch.variation : null;
          // The same object from step to step, until it is replaced.
          if (variation && variation !== last) spans.push(variation.spanMs / HOUR);
          last = variation;
          return state;
        },
      },
    );
    expect(spans).toEqual([7, 14, 28, 56, 112, WEEK, 2 * WEEK, MONTH]);
    expect(watchedOf(learned.state).history).toBe(null);
    expect(watchedOf(learned.state).watch.baseline.count).toBe(80 * MONTH);
    const drifted = run(world, { from: MONTH, to: MONTH + 4 * WEEK }, { seed: 4, state: learned.state });
    expect(drifted.alarms.length).toBeGreaterThan(0);
    expect(watchedOf(drifted.state).watch.baseline).toBe(watchedOf(learned.state).watch.baseline);
  });

  it('is tolerant until a day has been seen, and still sees a cliff', () => {
    const night: World = { kind: 'latency_ms', rows: 100, levelAt: (hour) => (hour < 8 ? 0 : 0.3) };
    const state = run(night, { from: 0, to: 8 }, { seed: 11 }).state;
    expect(run(night, { from: 8, to: 14 }, { seed: 12, state }).alarms).toEqual([]);
    const cliff: World = { ...night, levelAt: (hour) => (hour < 8 ? 0 : 1.5) };
    expect(run(cliff, { from: 8, to: 10 }, { seed: 12, state }).alarms[0]).toBeLessThanOrEqual(9);
  });

  it('find the rise of a rate and of a value within a few windows', () => {
    const refusal: World = { kind: 'refusal', rows: 200, levelAt: (hour) => (hour < MONTH ? 0.01 : 0.05) };
    const latency: World = { kind: 'latency_ms', rows: 200, levelAt: (hour) => (hour < MONTH ? 0 : 0.5) };
    for (const world of [refusal, latency]) {
      const learned = run(world, { from: 0, to: MONTH }, { seed: 21 });
      expect(learned.alarms).toEqual([]);
      const [first] = run(world, { from: MONTH, to: MONTH + 6 }, { seed: 22, state: learned.state }).alarms;
      expect((first ?? MONTH + 99) - MONTH).toBeLessThanOrEqual(2);
    }
  });

  it('pass through JSON, and say the same whatever the unit', () => {
    const learned = run(
      { kind: 'latency_ms', rows: 60, levelAt: constant(0) },
      { from: 0, to: 30 },
      { seed: 31 },
    );
    expect(parseStreamState(serializeStreamState(learned.state))).toEqual(learned.state);
    // 694.4 bins of one per cent are a factor of 1,000, to within half a bin.
    const inSeconds = run(
      { kind: 'latency_ms', rows: 60, levelAt: constant(-2 * Math.log(1000)) },
      { from: 0, to: 30 },
      { seed: 31 },
    );
    expect(Math.log(inSeconds.evidence)).toBeCloseTo(Math.log(learned.evidence), 0);
  });
});

describe('a state of version 1', () => {
  const sample = {
    count: 3,
    sum: 2,
    bins: [
      [0, 1],
      [5000, 2],
    ],
  };
  const watch = { baseline: sample, kind: 'rate', evidence: [[0.5]], recent: [], standing: null };
  const old = (label: string) => ({
    version: 1,
    phase: 'watching',
    rows: 500,
    looksTaken: 0,
    differing: null,
    baselineLabel: label,
    signals: {
      refusal: { phase: 'watching', watch, next: { count: 0, sum: 0, bins: [] }, windowsSinceFrozen: 4 },
      error: { phase: 'gathering', gathered: sample },
    },
  });

  it('keeps its baselines, and those it learned go on maturing', () => {
    for (const [label, matures] of [
      ['first 500 rows', true],
      ['a file', false],
    ] as const) {
      const state = parseStreamState(JSON.stringify(old(label)));
      expect(state.version).toBe(2);
      const { refusal, error } = state.signals;
      if (refusal?.phase !== 'watching' || error?.phase !== 'gathering') throw new Error('another phase');
      expect(refusal.watch.baseline).toEqual(sample);
      expect(refusal.history !== null).toBe(matures);
      expect(error.gathered).toEqual(sample);
      // It can be stepped in either way.
      for (const isTimed of [true, false]) {
        const world: World = { kind: 'refusal', rows: 50, levelAt: constant(0.6) };
        const step = run(world, { from: 0, to: 2 }, { seed: 1, state, options: { ...OPTIONS, isTimed } });
        expect(watchedOf(step.state).watch.baseline).toEqual(sample);
        expect(Number.isFinite(step.evidence)).toBe(true);
      }
    }
  });
});
