import { expect, it } from 'vitest';
import { seriesPoints } from './series-points.ts';

const window = { since: '2026-11-22T10:00:00.000Z', stepMs: 60_000 };
const baseline = { count: 400, mean: 0.1, p05: 2, median: 5, p95: 9 };
const seriesAt = (bucket: readonly number[], count = 25) => ({
  signal: 'x',
  bucket,
  count: bucket.map(() => count),
  mean: bucket.map(() => 0.2),
  p05: bucket.map(() => 1),
  median: bucket.map(() => 4),
  p95: bucket.map(() => 8),
});
const start = Date.parse(window.since) / 1000;

it('places each bucket at its middle, with the median of values and the mean of a rate', () => {
  const [value] = seriesPoints(seriesAt([2]), window, { isRate: false, baseline });
  expect(value).toEqual({
    seconds: start + 150,
    count: 25,
    line: 4,
    low: 1,
    high: 8,
    expectedLow: 2,
    expectedHigh: 9,
  });
  const [rate] = seriesPoints(seriesAt([2]), window, { isRate: true, baseline });
  expect(rate).toMatchObject({ line: 0.2, low: 0.2, high: 0.2 });
});

it('breaks the line in a long pause only', () => {
  const lines = (bucket: readonly number[]) =>
    seriesPoints(seriesAt(bucket), window, { isRate: false, baseline: null }).map(({ line }) => line);
  expect(lines([0, 1, 2, 9])).toEqual([4, 4, 4, null, 4]);
  expect(lines([0, 1, 2, 8])).toEqual([4, 4, 4, 4]);
  // Buckets that are usually far apart are no pauses.
  expect(lines([0, 10, 20, 30])).toEqual([4, 4, 4, 4]);
});

// Wilson's interval of 2/20 and of 40/400 at z = 1.959964, worked out apart in Python.
it.each([
  [20, 0.02786648, 0.30103365],
  [400, 0.07429926, 0.13331058],
])('expects a rate of a bucket of %d within its 95 %% range', (count, low, high) => {
  const [point] = seriesPoints(seriesAt([0], count), window, { isRate: true, baseline });
  expect(point?.expectedLow).toBeCloseTo(low, 5);
  expect(point?.expectedHigh).toBeCloseTo(high, 5);
});
