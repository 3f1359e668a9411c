import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { DEFAULT_GATE_OPTIONS, type GateOptions, gate } from './gate.ts';
import { type GateSide, sideOf } from './side.ts';

type Draw = (random: () => number) => number;

/** A row for each draw, in sessions of so many rows; `prompts`: as many prompts, asked in turn. */
function side(
  name: string,
  numbers: readonly Readonly<Record<string, number>>[],
  { prompts = 0, session = 1 } = {},
): GateSide {
  return sideOf(
    numbers.map((own, index) => ({
      id: `${name}${index}`,
      unit: `${name}${Math.floor(index / session)}`,
      pair: prompts > 0 ? `p${index % prompts}` : null,
      numbers: own,
      categories: {},
      groups: {},
    })),
  );
}

const rating = (random: () => number, rows: number, draw: Draw) =>
  Array.from({ length: rows }, () => ({ 'score:rating': draw(random) }));

const guarding = (signal: string, more: Partial<GateOptions> = {}): GateOptions => ({
  ...DEFAULT_GATE_OPTIONS,
  guard: [signal],
  ...more,
});

const difference = (signal: string, value: number) =>
  new Map([[signal, { kind: 'difference', value }]] as const);

describe('the risk of passing a number that is worse by exactly its margin', () => {
  const ones: (share: number) => Draw = (share) => (random) => (random() < share ? 1 : 5);
  const skewed: (sign: number) => Draw = (sign) => (random) => 3 + sign * Math.log(1 - random());
  const few: (fives: number) => Draw = (fives) => (random) => (random() < 0.1 ? 1 : random() < fives ? 5 : 3);
  it.each([
    ['always 5, with ones in 3 %', 40, ones(0), ones(0.03), 0.12, true],
    ['always 5, with ones in 3 %', 40, ones(0), ones(0.03), 0.12, false],
    ['always 5, with ones in 1 %', 100, ones(0), ones(0.01), 0.04, false],
    ['always 5, with ones in 1 %', 300, ones(0), ones(0.01), 0.04, false],
    ['ones in 3 %, then in 5.55 %', 60, ones(0.03), ones(0.0555), 0.102, false],
    ['skewed down', 60, skewed(1), (random: () => number) => skewed(1)(random) - 0.3, 0.3, false],
    ['skewed up', 60, skewed(-1), (random: () => number) => skewed(-1)(random) - 0.3, 0.3, true],
    ['1, 3 and 5', 60, few(0.3), few(0.3 - 1 / 6), 0.3, false],
  ] as const)('%s: %i rows', async (_, rows, before, after, margin, isPaired) => {
    const options = guarding('score:rating', { margins: difference('score:rating', margin) });
    let passed = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed * 7_919);
      const prompts = isPaired ? rows : 0;
      const [a, b] = [before, after].map((draw, index) =>
        side(`${index}-`, rating(random, rows, draw), { prompts }),
      ) as [GateSide, GateSide];
      const { verdict } = await gate(a, b, options);
      if (verdict === 'same' || verdict === 'better') passed++;
    }
    // 20 of 200 is the 99.9 % point of a true 5 %.
    expect(passed).toBeLessThanOrEqual(20);
  });

  it('is not taken of sides that are constant, however they differ, until there are enough', async () => {
    const constant = (name: string, rows: number, value: number) =>
      side(
        name,
        rating(Math.random, rows, () => value),
      );
    const verdictOf = async (rows: number, value: number, options: Partial<GateOptions> = {}) =>
      (await gate(constant('a', rows, 5), constant('b', rows, value), guarding('score:rating', options)))
        .verdict;
    expect(await verdictOf(40, 5)).toBe('not_enough_data');
    expect(await verdictOf(40, 4.9, { margins: difference('score:rating', 0.11) })).toBe('worse');
    expect(await verdictOf(300, 5)).toBe('same');
  });

  it('is not taken of one session, however many rows it has', async () => {
    const random = seededRandom(5);
    const [a, b] = ['a', 'b'].map((name) =>
      side(
        name,
        Array.from({ length: 3_000 }, () => ({
          refusal: Number(random() < 0.05),
          'score:rating': Math.ceil(5 * random()),
        })),
        { session: 3_000 },
      ),
    ) as [GateSide, GateSide];
    const { guarded } = await gate(a, b, DEFAULT_GATE_OPTIONS);
    expect(guarded.map(({ verdict }) => verdict)).toEqual(['not_enough_data', 'not_enough_data']);
    expect(guarded.every(({ rowsNeeded }) => Number(rowsNeeded) <= 1e9)).toBe(true);
  });
});

