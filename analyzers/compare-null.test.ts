import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/seeded-random.ts';
import { summarize } from '../core/summary.ts';
import { normal } from '../test/support/hourly-world.ts';
import { compareSummaries, DEFAULT_COMPARE_OPTIONS } from './compare.ts';

// Two sides of the same law, over and over: how often is a difference called, before it is asked how large it is?

type Draw = (random: () => number) => number;
const LAWS: Readonly<Record<string, { signal: string; draw: Draw }>> = {
  'a lognormal number': { signal: 'latency_ms', draw: (random) => 1000 * Math.exp(0.6 * normal(random)) },
  'heavy tails': {
    signal: 'response_characters',
    draw: (random) => Math.abs(Math.tan(Math.PI * (random() - 0.5))),
  },
  'stars, with ties': { signal: 'score:stars', draw: (random) => 1 + Math.floor(5 * random() ** 2) },
  'a rate of a tenth': { signal: 'refusal', draw: (random) => (random() < 0.1 ? 1 : 0) },
  'a rare rate': { signal: 'error', draw: (random) => (random() < 0.005 ? 1 : 0) },
};
const LEVEL = 0.05;
const OPTIONS = { ...DEFAULT_COMPARE_OPTIONS, familyWise: LEVEL };
/** Rows a side, and replays: 10,000 at each of the small sizes over the laws. */
const SIZES = [
  { rows: 30, replays: 2_000 },
  { rows: 300, replays: 2_000 },
  { rows: 3_000, replays: 200 },
  { rows: 100_000, replays: 20 },
];

function calledOf(law: { signal: string; draw: Draw }, rows: number, replays: number): number {
  const random = seededRandom(rows + replays);
  const side = () => new Map([[law.signal, summarize(Array.from({ length: rows }, () => law.draw(random)))]]);
  let called = 0;
  for (let replay = 0; replay < replays; replay++) {
    const [finding] = compareSummaries(side(), side(), OPTIONS).findings;
    if ((finding?.evidence ?? 0) >= 1) called++;
  }
  return called;
}

describe('a comparison of nothing with nothing', () => {
  for (const [name, law] of Object.entries(LAWS)) {
    it.each(SIZES)(`keeps its level: ${name}, $rows rows`, ({ rows, replays }) => {
      const called = calledOf(law, rows, replays);
      // Three and a half deviations of the binomial.
      const most = replays * LEVEL + 3.5 * Math.sqrt(replays * LEVEL * (1 - LEVEL));
      expect(called).toBeLessThanOrEqual(most);
      // A test that never rejects keeps its level as well.
      if (name === 'a lognormal number' && replays >= 2_000)
        expect(called).toBeGreaterThan((replays * LEVEL) / 3);
    });
  }

  it('says nothing of one value alone, of an empty side, or of what is no number', () => {
    const of = (values: readonly number[]) => new Map([['latency_ms', summarize(values)]]);
    const same = Array<number>(500).fill(7);
    expect(compareSummaries(of(same), of(same), OPTIONS).verdict).toBe('same');
    expect(compareSummaries(of(same), of([]), OPTIONS).verdict).toBe('not_enough_data');
    expect(compareSummaries(of([]), of(same), OPTIONS).verdict).toBe('not_enough_data');
    expect(compareSummaries(of([]), of([]), OPTIONS)).toEqual({ verdict: 'not_enough_data', findings: [] });
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, ...same];
    for (const { evidence } of compareSummaries(of(odd), of(odd), OPTIONS).findings)
      expect(Number.isFinite(evidence)).toBe(true);
  });
});
