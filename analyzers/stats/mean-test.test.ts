import { describe, expect, it } from 'vitest';
import { meanTestZ } from './mean-test.ts';
import { normalIsfOfLog, normalLogSf } from './normal.ts';
import { studentDeviate, studentLogSf } from './student.ts';

/** log of ½ P(K = k) + P(K further out), by adding up the binomial law. */
function midTail(rows: number, rate: number, ones: number): number {
  let chance = rows * Math.log1p(-rate);
  let [own, beyond] = [0, 0];
  const isUp = ones >= rows * rate;
  for (let k = 0; k <= rows; k++) {
    if (k === ones) own = Math.exp(chance);
    else if (isUp ? k > ones : k < ones) beyond += Math.exp(chance);
    chance += Math.log(((rows - k) / (k + 1)) * (rate / (1 - rate)));
  }
  return Math.log(own / 2 + beyond);
}

describe('meanTestZ', () => {
  it('gives the exact mid-p-value of a binomial law, deep in either tail', () => {
    for (const [rows, rate, ones] of [
      [200, 0.01, 9],
      [200, 0.01, 14],
      [3200, 0.01, 64],
      [3200, 0.01, 8],
      [100, 0.3, 55],
      [100, 0.3, 8],
      [40, 0.9, 24],
    ] as const) {
      const z = meanTestZ({ rows, seen: ones / rows, mean: rate }, 'share');
      const exact = midTail(rows, rate, ones);
      expect(Math.abs(normalLogSf(z) - exact)).toBeLessThan(0.05 * Math.max(1, Math.abs(exact)));
    }
  });

  it('does the same of any law given by levels', () => {
    const levels = [
      [0, 0.98],
      [1, 0.02],
    ] as const;
    const z = meanTestZ(
      { rows: 500, seen: 0.06, mean: 0.02 },
      { variance: 0.02 * 0.98, levels: () => levels },
    );
    expect(z).toBeCloseTo(meanTestZ({ rows: 500, seen: 0.06, mean: 0.02 }, 'share'), 6);
    // The law is tilted when another mean is expected than its own.
    const tilted = meanTestZ(
      { rows: 500, seen: 0.1, mean: 0.03 },
      { variance: 0.02 * 0.98, levels: () => levels },
    );
    expect(tilted).toBeCloseTo(meanTestZ({ rows: 500, seen: 0.1, mean: 0.03 }, 'share'), 6);
  });

  it('is the plain score of a mean near the middle, and 0 at it', () => {
    const law = { variance: 1 / 12, levels: () => [] };
    expect(meanTestZ({ rows: 300, seen: 0.52, mean: 0.5 }, law)).toBeCloseTo(0.02 * Math.sqrt(3600), 9);
    expect(meanTestZ({ rows: 300, seen: 0.5, mean: 0.5 }, law)).toBe(0);
    expect(meanTestZ({ rows: 10, seen: 0, mean: 0 }, 'share')).toBeLessThan(0.1);
  });
});

describe('studentDeviate', () => {
  it('has the tail of Student, and is on the careful side far out', () => {
    for (const df of [8, 20, 500]) {
      for (const t of [0, 1, 2.5, 5, 8]) {
        const [found, exact] = [normalLogSf(studentDeviate(t, df)), studentLogSf(t, df)];
        expect(Math.abs(found - exact)).toBeLessThan(0.02 + 0.01 * Math.abs(exact));
      }
      expect(normalLogSf(studentDeviate(40, df))).toBeGreaterThanOrEqual(studentLogSf(40, df));
    }
  });

  it('is t itself with infinite degrees of freedom', () => {
    expect(studentDeviate(4, Number.POSITIVE_INFINITY)).toBe(4);
  });
});

describe('normalIsfOfLog', () => {
  it('inverts the log of the tail, however deep', () => {
    for (const z of [0.5, 3, 40]) expect(normalIsfOfLog(normalLogSf(z))).toBeCloseTo(z, 8);
  });
});
