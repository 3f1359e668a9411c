import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import {
  type CanaryOptions,
  type CanaryUnit,
  DEFAULT_CANARY_OPTIONS,
  endCanary,
  startCanary,
  stepCanary,
} from './canary.ts';
import { betAgainst, evidenceOf, newCapital } from './capital.ts';
import { freezeScale, placeOf } from './frozen-scale.ts';

const options = { ...DEFAULT_CANARY_OPTIONS, familyWise: 0.1, riskOfPassing: 0.1, matchesMax: 1_500 };

function unitsOf(random: () => number, count: number, { refusal = 0.05, latency = 1 } = {}): CanaryUnit[] {
  return Array.from({ length: count }, () => ({
    pair: null,
    numbers: {
      refusal: Number(random() < refusal),
      latency_ms: 500 * latency * Math.exp(Math.tan((random() - 0.5) * 2)),
    },
  }));
}

function run(seed: number, worse: { refusal?: number; latency?: number }, chunk = 50) {
  const random = seededRandom(seed * 104_729);
  let state = startCanary(unitsOf(random, 300), options);
  while (state.verdict === 'continue') {
    const batch = { baseline: unitsOf(random, chunk), candidate: unitsOf(random, chunk, worse) };
    state = stepCanary(state, batch, options);
  }
  return state;
}

const shareOf = (verdict: string, worse: object): number =>
  Array.from({ length: 100 }, (_, seed) => run(seed + 1, worse)).filter((state) => state.verdict === verdict)
    .length;

describe('a canary looked at after every match', () => {
  // 20 of 100 is beyond the 99.9 % point of a true 10 %.
  it('is rarely rolled back where nothing got worse', () => {
    expect(shareOf('roll_back', {})).toBeLessThan(20);
  });
  it('is rarely promoted where a rate is worse by its margin', () => {
    expect(shareOf('promote', { refusal: 0.07 })).toBeLessThan(20);
  });
  it('is rolled back soon where it is much worse', () => {
    const states = Array.from({ length: 20 }, (_, seed) => run(seed + 1, { refusal: 0.3 }));
    expect(states.every(({ verdict }) => verdict === 'roll_back')).toBe(true);
    const stops = states.map(({ matches }) => matches).sort((a, b) => a - b);
    expect(stops[10]).toBeLessThan(200);
  });

  it('decides the same however the traffic is cut into looks, and keeps to it', () => {
    const random = seededRandom(17);
    const start = startCanary(unitsOf(random, 300), options);
    const [baseline, candidate] = [unitsOf(random, 800), unitsOf(random, 800, { refusal: 0.2 })];
    const whole = stepCanary(start, { baseline, candidate }, options);
    let parts = start;
    for (let at = 0; at < 800; at += 20) {
      const cut = (units: CanaryUnit[]) => units.slice(at, at + 20);
      const kept = JSON.parse(JSON.stringify(parts)) as typeof parts;
      parts = stepCanary(kept, { baseline: cut(baseline), candidate: cut(candidate) }, options);
    }
    expect(parts).toEqual(whole);
    expect(whole.verdict).toBe('roll_back');
    expect(stepCanary(whole, { baseline, candidate: baseline }, options)).toBe(whole);
    expect(endCanary(whole)).toBe(whole);
    expect(endCanary(start).verdict).toBe('not_enough_data');
  });

  it('sets pairs against each other, and one candidate against all the baseline units that came with it', () => {
    const random = seededRandom(19);
    const state = startCanary(unitsOf(random, 300), options);
    const named = (pair: string, refusal: number): CanaryUnit => ({ pair, numbers: { refusal } });
    const paired = { baseline: [named('a', 0), named('b', 1)], candidate: [named('b', 1), named('a', 0)] };
    expect(stepCanary(state, paired, options)).toMatchObject({ matches: 2, signals: [{}, { sum: 0 }] });
    const wide = { baseline: unitsOf(random, 100), candidate: unitsOf(random, 10) };
    expect(stepCanary(state, wide, options).matches).toBe(10);
  });
});

describe('a signal whose values come later than a look', () => {
  const SCORE = 'score:rating';
  const random = seededRandom(23);
  const rated = (count: number) =>
    unitsOf(random, count).map(({ pair, numbers }) => ({
      pair,
      numbers: { refusal: numbers['refusal'] ?? 0, [SCORE]: Math.ceil(5 * random()) },
    }));
  const unrated = (count: number) =>
    rated(count).map(({ pair, numbers: { refusal = 0 } }) => ({ pair, numbers: { refusal } }));
  const wide = { ...options, matchesMax: 5_000 };
  const decided = (from: CanaryOptions, makers = { baseline: unrated, candidate: unrated }) => {
    let state = startCanary(rated(500), from);
    while (state.verdict === 'continue')
      state = stepCanary(state, { baseline: makers.baseline(30), candidate: makers.candidate(30) }, from);
    return state;
  };

  it('holds nothing up, and is listed', () => {
    expect(decided(wide)).toMatchObject({
      verdict: 'promote',
      signals: [{ signal: 'refusal' }],
      unguarded: [{ signal: SCORE, reason: 'no_values' }],
    });
  });
  it('stays guarded when it was asked for', () => {
    const margins = new Map([[SCORE, { kind: 'difference', value: 0.3 } as const]]);
    expect(decided({ ...wide, margins })).toMatchObject({
      verdict: 'not_enough_data',
      signals: [{}, { signal: SCORE, matches: 0 }],
      unguarded: [],
    });
  });
  it('stays guarded as soon as one match has it on both sides, however low it is', () => {
    const low = (count: number) =>
      rated(count).map((unit) => ({ ...unit, numbers: { ...unit.numbers, [SCORE]: 1 } }));
    expect(decided(wide, { baseline: rated, candidate: low })).toMatchObject({
      verdict: 'roll_back',
      unguarded: [],
    });
  });
  it('is missed in a promotion when the baseline never had it', () => {
    const guard = { ...wide, guard: ['refusal', 'score:other'] };
    expect(decided(guard)).toMatchObject({
      verdict: 'not_enough_data',
      unguarded: [{ signal: 'score:other', reason: 'too_few_rows' }],
    });
  });
  it('takes part in the mean of a roll-back as what was never bet', () => {
    const worse = (count: number) => unrated(count).map((unit) => ({ ...unit, numbers: { refusal: 1 } }));
    const alone = decided({ ...wide, guard: ['refusal'] }, { baseline: unrated, candidate: worse });
    const beside = decided(wide, { baseline: unrated, candidate: worse });
    expect([alone.verdict, beside.verdict]).toEqual(['roll_back', 'roll_back']);
    expect(beside.matches).toBeGreaterThanOrEqual(alone.matches);
  });
});

it('a bet that is fair is worth one on average, whatever the law', () => {
  // E over every law of three values with mean 0, by exact sums.
  for (const [low, high] of [
    [-1, 1],
    [-0.5, 1],
    [-1, 0.1],
  ] as const) {
    const up = -low / (high - low);
    const worth = (gain: number) => evidenceOf(betAgainst(newCapital(), gain));
    expect(up * worth(high) + (1 - up) * worth(low)).toBeCloseTo(1, 12);
  }
});

it('places values among those of before, ties in the middle, and takes no side of what lies beyond', () => {
  const scale = freezeScale(Array.from({ length: 1_000 }, (_, index) => index % 100));
  expect(placeOf(scale, -5)).toBe(0);
  expect(placeOf(scale, 1e9)).toBe(1);
  expect(placeOf(scale, 49.5)).toBeCloseTo(0.5, 1);
});
