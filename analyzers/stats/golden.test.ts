import { describe, expect, it } from 'vitest';
import cliffs from '../../test/golden/cliffs-delta.json' with { type: 'json' };
import fisher from '../../test/golden/fisher.json' with { type: 'json' };
import holm from '../../test/golden/holm.json' with { type: 'json' };
import ks from '../../test/golden/ks.json' with { type: 'json' };
import choose from '../../test/golden/log-choose.json' with { type: 'json' };
import normal from '../../test/golden/normal.json' with { type: 'json' };
import proportions from '../../test/golden/proportion-interval.json' with { type: 'json' };
import ranks from '../../test/golden/rank-test.json' with { type: 'json' };
import { cliffsDelta } from './cliffs-delta.ts';
import { fisherLogP, fisherMidTail } from './fisher.ts';
import { weightedHolm } from './holm.ts';
import { ksDistance, ksTest } from './ks.ts';
import { logChoose } from './log-choose.ts';
import { normalIsf, normalLogSf } from './normal.ts';
import { newcombeInterval, wilsonInterval } from './proportion-interval.ts';
import { rankTest } from './rank-test.ts';

// Expected values are scipy's or counted with integers (test/golden/stats.py), never our own output.

type Pair = readonly [number, number];
const proportion = ([successes, trials]: Pair) => ({ successes, trials });

function histogram(values: readonly number[]): Pair[] {
  const rows = new Map<number, number>();
  for (const value of values) rows.set(value, (rows.get(value) ?? 0) + 1);
  return [...rows].sort(([a], [b]) => a - b);
}

/** Relative to the larger of 1 and the expected value. */
function near(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
}

describe('statistics agree with their oracles', () => {
  it.each(normal.cases.logSf)('normal log tail at $z', ({ z, logSf }) => near(normalLogSf(z), logSf, 1e-13));
  it.each(normal.cases.isf)('normal quantile of $p', ({ p, z }) => near(normalIsf(p), z, 1e-12));
  it.each(choose.cases)('log of $n choose $k', ({ n, k, log }) => near(logChoose(n, k), log, 1e-12));

  it.each(fisher.cases)('Fisher, $baseline against $current', (golden) => {
    const [before, after] = [proportion(golden.baseline as never), proportion(golden.current as never)];
    near(fisherLogP(before, after), golden.logP, 1e-12);
    const { logP, sign } = fisherMidTail(before, after);
    near(logP, golden.logMidTail, 1e-12);
    expect(sign).toBe(golden.sign);
  });

  it.each(proportions.cases)('Wilson and Newcombe, $baseline and $current', (golden) => {
    const [before, after] = [proportion(golden.baseline as never), proportion(golden.current as never)];
    const wilson = wilsonInterval(before, 1.959963984540054);
    const newcombe = newcombeInterval(before, after, 1.959963984540054);
    for (const [actual, expected] of [
      [wilson.low, golden.wilson[0]],
      [wilson.high, golden.wilson[1]],
      [newcombe.low, golden.newcombe[0]],
      [newcombe.high, golden.newcombe[1]],
    ] as const) {
      near(actual, expected as number, 1e-12);
    }
  });

  it.each(cliffs.cases)("Cliff's δ of case $#", ({ baseline, current, value, low, high }) => {
    const actual = cliffsDelta(histogram(baseline), histogram(current), 1.959963984540054);
    near(actual.value, value, 1e-12);
    near(actual.low, low, 1e-9);
    near(actual.high, high, 1e-9);
  });

  it.each(ks.cases.exact)('KS exactly: $name', ({ baseline, current, statistic, logP }) => {
    const actual = ksTest(histogram(baseline), histogram(current));
    near(actual.statistic, statistic, 1e-12);
    near(actual.logP, logP, 1e-9);
    expect(ksDistance(histogram(baseline), histogram(current))).toBe(actual.statistic);
  });

  it.each(ks.cases.limit)('KS in the limit: D $statistic', ({ statistic, m, n, logP }) => {
    // Two blocks that overlap but for a share of `statistic`.
    const out = Math.round(statistic * m);
    const baseline: Pair[] = [
      [1, out],
      [2, m - out],
    ];
    near(ksTest(baseline, [[2, n]]).logP, logP, 1e-9);
  });

  // A saddlepoint approximates: to 15 % of p; where most rows share one value it may be careful by 1.7 times.
  it.each(ranks.cases)('rank test: $name, $kind', ({ name, kind, baseline, current, logTail, sign }) => {
    const actual = rankTest(baseline as never, current as never, kind as 'location' | 'spread');
    if (logTail < Math.log(0.1)) expect(actual.sign).toBe(sign);
    if (logTail > Math.log(0.02)) expect(Math.exp(actual.logTail)).toBeGreaterThan(0.015);
    else {
      expect(actual.logTail).toBeGreaterThan(logTail - 0.15);
      expect(actual.logTail).toBeLessThan(logTail + (name.startsWith('zeros') ? 0.55 : 0.15));
    }
  });

  it.each(holm.cases)('Holm, case $#', ({ p, weights, adjusted }) => {
    const tests = p.map((value, index) => ({ logP: Math.log(value), weight: weights[index] ?? 0 }));
    weightedHolm(tests).forEach((logP, index) => {
      near(Math.exp(logP), adjusted[index] ?? 0, 1e-12);
    });
  });
});
