import { describe, expect, it } from 'vitest';
import { meanTestZ } from './mean-test.ts';
import { normalIsfOfLog, normalLogSf } from './normal.ts';
import { studentLogSf } from './student.ts';

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

describe('studentLogSf', () => {
  /** By Simpson's rule on t = tan θ; the density's constant from the same integral. */
  function tail(t: number, freedom: number): number {
    const area = (from: number) => {
      const steps = 20_000;
      const width = (Math.PI / 2 - from) / steps;
      let sum = 0;
      for (let i = 0; i <= steps; i++) {
        const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
        // (1 + t²/ν)^(−(ν+1)/2) dt with t = √ν tan θ is √ν cos^(ν−1) θ dθ.
        sum += weight * Math.cos(from + i * width) ** (freedom - 1);
      }
      return (sum * width) / 3;
    };
    return Math.log(area(Math.atan(t / Math.sqrt(freedom))) / area(0) / 2);
  }

  it('agrees with its integral, and is on the careful side far out', () => {
    for (const freedom of [8, 20, 500]) {
      for (const t of [0, 1, 2.5, 5, 8]) {
        const [found, exact] = [studentLogSf(t, freedom), tail(t, freedom)];
        expect(Math.abs(found - exact)).toBeLessThan(0.02 + 0.01 * Math.abs(exact));
      }
    }
  });

  it('agrees with scipy on a p-value of Welch (methods.md §4.8)', () => {
    expect(2 * Math.exp(studentLogSf(2.958221786282115, 19.991968204689076))).toBeCloseTo(
      0.007774681348716922,
      4,
    );
  });

  it('is the normal tail with infinite degrees of freedom, whose inverse takes logs', () => {
    expect(studentLogSf(4, Number.POSITIVE_INFINITY)).toBe(normalLogSf(4));
    for (const z of [0.5, 3, 40]) expect(normalIsfOfLog(normalLogSf(z))).toBeCloseTo(z, 8);
  });
});
