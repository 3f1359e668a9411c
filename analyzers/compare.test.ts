import { describe, expect, it } from 'vitest';
import { summarize } from '../core/summary.ts';
import { signalWeights } from './budget.ts';
import { compareSummaries } from './compare.ts';

const side = (signals: Record<string, readonly number[]>) =>
  new Map(Object.entries(signals).map(([name, values]) => [name, summarize(values)]));
const ones = (count: number, total: number) => Array.from({ length: total }, (_, i) => (i < count ? 1 : 0));
/** Lengths spread evenly over [from, to]. */
const even = (total: number, from: number, to: number) =>
  Array.from({ length: total }, (_, i) => from + ((to - from) * i) / (total - 1));

describe('compareSummaries', () => {
  it('is worse with any regression, whatever else improved', () => {
    const { verdict, findings } = compareSummaries(
      side({ 'score:correct': ones(420, 500), latency_ms: even(500, 100, 200) }),
      side({ 'score:correct': ones(300, 500), latency_ms: even(500, 50, 100) }),
    );
    expect(verdict).toBe('worse');
    expect(findings.map((finding) => finding.verdict)).toEqual(['regression', 'improvement']);
    expect(findings[0]?.effect).toMatchObject({ name: 'rate_difference' });
    expect(findings[0]?.effect?.value).toBeCloseTo(-0.24, 10);
  });

  it('is better with an improvement alone, changed with a change alone', () => {
    const faster = compareSummaries(
      side({ latency_ms: even(200, 100, 200) }),
      side({ latency_ms: even(200, 50, 120) }),
    );
    expect(faster.verdict).toBe('better');
    const longer = compareSummaries(
      side({ response_characters: even(200, 100, 200) }),
      side({ response_characters: even(200, 150, 250) }),
    );
    expect(longer.verdict).toBe('changed');
  });

  it('calls a change of shape one, with the same middle', () => {
    const { findings } = compareSummaries(
      side({ response_characters: even(500, 100, 200) }),
      side({ response_characters: even(500, 50, 250) }),
    );
    expect(findings[0]).toMatchObject({ outcome: 'alarm', direction: 'shape', verdict: 'change' });
  });

  it('is the same on the same rows, and on a difference too small to matter', () => {
    const rows = side({ latency_ms: even(50_000, 100, 200), refusal: ones(500, 50_000) });
    expect(compareSummaries(rows, rows).verdict).toBe('same');
    const near = side({ latency_ms: even(50_000, 102, 202), refusal: ones(560, 50_000) });
    expect(compareSummaries(rows, near).verdict).toBe('same');
  });

  it('does not call 2 against 8 of 100, and does call 21 against 5', () => {
    const { findings } = compareSummaries(
      side({ 'score:answered': ones(2, 100) }),
      side({ 'score:answered': ones(8, 100) }),
    );
    expect(findings[0]?.outcome).not.toBe('alarm');
    const told = compareSummaries(
      side({ 'score:answered': ones(21, 100) }),
      side({ 'score:answered': ones(5, 100) }),
    );
    expect(told.findings[0]?.outcome).toBe('alarm');
  });

  it('says how many more rows are needed, fewer as rows come in', () => {
    const needed = [0, 10, 40, 80].map((rows) => {
      const { verdict, findings } = compareSummaries(
        side({ latency_ms: even(1000, 100, 200) }),
        side({ latency_ms: rows === 0 ? [] : even(rows, 100, 200) }),
      );
      return { verdict, rowsNeeded: findings[0]?.rowsNeeded ?? 0 };
    });
    expect(needed[0]?.verdict).toBe('not_enough_data');
    expect(needed[0]?.rowsNeeded).toBeGreaterThan(needed[2]?.rowsNeeded ?? 0);
    expect(needed[1]?.rowsNeeded).toBe((needed[2]?.rowsNeeded ?? 0) + 30);
  });

  it('answers about nothing at all', () => {
    expect(compareSummaries(new Map(), new Map())).toEqual({ verdict: 'not_enough_data', findings: [] });
  });
});

describe('the budget', () => {
  it('adds up to 1 over the signals that are there', () => {
    for (const names of [
      ['latency_ms'],
      ['score:a', 'score:b', 'error', 'refusal', 'latency_ms', 'tone', 'pii'],
      ['tone', 'pii'],
    ]) {
      const weights = signalWeights(names);
      expect([...weights.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }
    expect(signalWeights([]).size).toBe(0);
  });

  it('gives a score more than a latency, and that more than a tone among many', () => {
    const weights = signalWeights(['score:a', 'latency_ms', 'tone', 'pii', 'hedging', 'readability']);
    expect(weights.get('score:a')).toBeGreaterThan(weights.get('latency_ms') ?? 1);
    expect(weights.get('latency_ms')).toBeGreaterThan(weights.get('tone') ?? 1);
  });
});
