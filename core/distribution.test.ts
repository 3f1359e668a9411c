import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributionOf } from './distribution.ts';
import { binOf } from './grid.ts';
import type { Histogram } from './incident.ts';

function histogramOf(values: readonly number[]): Histogram {
  const bins = new Map<number, number>();
  for (const value of values) bins.set(binOf(value), (bins.get(binOf(value)) ?? 0) + 1);
  return [...bins].sort(([a], [b]) => a - b);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('distributionOf', () => {
  it('loses no row, whatever the values and the room', () => {
    const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(values, values, fc.integer({ min: 8, max: 60 }), (before, after, columnsMax) => {
        const { columns } = distributionOf(histogramOf(before), histogramOf(after), columnsMax);
        expect(columns.length).toBeLessThanOrEqual(columnsMax);
        expect(sum(columns.map((column) => column.before))).toBeCloseTo(1, 9);
        expect(sum(columns.map((column) => column.after))).toBeCloseTo(1, 9);
      }),
    );
  });

  it('gives few whole values a column each', () => {
    const { scale, columns } = distributionOf(histogramOf([0, 1, 1]), histogramOf([0]), 24);
    expect(scale).toBe('points');
    expect(columns).toEqual([
      { from: 0, to: 0, before: 1 / 3, after: 1 },
      { from: 1, to: 1, before: 2 / 3, after: 0 },
    ]);
  });

  it('puts zero apart on a logarithmic axis', () => {
    const values = [0, 1, 2.5, 7, 20, 55, 150, 400, 1100, 3000];
    const { scale, columns } = distributionOf(histogramOf(values), histogramOf(values), 24);
    expect(scale).toBe('log');
    expect(columns[0]).toMatchObject({ from: 0, to: 0, before: 0.1 });
    expect(columns[1]?.before).toBe(0);
  });

  it('is empty when neither side has a row', () => {
    expect(sum(distributionOf([], []).columns.map((column) => column.before))).toBe(0);
  });
});
