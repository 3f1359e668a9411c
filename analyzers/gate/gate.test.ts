import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { DEFAULT_GATE_OPTIONS, type GateOptions, gate } from './gate.ts';
import { type GateRow, type GateSide, sideOf } from './side.ts';

interface Design {
  readonly rows: number;
  /** Rows of a session. */
  readonly session?: number;
  readonly isPaired?: boolean;
  readonly refusal?: number;
  readonly latency?: number;
}

function normalsOf(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Sessions differ from each other as much as their rows do. */
function side(random: () => number, name: string, design: Design): GateSide {
  const { rows, session = 1, isPaired = false, refusal = 0.05, latency = 1 } = design;
  const normal = normalsOf(random);
  let level = 0;
  return sideOf(
    Array.from({ length: rows }, (_, index): GateRow => {
      if (index % session === 0) level = session > 1 ? normal() : 0;
      return {
        id: `${name}${index}`,
        unit: `${name}${Math.floor(index / session)}`,
        pair: isPaired ? `p${index}` : null,
        numbers: {
          refusal: Number(random() < Math.min(0.9, refusal * Math.exp(level))),
          latency_ms: 500 * latency * Math.exp(0.6 * normal() + 0.6 * level),
        },
        categories: {},
        groups: {},
      };
    }),
  );
}

async function verdicts(runs: number, [a, b]: [Design, Design], options: Partial<GateOptions> = {}) {
  const counts = { better: 0, same: 0, worse: 0, not_enough_data: 0 };
  for (let seed = 1; seed <= runs; seed++) {
    const random = seededRandom(seed * 7_919);
    const sides = [side(random, 'a', a), side(random, 'b', b)] as const;
    const { verdict } = await gate(...sides, { ...DEFAULT_GATE_OPTIONS, ...options });
    counts[verdict]++;
  }
  return counts;
}

describe('the error of "worse"', () => {
  // At a level of 10 %, so that a few hundred runs tell 10 from 20.
  it.each([
    ['rows', {}],
    ['pairs', { isPaired: true }],
    ['sessions', { session: 10 }],
    ['pairs in sessions', { session: 10, isPaired: true }],
  ])('keeps its level where nothing differs: %s', async (_, more) => {
    const design = { rows: 200, ...more };
    const { worse } = await verdicts(150, [design, design], { familyWise: 0.1 });
    // 27 of 150 is the 99.9 % point of a true 10 %.
    expect(worse).toBeLessThanOrEqual(27);
  });
});

describe('the error of "same"', () => {
  it('keeps its risk where a signal is worse by exactly its margin', async () => {
    const margins = new Map([['refusal', { kind: 'difference', value: 0.05 }]] as const);
    const worse = { rows: 800, refusal: 0.1 };
    const { same, better } = await verdicts(150, [{ rows: 800 }, worse], {
      margins,
      guard: ['refusal'],
      riskOfPassing: 0.1,
    });
    expect(same + better).toBeLessThanOrEqual(27);
  });

  it('is not said of sessions that never fail, few as they are', async () => {
    const one = (name: string) =>
      side(seededRandom(1), name, { rows: 200, session: 40, refusal: 0, isPaired: true });
    const { guarded } = await gate(one('a'), one('b'), { ...DEFAULT_GATE_OPTIONS, guard: ['refusal'] });
    expect(guarded[0]).toMatchObject({ verdict: 'not_enough_data' });
    expect(guarded[0]?.rowsNeeded).toBeGreaterThan(0);
  });
});

describe('what it sees', () => {
  it('finds what got worse, paired sooner than not, and shows the pairs', async () => {
    const random = seededRandom(3);
    const [a, b] = [
      side(random, 'a', { rows: 300, isPaired: true }),
      side(random, 'b', { rows: 300, isPaired: true, latency: 1.6, refusal: 0.25 }),
    ];
    const { verdict, pairs, guarded, examples, changes } = await gate(a, b, DEFAULT_GATE_OPTIONS);
    expect({ verdict, pairs }).toEqual({ verdict: 'worse', pairs: 300 });
    expect(guarded.map(({ signal, verdict: said }) => [signal, said])).toEqual([
      ['latency_ms', 'worse'],
      ['refusal', 'worse'],
    ]);
    expect(guarded[0]?.effect?.value).toBeGreaterThan(0.3);
    expect(examples).toHaveLength(3);
    expect(changes.map(({ signal }) => signal)).toContain('refusal');
  });

  it('says same when there is enough, and what is missing when there is not', async () => {
    const random = seededRandom(5);
    const [a, b] = ['a', 'b'].map((name) => side(random, name, { rows: 3_000, refusal: 0.02 })) as [
      GateSide,
      GateSide,
    ];
    expect((await gate(a, b, DEFAULT_GATE_OPTIONS)).verdict).toBe('same');
    const few = side(random, 'c', { rows: 60, refusal: 0.02 });
    const { verdict, rowsNeeded } = await gate(a, few, DEFAULT_GATE_OPTIONS);
    expect(verdict).toBe('not_enough_data');
    expect(rowsNeeded).toBeGreaterThan(50);
  });

  it('counts several answers to a prompt once', async () => {
    const random = seededRandom(7);
    const doubled = (name: string): GateSide => {
      const one = side(random, name, { rows: 400, isPaired: true });
      return { ...one, pairs: one.pairs.map((_, index) => `p${index % 40}`) };
    };
    const { pairs, guarded } = await gate(doubled('a'), doubled('b'), DEFAULT_GATE_OPTIONS);
    expect(pairs).toBe(40);
    expect(guarded.every(({ samples }) => samples.baseline === 40)).toBe(true);
  });

  it('guards what was named, and says what it could not guard', async () => {
    const random = seededRandom(9);
    const [a, b] = ['a', 'b'].map((name) => side(random, name, { rows: 100 })) as [GateSide, GateSide];
    const named = await gate(a, b, { ...DEFAULT_GATE_OPTIONS, guard: ['score:correct'] });
    expect(named).toMatchObject({ verdict: 'not_enough_data', guarded: [{ signal: 'score:correct' }] });
    const few = {
      ...a,
      columns: new Map([...a.columns, ['toxicity', new Float64Array(100).fill(Number.NaN)]]),
    };
    const { unguarded } = await gate(few, b, DEFAULT_GATE_OPTIONS);
    expect(unguarded).toEqual([{ signal: 'toxicity', reason: 'too_few_rows' }]);
  });

  it('asks the families beside the signals', async () => {
    const random = seededRandom(11);
    const [a, b] = ['a', 'b'].map((name) => side(random, name, { rows: 50 })) as [GateSide, GateSide];
    const change = { signal: 'topics', outcome: 'alarm', detector: 'topics' } as never;
    const families = [{ name: 'topics', compare: () => [change] }];
    expect((await gate(a, b, { ...DEFAULT_GATE_OPTIONS, families })).changes).toEqual([change]);
  });
});
