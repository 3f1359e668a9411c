import { expect, it } from 'vitest';
import { GRID_ONE } from '../../core/grid.ts';
import { deviateOf } from './deviates.ts';
import { plainForecast } from './forecast.ts';
import type { Sample } from './sample.ts';

const rate = (ones: number, rows: number): Sample => ({
  count: rows,
  sum: ones,
  bins:
    ones === 0
      ? [[0, rows]]
      : [
          [0, rows - ones],
          [GRID_ONE, ones],
        ],
});

function deviate(baseline: Sample, ones: number, rows: number): number {
  const residue = {
    rows,
    squares: rows * rows,
    sums: [ones],
    expected: [(baseline.sum / baseline.count) * rows],
  };
  const measured = { baseline, kind: 'rate', forecast: plainForecast(baseline, 'rate') } as const;
  return deviateOf(
    measured,
    { score: 0, residue },
    { mean: baseline.sum / baseline.count, isEstimate: true },
  );
}

it('takes the first event of its kind for no proof, and many of them for one', () => {
  // One of 20,030 rows falls among the last 30 with chance .0015.
  expect(deviate(rate(0, 20_000), 1, 30)).toBeLessThan(3.5);
  expect(deviate(rate(0, 20_000), 1, 30)).toBeGreaterThan(2);
  expect(deviate(rate(0, 20_000), 6, 30)).toBeGreaterThan(6);
  expect(deviate(rate(0, 20_000), 0, 30)).toBe(0);
  expect(deviate(rate(20_000, 20_000), 29, 30)).toBeGreaterThan(-3.5);
});
