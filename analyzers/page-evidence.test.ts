import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/seeded-random.ts';
import { changedLeaves, type LeafEvidence, pageEvidence, together } from './page-evidence.ts';

const even = (values: readonly number[]): LeafEvidence[] =>
  values.map((value) => ({
    weight: 1 / values.length,
    logDetector: Math.log(value),
    logEValue: Math.log(value),
  }));

describe('pageEvidence', () => {
  it('alarms whenever a leaf would by itself, and sees what many show a little of', () => {
    const level = 1e-3;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            weight: fc.double({ min: 1e-6, max: 1, noNaN: true }),
            log: fc.double({ min: -5, max: 20, noNaN: true }),
          }),
          {
            minLength: 1,
            maxLength: 20,
          },
        ),
        (rows) => {
          const total = rows.reduce((sum, { weight }) => sum + weight, 0);
          const leaves = rows.map(({ weight, log }) => ({
            weight: weight / total,
            logDetector: log,
            logEValue: 0,
          }));
          const largest = Math.max(...leaves.map((leaf) => Math.log(leaf.weight * level) + leaf.logDetector));
          expect(pageEvidence(leaves, level)).toBeGreaterThanOrEqual(largest - 1e-9);
        },
      ),
    );
    // A hundred leaves, each at a fiftieth of what it needs.
    const many = even(new Array(100).fill(2000));
    const found = pageEvidence(many, level);
    expect(found).toBeCloseTo(Math.log(2), 9);
  });

  it('is nothing of nothing', () => {
    expect(pageEvidence([], 1)).toBe(Number.NEGATIVE_INFINITY);
    expect(pageEvidence([{ weight: 0, logDetector: 5, logEValue: 5 }], 1)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('changedLeaves', () => {
  it('rejects as e-BH does (vector of methods.md §4.8)', () => {
    expect(changedLeaves(even([120, 45, 18, 9, 4, 2, 1, 0.8, 0.3, 0.1]), 0.1)).toEqual([0]);
    // The fifth needs 10 / (0.1 · 5) = 20, and takes the four before it along.
    expect(changedLeaves(even([21, 25, 24, 23, 22, 1, 1, 1, 1, 1]), 0.1)).toEqual([1, 2, 3, 4, 0]);
    expect(changedLeaves([], 0.1)).toEqual([]);
  });

  it('gives a leaf that matters more its say', () => {
    const leaves = [
      { weight: 0.9, logDetector: 0, logEValue: Math.log(12) },
      { weight: 0.1, logDetector: 0, logEValue: Math.log(12) },
    ];
    expect(changedLeaves(leaves, 0.1)).toEqual([0]);
  });

  it('is wrong in a share of at most alpha of what it names, on e-values that all hang together', () => {
    const random = seededRandom(3);
    const alpha = 0.2;
    let [wrong, runs] = [0, 20_000];
    for (let run = 0; run < runs; run++) {
      // The worst kind: the unchanged ones are all large at once, with mean 1; a few changed ones help them over the bar.
      const size = 1 / Math.max(1e-9, random());
      const chance = Math.min(1, 1 / size);
      const shared = random() < chance ? size : 0;
      const values = [...new Array<number>(6).fill(Math.max(1e-9, shared)), 60, 60];
      const named = changedLeaves(even(values), alpha);
      wrong += named.filter((index) => index < 6).length / Math.max(1, named.length);
    }
    expect(wrong / runs).toBeLessThanOrEqual(alpha + 0.01);
    expect(wrong / runs).toBeGreaterThan(0.01);
  });
});

describe('together', () => {
  it('names the streams that have changed, and says how far it is from an alarm', () => {
    const key = (model: string) => ({ project: 'p', model, version: '', segment: '' });
    const leaf = (model: string, value: number) => ({
      ...{ key: key(model), signal: 'refusal', weight: 0.25 },
      ...{ logDetector: Math.log(value), logEValue: Math.log(value) },
    });
    const said = together([leaf('a', 1), leaf('b', 2000), leaf('c', 3000), leaf('d', 0.5)], 1e-3);
    expect(said.ratio).toBeCloseTo(1.25, 2);
    expect(said.changed.map(({ key: { model } }) => model)).toEqual(['c', 'b']);
    expect(together([], 1e-3)).toEqual({ ratio: 0, changed: [] });
  });
});
