import { describe, expect, it } from 'vitest';
import {
  addEvidence,
  BET_LOG_ODDS,
  type Bet,
  logEvidence,
  logRestartEvidence,
  logWealth,
  NO_EVIDENCE,
} from './bet.ts';
import { type Dependence, designEffect, inflations } from './inflation.ts';

const share = (limit: number): Bet => ({ weight: 1, score: 0, isShare: true, isRise: true, limit });
const window = (ones: number, rows: number) => ({
  rows,
  sums: [ones],
  ranks: new Uint16Array(0),
  counts: new Float64Array(0),
});

/** E[L^(1/φ)] by size of change, over windows with so many ones and their chances. */
function expectations(
  bet: Bet,
  rows: number,
  at: { chances: readonly number[]; divisors: readonly number[] },
) {
  return BET_LOG_ODDS.map((_, size) =>
    at.chances.reduce(
      (sum, chance, ones) =>
        sum + chance * Math.exp((logWealth(bet, window(ones, rows))[size] ?? 0) / (at.divisors[size] ?? 1)),
      0,
    ),
  );
}

function binomial(rows: number, rate: number): number[] {
  let chance = (1 - rate) ** rows;
  return Array.from({ length: rows + 1 }, (_, ones) => {
    const now = chance;
    chance *= ((rows - ones) / (ones + 1)) * (rate / (1 - rate));
    return now;
  });
}

/** Ones among the rows of so many sessions, by their chances in one session. */
function convolved(session: readonly number[], sessions: number): number[] {
  let sums = [1];
  for (let i = 0; i < sessions; i++) {
    const next = new Array<number>(sums.length + session.length - 1).fill(0);
    for (const [a, p] of sums.entries())
      for (const [b, q] of session.entries()) next[a + b] = (next[a + b] ?? 0) + p * q;
    sums = next;
  }
  return sums;
}

/** With chance ρ all rows are equal, otherwise they are independent. */
const lumpy = (size: number, rate: number, correlation: number) =>
  binomial(size, rate).map((chance, ones) => {
    const together = ones === size ? rate : ones === 0 ? 1 - rate : 0;
    return (1 - correlation) * chance + correlation * together;
  });

/** Pólya's urn: another law with the same two moments. */
function betaBinomial(size: number, rate: number, correlation: number): number[] {
  const balls = 1 / correlation - 1;
  let chances = [1];
  for (let row = 0; row < size; row++) {
    const next = new Array<number>(row + 2).fill(0);
    for (const [ones, chance] of chances.entries()) {
      const one = (rate * balls + ones) / (balls + row);
      next[ones + 1] = (next[ones + 1] ?? 0) + chance * one;
      next[ones] = (next[ones] ?? 0) + chance * (1 - one);
    }
    chances = next;
  }
  return chances;
}

const of = (dependence: Partial<Dependence>): Dependence => ({
  rows: 40,
  sessionRows: 1,
  correlation: 0,
  ...dependence,
});

describe('what the wealth of a window is divided by', () => {
  it('is exactly 1 of independent rows, where E[L] is exactly 1', () => {
    const bet = share(0.03);
    const divisors = inflations(bet, of({ sessionRows: 10 }));
    expect(divisors).toEqual(BET_LOG_ODDS.map(() => 1));
    for (const mean of expectations(bet, 40, { chances: binomial(40, 0.03), divisors }))
      expect(mean).toBeCloseTo(1, 10);
  });

  it('is the size of the sessions when all rows of one are equal, where E[L] is exactly 1 too', () => {
    const bet = share(0.03);
    const dependence = of({ sessionRows: 8, correlation: 1 });
    const divisors = inflations(bet, dependence);
    expect(divisors).toEqual(BET_LOG_ODDS.map(() => 8));
    const chances = convolved(lumpy(8, 0.03, 1), 5);
    for (const mean of expectations(bet, 40, { chances, divisors })) expect(mean).toBeCloseTo(1, 9);
  });

  it('keeps E[L] at 1 or below in between, where the design effect alone does not', () => {
    for (const [size, correlation] of [
      [4, 0.1],
      [8, 0.05],
      [10, 0.3],
    ] as const) {
      const bet = share(0.03);
      const dependence = of({ sessionRows: size, correlation });
      for (const session of [lumpy(size, 0.03, correlation), betaBinomial(size, 0.03, correlation)]) {
        const chances = convolved(session, 40 / size);
        const held = expectations(bet, 40, { chances, divisors: inflations(bet, dependence) });
        expect(Math.max(...held)).toBeLessThanOrEqual(1 + 1e-3);
      }
      const effect = BET_LOG_ODDS.map(() => designEffect(dependence));
      const chances = convolved(lumpy(size, 0.03, correlation), 40 / size);
      expect(Math.max(...expectations(bet, 40, { chances, divisors: effect }))).toBeGreaterThan(1.2);
    }
  });

  it('is hardly more than the design effect for small changes, which most evidence comes from', () => {
    const dependence = of({ rows: 200, sessionRows: 5, correlation: 0.1 });
    const [smallest = 0] = inflations(share(0.2), dependence);
    expect(smallest / designEffect(dependence)).toBeLessThan(1.1);
  });
});

describe('the restarted e-process', () => {
  it('has mean at most 1 at any time and when one stops, by enumeration, unlike the e-detector', () => {
    const bet = share(0.3);
    let [stopped, detector] = [0, 0];
    const windows = 9;
    const means = new Array<number>(windows).fill(0);
    for (let path = 0; path < 2 ** windows; path++) {
      const ones = Array.from({ length: windows }, (_, at) => (path >> at) & 1);
      const chance = ones.reduce((product, one) => product * (one ? 0.3 : 0.7), 1);
      const { values, last } = followed(bet, ones);
      for (const [at, value] of values.entries()) means[at] = (means[at] ?? 0) + chance * value;
      // Stops at the first value that looks good.
      stopped += chance * (values.find((value) => value >= 1.2) ?? values.at(-1) ?? 0);
      detector += chance * last;
    }
    for (const mean of means) expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    for (const mean of means) expect(mean).toBeGreaterThan(0.99);
    expect(stopped).toBeLessThanOrEqual(1 + 1e-9);
    expect(detector).toBeLessThanOrEqual(windows);
    expect(detector).toBeGreaterThan(windows - 0.1);
  });
});

/** The e-value after each window of one row, and the e-detector after the last. */
function followed(bet: Bet, ones: readonly number[]): { values: number[]; last: number } {
  let evidence = NO_EVIDENCE;
  const values = ones.map((one) => {
    evidence = addEvidence(evidence, [logWealth(bet, window(one, 1))]);
    return Math.exp(logRestartEvidence(evidence, [bet]));
  });
  return { values, last: Math.exp(logEvidence(evidence, [bet])) };
}
