import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import type { SessionSums } from '../../core/window.ts';
import { drawCategory } from '../../test/support/draw-category.ts';
import { binsOf } from './bins.ts';
import { type CategoryState, NEW_CATEGORY_STATE } from './category-state.ts';
import { stepMix } from './category-watch.ts';
import { type Counts, countsOf } from './counts.ts';
import { addNeighbours, NO_DISPERSION, scalesFor, windowsEffect } from './dispersion.ts';
import { addMixSessions, type MixSessions, mixCorrelationLimit, NO_MIX_SESSIONS } from './mix-sessions.ts';
import { DEFAULT_CATEGORY_OPTIONS } from './options.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
type Shares = Readonly<Record<string, number>>;
const USUAL: Shares = { stop: 0.93, length: 0.05, tool: 0.02 };

interface Design {
  readonly rows: number;
  /** Rows of a session. */
  readonly size: number;
  /** Chance that all of them are of one category. */
  readonly correlation: number;
}

function windowOf(
  { rows, size, correlation }: Design,
  random: () => number,
  shares = USUAL,
): { counts: Counts; sessions: SessionSums } {
  const counts = new Map<string, number>();
  let binSquares = 0;
  for (let done = 0; done < rows; done += size) {
    const own = new Map<string, number>();
    const [first, isOne] = [drawCategory(shares, random), random() < correlation];
    for (let row = 0; row < size; row++) {
      const name = row === 0 || isOne ? first : drawCategory(shares, random);
      own.set(name, (own.get(name) ?? 0) + 1);
    }
    for (const [name, count] of own) {
      counts.set(name, (counts.get(name) ?? 0) + count);
      binSquares += count ** 2;
    }
  }
  return { counts: countsOf(counts), sessions: { rows, squares: rows * size, binSquares, rowsTimesBins: 0 } };
}

function run(
  design: Design,
  at: { seed: number; isTimed: boolean; level: number; windows: number; changed?: number; into?: Shares },
) {
  const random = seededRandom(at.seed);
  const options = { ...DEFAULT_CATEGORY_OPTIONS, isTimed: at.isTimed };
  let state: CategoryState = NEW_CATEGORY_STATE;
  const alarms: number[] = [];
  for (let window = 0; window < at.windows; window++) {
    const shares = at.into && window >= (at.changed ?? 0) ? at.into : USUAL;
    const since = new Date(START + window * HOUR);
    const stepped = stepMix(
      state,
      { since, until: new Date(since.getTime() + HOUR), ...windowOf(design, random, shares) },
      { level: at.level, options, binsFrom: binsOf },
    );
    state = JSON.parse(JSON.stringify(stepped.state)) as CategoryState;
    if (stepped.judged.outcome === 'alarm') alarms.push(window);
  }
  return alarms;
}

describe('a mix whose rows come in sessions', () => {
  const designs = [
    { rows: 60, size: 10, correlation: 0.4 },
    { rows: 200, size: 50, correlation: 0.3 },
    { rows: 60, size: 10, correlation: 1 },
  ];
  it.each(designs.flatMap((design) => [false, true].map((isTimed) => ({ ...design, isTimed }))))(
    'is silent while nothing changes: $size rows of correlation $correlation, timed $isTimed',
    ({ isTimed, ...design }) => {
      let windows = 0;
      for (const seed of [1, 2, 3, 4])
        windows += run(design, { seed, isTimed, level: 1e-3, windows: 250 }).length;
      // One is allowed; plain counts called from three to forty.
      expect(windows).toBeLessThanOrEqual(1);
    },
  );

  it('finds a change in sessions that are not alike about as soon as in rows', () => {
    const into = { stop: 0.83, length: 0.15, tool: 0.02 };
    for (const size of [1, 10]) {
      const design = { rows: 100, size, correlation: 0 };
      const at = { isTimed: true, level: 1e-5, windows: 230, changed: 200, into };
      const first = [1, 2, 3].map((seed) => run(design, { ...at, seed })[0] ?? Number.POSITIVE_INFINITY);
      expect(Math.min(...first)).toBeGreaterThanOrEqual(200);
      expect(first.toSorted((a, b) => a - b)[1]).toBeLessThan(210);
    }
  });
});