describe('how many rows are missing', () => {
  it('shows all signals together with four chances in five', async () => {
    const rows = (random: () => number, count: number, name: string): GateSide => {
      const flip = (rate: number) => Number(random() < rate);
      const numbers = Array.from({ length: count }, () => ({
        refusal: flip(0.05),
        error: flip(0.05),
        truncated: flip(0.05),
        empty: flip(0.05),
        toxicity: flip(0.05),
        // Every second inference has it.
        ...(random() < 0.5 ? { 'score:rating': Math.ceil(5 * random()) } : {}),
      }));
      return side(name, numbers);
    };
    const asked = async (seed: number, count: number) => {
      const random = seededRandom(seed * 104_729);
      return gate(rows(random, count, 'a'), rows(random, count, 'b'), DEFAULT_GATE_OPTIONS);
    };
    const needed: number[] = [];
    for (let seed = 1; seed <= 9; seed++) needed.push((await asked(seed, 300)).rowsNeeded ?? 0);
    const enough = 300 + (needed.sort((a, b) => a - b)[4] ?? 0);
    let shown = 0;
    for (let seed = 101; seed <= 160; seed++) {
      const { verdict } = await asked(seed, enough);
      if (verdict === 'same' || verdict === 'better') shown++;
    }
    // 38 of 60 is the 0.1 % point of a true 80 %.
    expect(shown).toBeGreaterThanOrEqual(38);
  }, 60_000);

  it.each([
    ['a margin of 0', { kind: 'difference', value: 0 }, 'margin_of_zero'],
    ['a share of a baseline of 0', { kind: 'ratio', value: 0.1 }, 'share_of_zero'],
  ] as const)('is not said of %s, which no number shows', async (_, margin, obstacle) => {
    const clean = (name: string) =>
      side(
        name,
        Array.from({ length: 300 }, () => ({ error: 0 })),
      );
    const margins = new Map([['error', margin]]);
    const { verdict, rowsNeeded, guarded } = await gate(
      clean('a'),
      clean('b'),
      guarding('error', { margins }),
    );
    expect({ verdict, rowsNeeded }).toEqual({ verdict: 'not_enough_data', rowsNeeded: null });
    expect(guarded).toMatchObject([{ obstacle, rowsNeeded: null, rowsPlanned: null }]);
  });

  it('a margin of 0 is shown by what is clearly better', async () => {
    const random = seededRandom(3);
    const of = (name: string, rate: number) =>
      side(
        name,
        Array.from({ length: 500 }, () => ({ error: Number(random() < rate) })),
      );
    const options = guarding('error', { margins: difference('error', 0) });
    expect((await gate(of('a', 0.3), of('b', 0.1), options)).verdict).toBe('better');
  });

  it('is not said where nothing is guarded', async () => {
    const rows = rating(seededRandom(1), 300, (random) => random());
    const [a, b] = [side('a', rows), side('b', rows)];
    expect(await gate(a, b, { ...DEFAULT_GATE_OPTIONS, guard: [] })).toMatchObject({
      verdict: 'not_enough_data',
      rowsNeeded: null,
    });
  });
});

describe('several answers to a prompt', () => {
  it('are a rate where each is 0 or 1, with its margin', async () => {
    const random = seededRandom(11);
    const of = (name: string) =>
      side(
        name,
        Array.from({ length: 400 }, () => ({ refusal: Number(random() < 0.05) })),
        { prompts: 40 },
      );
    const { pairs, guarded } = await gate(of('a'), of('b'), DEFAULT_GATE_OPTIONS);
    expect(pairs).toBe(40);
    expect(guarded).toMatchObject([{ signal: 'refusal', isRate: true, margin: { value: 0.02 } }]);
  });
});
