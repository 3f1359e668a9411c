import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import golden from '../../test/golden/categories.json' with { type: 'json' };
import { chiSquaredLogSf, noncentralityInterval } from '../stats/chi-squared.ts';
import { binned, binsOf, UNSEEN } from './bins.ts';
import { contingency, contributions, cramersV, jensenShannon } from './contingency.ts';
import { countsOf, mergeCounts, OTHER, totalOf } from './counts.ts';

// Expected values are scipy's (test/golden/categories.py), never our own output.

describe('the statistics of a mix agree with their oracles', () => {
  it.each(golden.tails)('log tail of χ²($df) at $x', ({ x, df, logSf }) => {
    expect(chiSquaredLogSf(x, df)).toBeCloseTo(logSf, 9);
  });
  it.each(golden.cases)('$before against $after', ({ before, after, chiSquared, g, df, p, v, js }) => {
    const found = contingency({ before, after });
    expect(found).toMatchObject({ df });
    expect(found.chiSquared).toBeCloseTo(chiSquared, 9);
    expect(found.g).toBeCloseTo(g, 9);
    expect(found.logP).toBeCloseTo(Math.log(p), 8);
    expect(jensenShannon({ before, after })).toBeCloseTo(js, 9);
    if (v !== null) expect(cramersV({ before, after }).value).toBeCloseTo(v, 9);
  });
  it.each(golden.noncentral)('limits of a non-centrality of $nc hold it', ({ x, df, nc, below }) => {
    const { low, high } = noncentralityInterval(x, df);
    expect(below > 0.025 ? nc < high * 1.01 : nc > high * 0.99).toBe(true);
    expect(below < 0.975 ? nc > low * 0.99 : nc < low * 1.01).toBe(true);
  });
});

const rowsOf = fc.array(fc.nat(200), { minLength: 1, maxLength: 8 });

describe('properties of a comparison of mixes', () => {
  it('parts of G add up to it, and V lies in its interval in [0, 1]', () => {
    fc.assert(
      fc.property(rowsOf, rowsOf, (before, after) => {
        const length = Math.min(before.length, after.length);
        const table = { before: before.slice(0, length), after: after.slice(0, length) };
        const { g, logP } = contingency(table);
        const parts = contributions(table).reduce((sum, part) => sum + Math.abs(part), 0);
        const { value, low, high } = cramersV(table);
        expect(parts).toBeCloseTo(g, 6);
        expect(logP).toBeLessThanOrEqual(0);
        for (const number of [g, logP, value, low, high]) expect(Number.isFinite(number)).toBe(true);
        expect(0 <= low && low <= value && value <= high && high <= 1).toBe(true);
      }),
    );
  });

  it('V of the same shares does not depend on how large the reference is', () => {
    const after = [180, 120];
    const small = cramersV({ before: [240, 60], after }).value;
    expect(cramersV({ before: [80_000, 20_000], after }).value).toBeCloseTo(small, 1);
    // A plain V of the second table is .03.
    expect(small).toBeGreaterThan(0.19);
  });

  it('bins are made by the reference: largest first, rare ones together, unseen ones apart', () => {
    const bins = binsOf([
      ['de', 100],
      ['en', 895],
      ['sw', 4],
    ]);
    expect(bins.names).toEqual(['en', 'de', OTHER, UNSEEN]);
    expect(
      binned(bins, [
        ['de', 1],
        ['sw', 2],
        ['xx', 4],
      ]),
    ).toEqual([0, 1, 2, 4]);
  });

  it('a million categories are kept as 400, and no row is lost', () => {
    const many = new Map(Array.from({ length: 20_000 }, (_, i) => [`language ${i}`, 1 + (i % 7)]));
    const counts = countsOf(many);
    expect(counts).toHaveLength(400);
    expect(totalOf(counts)).toBe([...many.values()].reduce((sum, rows) => sum + rows, 0));
    expect(mergeCounts(counts, counts)).toHaveLength(400);
  });
});