describe('the correlation of a mix within a session', () => {
  const learned = (design: Design, windows: number, shares?: Shares): MixSessions => {
    const random = seededRandom(3);
    let known = NO_MIX_SESSIONS;
    for (let window = 0; window < windows; window++) {
      const { counts, sessions } = windowOf(design, random, shares);
      known = addMixSessions(known, sessions, counts);
    }
    return known;
  };
  const shares = Object.values(USUAL);

  it.each([0, 0.2, 0.6])('is found where it is %f, from above', (correlation) => {
    const known = learned({ rows: 200, size: 8, correlation }, 2_000);
    const limit = mixCorrelationLimit(known, { shares, sessionRows: 8 });
    expect(limit).toBeGreaterThan(correlation);
    expect(limit).toBeLessThan(correlation + 0.05);
  });

  it('is not believed to be small before rare categories have had sessions of their own', () => {
    const few = learned({ rows: 60, size: 10, correlation: 0 }, 8);
    expect(mixCorrelationLimit(few, { shares, sessionRows: 10 })).toBeGreaterThan(0.3);
    const even = { a: 0.5, b: 0.5 };
    const ofEven = learned({ rows: 60, size: 10, correlation: 0 }, 8, even);
    expect(mixCorrelationLimit(ofEven, { shares: [0.5, 0.5], sessionRows: 10 })).toBeLessThan(0.2);
  });

  it('is none of rows by themselves, and all of a session that is the whole window', () => {
    expect(mixCorrelationLimit(NO_MIX_SESSIONS, { shares, sessionRows: 1 })).toBe(0);
    expect(mixCorrelationLimit(NO_MIX_SESSIONS, { shares: [1], sessionRows: 5 })).toBe(1);
    const whole = { rows: 9, squares: 81, binSquares: 81, rowsTimesBins: 0 };
    expect(addMixSessions(NO_MIX_SESSIONS, whole, [['a', 9]])).toMatchObject({ rows: 9, pairs: 0 });
  });
});

describe('how windows of a mix vary', () => {
  const effectOf = (windows: number, mixOf: (window: number, random: () => number) => number[]) => {
    const random = seededRandom(7);
    let known = NO_DISPERSION;
    for (let window = 0; window < windows; window++)
      known = addNeighbours(known, mixOf(window, random), { scales: scalesFor(null) });
    return windowsEffect(known);
  };
  const of = (share: number, random: () => number): number[] => {
    const rows = [0, 0];
    for (let row = 0; row < 60; row++) rows[random() < share ? 0 : 1]! += 1;
    return rows;
  };

  it('as independent rows: about 1, whatever the shares have become meanwhile', () => {
    expect(effectOf(500, (_, random) => of(0.2, random))).toBeLessThan(1.4);
    expect(effectOf(500, (window, random) => of(window < 256 ? 0.2 : 0.25, random))).toBeLessThan(1.6);
  });

  it('by sessions that outlast a window: seen in longer stretches alone', () => {
    // Each of 60 sessions gives a row to each of 16 windows; half of them always the same one.
    let live: { left: number; isOne: boolean; value: number }[] = [];
    const next = (_: number, random: () => number): number[] => {
      const fresh = (left: number) => ({ left, isOne: random() < 0.5, value: random() < 0.2 ? 0 : 1 });
      if (live.length === 0) live = Array.from({ length: 60 }, () => fresh(1 + Math.floor(random() * 16)));
      const rows = [0, 0];
      for (const { isOne, value } of live) rows[isOne ? value : random() < 0.2 ? 0 : 1]! += 1;
      live = live.map((one) => (one.left > 1 ? { ...one, left: one.left - 1 } : fresh(16)));
      return rows;
    };
    // 1 + (16 − 1) / 2 at its longest.
    const effect = effectOf(2_000, next);
    expect(effect).toBeGreaterThan(3);
    expect(effect).toBeLessThan(11);
  });

  it('knows nothing before the second window, and looks no further than three hours', () => {
    expect(windowsEffect(NO_DISPERSION)).toBe(1);
    expect([HOUR, 5 * 60_000, 24 * HOUR].map(scalesFor)).toEqual([2, 6, 1]);
  });
});
