import { expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { type GateRow, sideOf } from '../gate/side.ts';
import { judgeCheaper } from './cheaper-model.ts';
import { comparableSides } from './comparable-sides.ts';

interface Design {
  readonly rows: number;
  readonly costMicroUsd: number;
  readonly correct: number;
  readonly random: () => number;
  /** Of the hard prompts among all; hard ones are answered rightly a third as often. */
  readonly hard?: number;
  readonly isPaired?: boolean;
}

function rowsOf(
  name: string,
  { rows, costMicroUsd, correct, random, hard = 0, isPaired }: Design,
): GateRow[] {
  return Array.from({ length: rows }, (_, index) => {
    const isHard = random() < hard;
    return {
      id: `${name}${index}`,
      unit: `i:${name}${index}`,
      pair: isPaired ? `prompt ${index}` : null,
      numbers: {
        cost_micro_usd: costMicroUsd * (0.5 + random()),
        refusal: random() < 0.04 ? 1 : 0,
        'score:correct': random() < (isHard ? correct / 3 : correct) ? 1 : 0,
        latency_ms: 500,
      },
      categories: { kind: isHard ? 'hard' : 'easy' },
      groups: {},
    };
  });
}

const byKind = (side: ReturnType<typeof sideOf>, row: number): string => side.categories[row]?.['kind'] ?? '';
const compare = (dear: Design, cheap: Design) =>
  comparableSides(sideOf(rowsOf('d', dear)), sideOf(rowsOf('c', cheap)), byKind);

it.each([true, false])(
  'serves what is as good and cheaper, with what it saves (pairs: %s)',
  async (isPaired) => {
    const random = seededRandom(1);
    const shared = { rows: 2_500, correct: 0.9, random, isPaired };
    const sides = compare({ ...shared, costMicroUsd: 5_000 }, { ...shared, costMicroUsd: 1_000 });
    const [verdict] = await judgeCheaper([sides]);
    expect(sides.by).toBe(isPaired ? 'prompts' : 'strata');
    expect(verdict).toMatchObject({
      verdict: 'served',
      rowsNeeded: null,
      judgedBy: ['refusal', 'score:correct'],
    });
    expect(verdict?.savedPerCall?.low).toBeLessThan(4_000);
    expect(verdict?.savedPerCall?.high).toBeGreaterThan(4_000);
    expect((verdict?.savedPerCall?.high ?? 0) - (verdict?.savedPerCall?.low ?? 0)).toBeLessThan(300);
  },
);

it.each([
  ['language_mismatch', 0.01, 0.3],
  ['toxicity', 0.01, 0.2],
  ['repetition', 0.02, 0.2],
  ['pii', 0.01, 0.3],
  ['groundedness', 0.8, 0.5],
  ['relevance', 0.8, 0.5],
])('does not serve an answer that is worse in %s', async (signal, of, now) => {
  const random = seededRandom(6);
  const dear = { rows: 2_500, correct: 0.9, random };
  const isMean = of > 0.5 || signal === 'repetition';
  const rated = (name: string, costMicroUsd: number, level: number) =>
    sideOf(
      rowsOf(name, { ...dear, costMicroUsd }).map((row) => ({
        ...row,
        numbers: {
          ...row.numbers,
          [signal]: isMean ? level * (0.8 + 0.4 * random()) : random() < level ? 1 : 0,
        },
      })),
    );
  const [worse, same] = await judgeCheaper([
    comparableSides(rated('d', 5_000, of), rated('c', 1_000, now), byKind),
    comparableSides(rated('d', 5_000, of), rated('c', 1_000, of), byKind),
  ]);
  expect(worse).toMatchObject({ verdict: 'worse', worseIn: [signal] });
  expect(same?.judgedBy).toContain(signal);
  expect(same?.verdict).toBe('served');
});

it('asks neither how fast an answer came nor what its prompt was like', async () => {
  const random = seededRandom(8);
  const dear = { rows: 2_500, correct: 0.95, random };
  const slow = (name: string, costMicroUsd: number, level: number) =>
    sideOf(
      rowsOf(name, { ...dear, costMicroUsd }).map((row) => ({
        ...row,
        numbers: {
          ...row.numbers,
          queue_ms: 100 * level,
          tokens_per_second: 50 / level,
          jailbreak: random() < level / 20 ? 1 : 0,
        },
      })),
    );
  const [verdict] = await judgeCheaper([comparableSides(slow('d', 5_000, 1), slow('c', 1_000, 4), byKind)]);
  expect(verdict).toMatchObject({ verdict: 'served', judgedBy: ['refusal', 'score:correct'] });
});

it('tells what is worse, and what it takes to know', async () => {
  const random = seededRandom(2);
  const dear = { rows: 1_500, correct: 0.9, costMicroUsd: 5_000, random };
  const [worse, few, unrated] = await judgeCheaper([
    compare(dear, { ...dear, correct: 0.6, costMicroUsd: 1_000 }),
    compare(dear, { ...dear, rows: 80, costMicroUsd: 1_000 }),
    (() => {
      const cheap = sideOf(rowsOf('c', { ...dear, costMicroUsd: 1_000 }));
      const columns = new Map([...cheap.columns].filter(([signal]) => signal !== 'score:correct'));
      return comparableSides(sideOf(rowsOf('d', dear)), { ...cheap, columns }, byKind);
    })(),
  ]);
  expect(worse).toMatchObject({ verdict: 'worse', worseIn: ['score:correct'] });
  expect(few?.verdict).toBe('not_enough_data');
  expect(few?.rowsNeeded).toBeGreaterThan(500);
  // Nobody has rated the cheap one: that it refuses as seldom is not enough.
  expect(unrated?.verdict).toBe('not_enough_data');
});

it('compares like with like: a cheap model that was given the easy prompts is no better for it', async () => {
  const random = seededRandom(3);
  const dear = { rows: 2_500, correct: 0.9, costMicroUsd: 5_000, hard: 0.6, random };
  // As good on all prompts by chance of what it was given; worse by a fifth of each kind.
  const cheap = { rows: 2_500, correct: 0.72, costMicroUsd: 1_000, hard: 0.2, random };
  const alike = compare(dear, cheap);
  const [verdict] = await judgeCheaper([alike]);
  expect(verdict).toMatchObject({ verdict: 'worse', worseIn: ['score:correct'] });
  const blind = comparableSides(sideOf(rowsOf('d', dear)), sideOf(rowsOf('c', cheap)), () => '');
  const [misled] = await judgeCheaper([blind]);
  expect(misled?.verdict).not.toBe('worse');
});

it('speaks only for kinds of prompt that both answer', () => {
  const random = seededRandom(4);
  const dear = { rows: 1_000, correct: 0.9, costMicroUsd: 5_000, hard: 0.5, random };
  const sides = compare(dear, { ...dear, hard: 0 });
  expect(sides.coverage).toBeGreaterThan(0.45);
  expect(sides.coverage).toBeLessThan(0.55);
  expect(new Set(sides.dear.categories.map(({ kind }) => kind))).toEqual(new Set(['easy']));
  expect(sides.dear.rows).toBe(sides.cheap.rows);
});

it('holds the chance of any wrong "served" over all pairs at its level, which each alone would not', async () => {
  const random = seededRandom(5);
  // Worse by exactly the margin of a rate of .9: 2.5 points. A pair alone passes with 5 %.
  const RUNS = 60;
  const PAIRS = 8;
  let [together, alone] = [0, 0];
  for (let run = 0; run < RUNS; run++) {
    const sides = Array.from({ length: PAIRS }, () =>
      compare(
        { rows: 400, correct: 0.9, costMicroUsd: 5_000, random },
        { rows: 400, correct: 0.875, costMicroUsd: 1_000, random },
      ),
    );
    if ((await judgeCheaper(sides)).some(({ verdict }) => verdict === 'served')) together++;
    const each = await Promise.all(sides.map(async (one) => (await judgeCheaper([one]))[0]));
    if (each.some((one) => one?.verdict === 'served')) alone++;
  }
  // Of 60 at 5 %: more than 7 has a chance below 1 %.
  expect(together).toBeLessThanOrEqual(7);
  expect(alone).toBeGreaterThan(together);
});
