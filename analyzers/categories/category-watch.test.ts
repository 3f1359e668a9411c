import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { binsOf } from './bins.ts';
import { type CategoryState, NEW_CATEGORY_STATE } from './category-state.ts';
import { stepMix } from './category-watch.ts';
import { compareCategories } from './compare-categories.ts';
import { type Counts, countsOf } from './counts.ts';
import { directionBet, shareBets } from './direction.ts';
import { DEFAULT_CATEGORY_OPTIONS } from './options.ts';
import { EMPTY_WAGER, wagerOn } from './wager.ts';

const HOUR = 3_600_000;
const LIMITS = { z: 1.645, logOddsTolerance: 0.05, designEffect: 1 };

/** Every way in which `rows` rows fall into bins, with its chance. */
function* outcomes(rows: number, shares: readonly number[]): Generator<{ counts: number[]; chance: number }> {
  const [share = 0, ...rest] = shares;
  if (rest.length === 0) {
    yield { counts: [rows], chance: share ** rows };
    return;
  }
  let choose = 1;
  for (let count = 0; count <= rows; count++) {
    for (const other of outcomes(rows - count, rest))
      yield { counts: [count, ...other.counts], chance: choose * share ** count * other.chance };
    choose = (choose * (rows - count)) / (count + 1);
  }
}

describe('what is bet on a mix is fair', () => {
  const reference = {
    parts: [
      [30, 12, 8],
      [28, 15, 7],
      [33, 10, 7],
      [27, 13, 10],
    ],
  };
  const shares = [118 / 200, 50 / 200, 32 / 200];

  it.each([
    { learned: [0, 0, 0] },
    { learned: [5, 30, 15] },
    { learned: [0, 0, 40] },
    { learned: [100, 0, 0] },
  ])('E[M] ≤ 1 after one window, counted over every outcome, with $learned learned', ({ learned }) => {
    let expected = 0;
    for (const { counts, chance } of outcomes(7, shares)) {
      const { logEvidence } = wagerOn({ ...EMPTY_WAGER, learned }, counts, {
        reference,
        groups: [[0], [1], [2]],
        dependence: { rows: 7, sessionRows: 1, effect: 1 },
        limits: LIMITS,
      });
      expected += chance * Math.exp(logEvidence);
    }
    expect(expected).toBeLessThanOrEqual(1);
    expect(expected).toBeGreaterThan(0.3);
  });

  it('each bet alone is fair up to its limit, and the limit is above what the reference had', () => {
    const direction = directionBet(reference, [5, 30, 15], LIMITS);
    const meanOf = (score: (bin: number) => number) =>
      shares.reduce((sum, p, bin) => sum + p * score(bin), 0);
    for (const bet of [...(direction ? [direction] : []), ...shareBets(reference, [[0], [1, 2]], LIMITS)])
      expect(meanOf(bet.score)).toBeLessThan(bet.limit);
    expect(direction).not.toBeNull();
  });

  it('bets on nothing without two parts of a reference, or without windows before', () => {
    expect(directionBet({ parts: [[3, 4]] }, [1, 9], LIMITS)).toBeNull();
    expect(directionBet(reference, [0, 0, 0], LIMITS)).toBeNull();
  });

  it('a direction that was learned from a reference of few rows is held against rows it was not learned from', () => {
    // Forty categories of one share each: whatever direction noise picks, its limit must hold in the source.
    const random = seededRandom(5);
    const uniform = () => Array.from({ length: 40 }, () => 0);
    const draw = (rows: number) => {
      const counts = uniform();
      for (let i = 0; i < rows; i++) counts[Math.floor(random() * 40)]! += 1;
      return counts;
    };
    let held = 0;
    for (let run = 0; run < 40; run++) {
      const bet = directionBet({ parts: Array.from({ length: 10 }, () => draw(60)) }, draw(3_000), LIMITS);
      const mean = bet ? uniform().reduce((sum, _, bin) => sum + bet.score(bin) / 40, 0) : 0;
      if (!bet || mean <= bet.limit) held++;
    }
    expect(held).toBeGreaterThanOrEqual(36);
  });
});

