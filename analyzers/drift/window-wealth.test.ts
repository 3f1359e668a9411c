import { describe, expect, it } from 'vitest';
import { summarize } from '../../core/summary.ts';
import { logGamma } from '../stats/log-gamma.ts';
import { normalLogSf } from '../stats/normal.ts';
import type { Bet } from './bet.ts';
import { type Forecast, plainForecast } from './forecast.ts';
import { largeDeviate, shareCumulant } from './lumpy-law.ts';
import { sampleOf } from './sample.ts';
import { RANK } from './scores.ts';
import { windowWealth } from './window-wealth.ts';

const RATES = sampleOf(summarize(Array.from({ length: 1_000 }, (_, i) => (i % 50 === 0 ? 1 : 0))));

function forecastOf(at: { sessionRows?: number; correlation?: number; betweenRatio?: number }): Forecast {
  const plain = plainForecast(RATES, 'rate');
  return {
    sessionRows: at.sessionRows ?? 1,
    correlation: at.correlation ?? 0,
    scores: plain.scores.map((score) => ({ ...score, betweenRatio: at.betweenRatio ?? 0 })),
  };
}

/** Chances of 0 to `rows` ones, of independent rows. */
function binomial(rows: number, rate: number): number[] {
  return Array.from({ length: rows + 1 }, (_, ones) =>
    Math.exp(
      logGamma(rows + 1) -
        logGamma(ones + 1) -
        logGamma(rows - ones + 1) +
        ones * Math.log(rate) +
        (rows - ones) * Math.log1p(-rate),
    ),
  );
}

/** Sessions of one size, of which a share `correlation` has equal rows. */
function ofSessions({ sessions, size, rate, correlation }: Record<string, number>): number[] {
  const one = binomial(size ?? 1, rate ?? 0).map(
    (chance, ones) =>
      (1 - (correlation ?? 0)) * chance +
      (correlation ?? 0) * (ones === size ? (rate ?? 0) : ones === 0 ? 1 - (rate ?? 0) : 0),
  );
  let chances = [1];
  for (let i = 0; i < (sessions ?? 0); i++) {
    const next = new Array<number>(chances.length + one.length - 1).fill(0);
    for (const [a, p] of chances.entries())
      for (const [b, q] of one.entries()) next[a + b] = (next[a + b] ?? 0) + p * q;
    chances = next;
  }
  return chances;
}

/** The share of a window drawn from a beta law with variance ratio · m (1 − m). */
function betaBinomial(rows: number, mean: number, ratio: number): number[] {
  const balls = 1 / ratio - 1;
  const [a, b] = [mean * balls, (1 - mean) * balls];
  const logBeta = (x: number, y: number) => logGamma(x) + logGamma(y) - logGamma(x + y);
  return binomial(rows, 0.5).map((_, ones) =>
    Math.exp(
      logGamma(rows + 1) -
        logGamma(ones + 1) -
        logGamma(rows - ones + 1) +
        logBeta(ones + a, rows - ones + b) -
        logBeta(a, b),
    ),
  );
}

/** E[L] for each size of shift. */
function expectations(bet: Bet, forecast: Forecast, chances: readonly number[]): number[] {
  const rows = chances.length - 1;
  return chances
    .map((chance, ones) =>
      windowWealth({ baseline: RATES, kind: 'rate', forecast }, bet, {
        rows,
        sums: [ones],
        ranks: new Uint16Array(0),
        counts: new Float64Array(0),
      }).map((log) => chance * Math.exp(log)),
    )
    .reduce((sums, one) => sums.map((sum, size) => sum + (one[size] ?? 0)));
}

const rise = (limit: number): Bet => ({ weight: 1, score: 0, isShare: true, isRise: true, limit });
const fall = (limit: number): Bet => ({ weight: 1, score: 0, isShare: true, isRise: false, limit });

