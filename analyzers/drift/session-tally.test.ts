import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, sessionBin } from '../../core/grid.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { summarize } from '../../core/summary.ts';
import { type CompareOptions, compareSamples, DEFAULT_COMPARE_OPTIONS } from '../compare.ts';
import { type Sample, sampleOf } from './sample.ts';
import { createSessionTally, sessionsOfSides } from './session-tally.ts';

describe('createSessionTally', () => {
  it('adds up rows and bins by session, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ unit: fc.constantFrom('', 'a', 'b', 'c'), value: fc.integer({ min: 0, max: 9 }) }),
          {
            minLength: 1,
            maxLength: 40,
          },
        ),
        (rows) => {
          const tally = createSessionTally();
          for (const { unit, value } of rows) tally.add(unit, 'tone', value);
          const units = new Map<string, number[]>();
          rows.forEach(({ unit, value }, row) => {
            const name = unit || `row ${row}`;
            units.set(name, [...(units.get(name) ?? []), sessionBin(binOf(value))]);
          });
          const sum = (bins: readonly number[]) => bins.reduce((total, bin) => total + bin, 0);
          const all = [...units.values()];
          expect(tally.sums().get('tone')).toEqual({
            rows: rows.length,
            squares: all.reduce((total, bins) => total + bins.length ** 2, 0),
            binSquares: all.reduce((total, bins) => total + sum(bins) ** 2, 0),
            rowsTimesBins: all.reduce((total, bins) => total + bins.length * sum(bins), 0),
          });
        },
      ),
    );
  });

  it('leaves an account out that all calls go through', () => {
    const tally = createSessionTally();
    for (let row = 0; row < 60; row++) tally.add('service', 'refusal', row % 2);
    expect(tally.sums().get('refusal')).toBeUndefined();
    tally.add('someone', 'refusal', 1);
    expect(tally.sums().get('refusal')).toMatchObject({ rows: 1, squares: 1 });
  });
});

/** Fixed sets whose sessions of ten are refused together or not, with chance .4; otherwise a tenth of rows is. */
function side(random: () => number): { sample: Sample; tally: ReturnType<typeof createSessionTally> } {
  const tally = createSessionTally();
  const values: number[] = [];
  for (let session = 0; session < 40; session++) {
    const draw = () => (random() < 0.1 ? 1 : 0);
    const [first, isLump] = [draw(), random() < 0.4];
    for (let row = 0; row < 10; row++) {
      const value = isLump || row === 0 ? first : draw();
      values.push(value);
      tally.add(`s${session}`, 'refusal', value);
    }
  }
  return { sample: sampleOf(summarize(values)), tally };
}

it('keeps the level of a comparison of fixed sets: without it, conversations are differences', () => {
  const random = seededRandom(4);
  let [with_, without] = [0, 0];
  const runs = 400;
  for (let run = 0; run < runs; run++) {
    const [before, after] = [side(random), side(random)];
    const samples = [before, after].map(({ sample }) => new Map([['refusal', sample]]));
    const sessionsOf = () =>
      sessionsOfSides(
        [before, after].map(({ sample, tally }) => ({
          sums: tally.sums().get('refusal'),
          bins: sample.bins,
        })),
      );
    const options = { ...DEFAULT_COMPARE_OPTIONS, familyWise: 0.05 };
    const evidence = (settings: CompareOptions) =>
      compareSamples(samples[0] ?? new Map(), samples[1] ?? new Map(), settings).findings[0]?.evidence ?? 0;
    if (evidence({ ...options, sessionsOf }) >= 1) with_++;
    if (evidence(options) >= 1) without++;
  }
  expect(with_ / runs).toBeLessThanOrEqual(0.06);
  expect(without / runs).toBeGreaterThan(0.15);
});