/** Steps windows drawn from the shares; the state passes through its JSON each time, as it does in the store. */
function run(
  stretches: readonly { windows: number; rows: number; shares: Readonly<Record<string, number>> }[],
  { seed, level }: { seed: number; level: number },
) {
  const random = seededRandom(seed);
  let state: CategoryState = NEW_CATEGORY_STATE;
  const judged = [];
  let window = 0;
  for (const { windows, rows, shares } of stretches)
    for (let i = 0; i < windows; i++, window++) {
      const counts = draw(shares, rows, random);
      const at = { since: new Date(window * HOUR), until: new Date((window + 1) * HOUR), counts };
      const stepped = stepMix(state, at, { level, options: DEFAULT_CATEGORY_OPTIONS, binsFrom: binsOf });
      state = JSON.parse(JSON.stringify(stepped.state)) as CategoryState;
      judged.push(stepped.judged);
    }
  return { state, judged };
}

function draw(shares: Readonly<Record<string, number>>, rows: number, random: () => number): Counts {
  const counts = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    const at = random();
    let below = 0;
    const name = Object.entries(shares).find(([, share]) => {
      below += share;
      return at < below;
    })?.[0];
    counts.set(name ?? 'last', (counts.get(name ?? 'last') ?? 0) + 1);
  }
  return countsOf(counts);
}

const USUAL = { en: 0.8, de: 0.12, fr: 0.06, es: 0.02 };
const LEVEL = 1 / 10_000;

describe('a stream of mixes', () => {
  it('is silent while nothing changes: as often as the level says, no more', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 12; seed++)
      alarms += run([{ windows: 130, rows: 60, shares: USUAL }], { seed, level: 1 / 200 }).judged.filter(
        ({ outcome }) => outcome === 'alarm',
      ).length
        ? 1
        : 0;
    // 12 × 120 windows at 1 in 200 allow seven; what matters less than the minimum is not called at all.
    expect(alarms).toBeLessThanOrEqual(7);
  });

  it('calls a change, says what explains it, follows it, and is calm again', () => {
    const changed = { en: 0.6, de: 0.32, fr: 0.06, es: 0.02 };
    const { judged } = run(
      [
        { windows: 30, rows: 100, shares: USUAL },
        { windows: 20, rows: 100, shares: changed },
        { windows: 20, rows: 100, shares: USUAL },
      ],
      { seed: 3, level: LEVEL },
    );
    const alarms = judged.flatMap(({ outcome }, at) => (outcome === 'alarm' ? [at] : []));
    expect(alarms[0]).toBeGreaterThanOrEqual(30);
    expect(alarms[0]).toBeLessThan(35);
    const first = judged[alarms[0] ?? 0];
    expect(first?.change?.shares[0]).toMatchObject({ category: 'de' });
    expect(first?.change?.shares[0]?.after).toBeGreaterThan(0.2);
    // The start is known to within some windows.
    expect(Math.abs((first?.changedSince.getTime() ?? 0) / HOUR - 30)).toBeLessThanOrEqual(3);
    expect(alarms.at(-1)).toBeLessThan(56);
    expect(judged.at(-1)).toMatchObject({ outcome: 'quiet' });
  });

  it('a category that was never there is found in its own bin, and stays finite', () => {
    const { judged } = run(
      [
        { windows: 30, rows: 100, shares: USUAL },
        { windows: 4, rows: 100, shares: { ...USUAL, en: 0.74, tlh: 0.06 } },
      ],
      { seed: 7, level: LEVEL },
    );
    const alarm = judged.find(({ outcome }) => outcome === 'alarm');
    expect(alarm?.change?.shares[0]).toMatchObject({ category: '(new)', before: 0 });
    for (const { evidence } of judged) expect(Number.isFinite(evidence)).toBe(true);
  });

  it('one category is watched, an empty window says nothing, and a small change is not called', () => {
    const one = run([{ windows: 40, rows: 50, shares: { en: 1 } }], { seed: 1, level: LEVEL });
    expect(one.judged.at(-1)).toMatchObject({ outcome: 'quiet' });
    const { state } = one;
    const window = { since: new Date(0), until: new Date(HOUR), counts: [] };
    const settings = { level: LEVEL, options: DEFAULT_CATEGORY_OPTIONS, binsFrom: binsOf };
    expect(stepMix(state, window, settings)).toMatchObject({ state, judged: { outcome: 'not_enough_data' } });
    const slight = run(
      [
        { windows: 20, rows: 2_000, shares: USUAL },
        { windows: 20, rows: 2_000, shares: { ...USUAL, en: 0.79, de: 0.13 } },
      ],
      { seed: 2, level: 1 / 100 },
    );
    expect(slight.judged.filter(({ outcome }) => outcome === 'alarm')).toEqual([]);
  });

  it('windows that vary by themselves are no change: the design effect takes it off', () => {
    // Sessions of twenty rows in one language.
    const clumped = (seed: number) => {
      const random = seededRandom(seed);
      let state: CategoryState = NEW_CATEGORY_STATE;
      let alarms = 0;
      for (let window = 0; window < 120; window++) {
        const counts = draw(USUAL, 6, random).map(([name, rows]) => [name, rows * 20] as const);
        const at = { since: new Date(window * HOUR), until: new Date((window + 1) * HOUR), counts };
        const stepped = stepMix(state, at, {
          level: LEVEL,
          options: DEFAULT_CATEGORY_OPTIONS,
          binsFrom: binsOf,
        });
        state = stepped.state;
        if (stepped.judged.outcome === 'alarm') alarms++;
        if (state.phase === 'watching') expect(state.reference.designEffect).toBeGreaterThan(3);
      }
      return alarms;
    };
    expect([1, 2, 3, 4, 5].map(clumped)).toEqual([0, 0, 0, 0, 0]);
  });

  it('a level that was accepted is learned anew', () => {
    const options = { ...DEFAULT_CATEGORY_OPTIONS, acceptAfterWindows: 20 };
    const random = seededRandom(11);
    let state: CategoryState = NEW_CATEGORY_STATE;
    const phases: string[] = [];
    for (let window = 0; window < 80; window++) {
      const counts = draw(window < 30 ? USUAL : { it: 1 }, 100, random);
      const at = { since: new Date(window * HOUR), until: new Date((window + 1) * HOUR), counts };
      const stepped = stepMix(state, at, { level: LEVEL, options, binsFrom: binsOf });
      state = stepped.state;
      if (stepped.judged.becameBaseline) phases.push(`accepted ${window}`);
    }
    expect(phases).toHaveLength(1);
    expect(state).toMatchObject({ phase: 'watching', standing: null });
  });
});