describe('the wager of a window of time', () => {
  it('is fair on independent rows, however rare the ones, on either side', () => {
    for (const [rows, rate] of [
      [30, 0.01],
      [200, 0.02],
      [100, 0.5],
      [40, 0.97],
    ] as const) {
      const chances = binomial(rows, rate);
      for (const bet of [rise(rate), fall(1 - rate)])
        for (const mean of expectations(bet, forecastOf({}), chances)) expect(mean).toBeCloseTo(1, 8);
    }
  });

  it('is fair on sessions that are one row many times, and not if they are taken for rows', () => {
    const chances = ofSessions({ sessions: 12, size: 5, rate: 0.02, correlation: 0.3 });
    const forecast = forecastOf({ sessionRows: 5, correlation: 0.3 });
    for (const mean of expectations(rise(0.02), forecast, chances)) expect(mean).toBeCloseTo(1, 8);
    expect(Math.max(...expectations(rise(0.02), forecastOf({}), chances))).toBeGreaterThan(1.5);
  });

  it('wins at most 1 where windows differ by more than their rows, and not if that is left out', () => {
    for (const [rows, rate, ratio] of [
      [200, 0.01, 0.0025],
      [400, 0.1, 0.01],
      [150, 0.4, 0.005],
    ] as const) {
      const chances = betaBinomial(rows, rate, ratio);
      const forecast = forecastOf({ betweenRatio: ratio });
      // A gamma law stands for the beta law of this test: half a per cent.
      expect(Math.max(...expectations(rise(rate), forecast, chances))).toBeLessThanOrEqual(1.005);
      expect(Math.max(...expectations(fall(1 - rate), forecast, chances))).toBeLessThanOrEqual(1.005);
      expect(Math.max(...expectations(rise(rate), forecastOf({}), chances))).toBeGreaterThan(1.5);
    }
  });

  it('is fair on ranks of a value that is nearly always the same', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => (i % 50 === 0 ? 8 : 7));
    const baseline = sampleOf(summarize(values));
    const forecast = plainForecast(baseline, 'continuous');
    const bet: Bet = { weight: 1, score: RANK, isShare: false, isRise: true, limit: 0.5 };
    const means = binomial(30, 0.02)
      .map((chance, ones) => {
        // Mid-ranks: .49 of the usual value, .99 of the other.
        const sums = [0.49 * (30 - ones) + 0.99 * ones, 0, 0, 0];
        const scored = { rows: 30, sums, ranks: new Uint16Array(0), counts: new Float64Array(0) };
        return windowWealth({ baseline, kind: 'continuous', forecast }, bet, scored).map(
          (log) => chance * Math.exp(log),
        );
      })
      .reduce((sums, one) => sums.map((sum, size) => sum + (one[size] ?? 0)));
    // Ranks are kept on a grid.
    for (const mean of means) expect(mean).toBeCloseTo(1, 1);
  });
});

describe('largeDeviate', () => {
  const law = { rows: 400, sessionRows: 1, correlation: 0, between: 0 };

  it('has the tail of the binomial law to within a third of an e-fold', () => {
    for (const ones of [12, 20, 30]) {
      const deviate = largeDeviate(ones - 4, (tilt) => shareCumulant(law, 0.01, tilt), 20);
      const tail = binomial(400, 0.01);
      const beyond = tail.slice(ones + 1).reduce((sum, chance) => sum + chance, (tail[ones] ?? 0) / 2);
      expect(Math.abs(normalLogSf(deviate) - Math.log(beyond))).toBeLessThan(0.35);
    }
  });

  it('is smaller where ones come in lumps, or windows differ', () => {
    const of = (more: object) =>
      largeDeviate(16, (tilt) => shareCumulant({ ...law, ...more }, 0.01, tilt), 20);
    const plain = of({});
    expect(of({ sessionRows: 5, correlation: 0.1 })).toBeLessThan(plain - 0.5);
    expect(of({ between: 0.0025 })).toBeLessThan(plain - 0.5);
  });
});
