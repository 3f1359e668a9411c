import { describe, expect, it } from 'vitest';
// @ts-expect-error: a benchmark's own file, without types.
import { bestScore, nabScore, probationOf } from './bench/nab-score.mjs';

const ROWS = 1_000;
const windows = [
  [300, 399],
  [600, 699],
];
const alarmsAt = (...rows: number[]) => {
  const scores = Array.from({ length: ROWS }, () => 0);
  for (const row of rows) scores[row] = 1;
  return [{ scores, windows }];
};

describe('the score of the Numenta Anomaly Benchmark', () => {
  it('is 0 for silence and 100 for every window found at its start', () => {
    expect(nabScore(alarmsAt(), 1)).toBe(0);
    expect(nabScore(alarmsAt(300, 600), 1)).toBeCloseTo(100, 10);
  });

  it('gives less for late, counts a window once, and takes for alarms outside', () => {
    const late = nabScore(alarmsAt(380, 600), 1);
    expect(late).toBeLessThan(95);
    expect(nabScore(alarmsAt(300, 310, 350, 600), 1)).toBeCloseTo(100, 10);
    // 0.11 of a window, of two windows that are worth 2 each, before any window; less where it comes soon after one.
    expect(nabScore(alarmsAt(200, 300, 600), 1)).toBeCloseTo(100 - (100 * 0.11) / 4, 10);
    expect(nabScore(alarmsAt(300, 405, 600), 1)).toBeGreaterThan(100 - (100 * 0.11) / 4);
  });

  it('scores nothing in the probation, and finds the best threshold', () => {
    expect(probationOf(ROWS)).toBe(150);
    expect(probationOf(100_000)).toBe(750);
    expect(nabScore(alarmsAt(10, 20), 1)).toBe(0);
    const [one] = alarmsAt(300, 600);
    const noisy = (one?.scores ?? []).map((score, row) => (score > 0 ? 5 : row % 50 === 0 ? 1 : 0));
    expect(bestScore([{ scores: noisy, windows }])).toMatchObject({ threshold: 5 });
  });
});