describe('a comparison of two fixed mixes', () => {
  it('false alarms on two samples of one source stay within what the level says', () => {
    const random = seededRandom(17);
    let wrong = 0;
    for (let i = 0; i < 400; i++) {
      const [baseline, current] = [draw(USUAL, 500, random), draw(USUAL, 250, random)];
      const free = { ...DEFAULT_CATEGORY_OPTIONS, cramersVMin: 0, movedShareMin: 0 };
      const { logP } = compareCategories(baseline, current, { level: 0.05, options: free });
      if (logP <= Math.log(0.05)) wrong++;
    }
    // Binomial(400, .05): 9 to 33 with a chance of 99.8 %.
    expect(wrong).toBeGreaterThanOrEqual(9);
    expect(wrong).toBeLessThanOrEqual(33);
  });

  it('finds a change, does not depend on the order of rows, and says so when a side is empty', () => {
    const baseline: Counts = [
      ['de', 120],
      ['en', 880],
    ];
    const current: Counts = [
      ['de', 60],
      ['en', 240],
    ];
    const found = compareCategories(baseline, current, { level: 0.01 });
    expect(found).toMatchObject({ outcome: 'alarm', effect: { name: 'cramers_v' } });
    expect(compareCategories(baseline.toReversed(), current.toReversed(), { level: 0.01 })).toEqual(found);
    // The same rows in sessions of twenty are no evidence.
    expect(compareCategories(baseline, current, { level: 0.01, designEffect: 20 }).outcome).toBe('quiet');
    for (const [a, b] of [
      [baseline, []],
      [[], current],
      [[], []],
    ] as const)
      expect(compareCategories(a, b, { level: 0.01 })).toMatchObject({ outcome: 'not_enough_data' });
  });
});
