import { expect, it } from 'vitest';
import { GRID_ONE } from '../../core/grid.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { normal } from '../../test/support/hourly-world.ts';
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

it('knows a variance between windows only as well as the windows that told it: without that, few windows raise false alarms', () => {
  const random = seededRandom(3);
  const known = rate(500_000, 1_000_000);
  const [rows, windows, trials] = [10_000, 8, 20_000];
  // Of a tenth of a row's deviation; the rows themselves move a mean by a hundredth of one.
  const draw = () => 0.5 + Math.sqrt(0.25 * (0.01 + 1 / rows)) * normal(random);
  const plain = plainForecast(known, 'rate');
  let [alarms, blind] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const variance =
      Array.from({ length: windows }, () => (draw() - 0.5) ** 2).reduce((sum, square) => sum + square, 0) /
      windows;
    const betweenRatio = variance / 0.25 - 1 / rows;
    const seen = draw();
    const residue = { rows, squares: rows * rows, sums: [seen * rows], expected: [0.5 * rows] };
    const deviateWith = (freedom: number) => {
      const scores = plain.scores.map((score) => ({ ...score, betweenRatio, freedom, baselineRows: 1e9 }));
      const measured = { baseline: known, kind: 'rate', forecast: { ...plain, scores } } as const;
      return deviateOf(measured, { score: 0, residue }, { mean: 0.5, isEstimate: true });
    };
    if (Math.abs(deviateWith(windows)) > 3.29) alarms++;
    if (Math.abs(deviateWith(Number.POSITIVE_INFINITY)) > 3.29) blind++;
  }
  // One in a thousand: 20, and 35 is one in a thousand of that.
  expect(alarms).toBeLessThan(35);
  expect(blind).toBeGreaterThan(150);
});
