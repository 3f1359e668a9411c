import { describe, expect, it } from 'vitest';
import { GRID_ONE } from '../../core/grid.ts';
import { summarize } from '../../core/summary.ts';
import rates from '../../test/golden/matched-rates.json' with { type: 'json' };
import hypergeometric from '../../test/golden/noncentral-hypergeometric.json' with { type: 'json' };
import ratios from '../../test/golden/ratio-interval.json' with { type: 'json' };
import elteren from '../../test/golden/van-elteren.json' with { type: 'json' };
import { logNormaliser } from '../stats/noncentral-hypergeometric.ts';
import { type Estimate, ratioInterval } from '../stats/ratio-interval.ts';
import { matchRanks, rankGap } from './matched-ranks.ts';
import { matchRates, rateGap } from './matched-rates.ts';
import type { Stratum } from './strata.ts';

// Expected values are scipy's, statsmodels' or counted with integers (test/golden/fairness.py), never our own output.

const Z = 1.959963984540054;
const near = (actual: number, expected: number, tolerance: number) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
const estimate = ([value = 0, low = 0, high = 0]: readonly number[]): Estimate => ({ value, low, high });

const rateStratum = ([a = 0, n = 0, b = 0, m = 0]: readonly number[]): Stratum => ({
  name: '',
  group: [
    [0, n - a],
    [GRID_ONE, a],
  ],
  rest: [
    [0, m - b],
    [GRID_ONE, b],
  ],
  times: 1,
});

describe('statistics of fairness agree with their oracles', () => {
  it.each(hypergeometric.cases)(
    'noncentral hypergeometric: $events events among $group and $rest, log-odds $logOdds',
    ({ logOdds, log, ...margins }) => near(logNormaliser(margins, logOdds), log, 1e-10),
  );

  it.each(ratios.cases)('ratio of $over to $under', ({ over, under, low, high, score }) => {
    const actual = ratioInterval(estimate(over), estimate(under));
    near(actual.low, low, 1e-10);
    if (high === null) expect(actual.high).toBe(Number.POSITIVE_INFINITY);
    else near(actual.high, high, 1e-10);
    // Koopman's score interval, made in quite another way, says nearly the same.
    if (score) {
      near(actual.low, score[0] ?? 0, 0.02);
      near(actual.high, score[1] ?? 0, 0.02);
    }
  });

  it.each(rates.cases)('Mantel and Haenszel: $name', (golden) => {
    const gap = rateGap(matchRates(golden.strata.map(rateStratum)), { z: Z, designEffect: 1 });
    if (!gap) throw new Error('no stratum has both sides');
    const { group, rest, ratio, difference } = gap;
    near(group.value, golden.group, 1e-12);
    near(rest.value, golden.rest, 1e-12);
    near(ratio.value, golden.riskRatio ?? golden.ratio, 1e-12);
    const [newcombeLow = difference.low, newcombeHigh = difference.high] = golden.newcombe ?? [];
    near(difference.low, newcombeLow, 1e-10);
    near(difference.high, newcombeHigh, 1e-10);
    // Other methods for the same thing: alike, not equal.
    const [satoLow = 0, satoHigh = 0] = golden.sato;
    near(difference.low, satoLow, 0.12 * (satoHigh - satoLow));
    near(difference.high, satoHigh, 0.12 * (satoHigh - satoLow));
    const [robinsLow = 0, robinsHigh = 0] = golden.robins;
    near(Math.log(ratio.low), robinsLow, 0.1);
    near(Math.log(ratio.high), robinsHigh, 0.1);
  });

  it.each(elteren.cases)('van Elteren’s weights for δ', ({ strata, delta }) => {
    const histogram = (values: readonly number[] = []) =>
      [...summarize(values).bins].sort(([a], [b]) => a - b);
    const ranks = matchRanks(
      strata.map(([group, rest]) => ({ name: '', group: histogram(group), rest: histogram(rest), times: 1 })),
    );
    near(rankGap(ranks, { z: Z, designEffect: 1 })?.delta.value ?? 0, delta, 1e-12);
  });
});
