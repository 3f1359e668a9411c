import { describe, expect, it } from 'vitest';
import { summarize } from '../../core/summary.ts';
import { differenceBeyondChance, type SegmentPart, segmentLines } from './segment-lines.ts';

const many = (value: number, count: number): number[] => Array.from({ length: count }, () => value);
const summary = (...values: readonly number[]) => summarize(values);

describe('differenceBeyondChance', () => {
  it('is the gap between the part and the rest, less what chance makes of it', () => {
    const part = summary(...many(1, 400));
    const whole = summary(...many(1, 400), ...many(0, 1_600));
    // Gap 1; chance 1.63 · √(2000 / (400 · 1600)).
    expect(differenceBeyondChance(part, whole)).toBeCloseTo(1 - 1.63 * Math.sqrt(2_000 / 640_000), 12);
  });

  it('is nothing for equal halves, for few rows, and for a part that is the whole', () => {
    const half = summary(...many(1, 50), ...many(2, 50));
    expect(differenceBeyondChance(half, summary(...many(1, 100), ...many(2, 100)))).toBe(0);
    expect(differenceBeyondChance(summary(9), summary(9, ...many(1, 500)))).toBe(0);
    expect(differenceBeyondChance(half, half)).toBe(0);
  });
});

describe('segmentLines', () => {
  const signals = [
    { signal: 'refusal', isRate: true },
    { signal: 'latency_ms', isRate: false },
  ];
  const part = (segment: string, signal: string, values: readonly number[]): SegmentPart => ({
    segment,
    signal,
    summary: summarize(values),
  });
  const parts = [
    part('', 'inferences', many(1, 1_000)),
    part('', 'refusal', [...many(1, 200), ...many(0, 800)]),
    part('region=us', 'inferences', many(1, 800)),
    part('region=us', 'refusal', many(0, 800)),
    part('region=eu', 'inferences', many(1, 200)),
    part('region=eu', 'refusal', many(1, 200)),
    part('tier=free', 'inferences', many(1, 500)),
    part('tier=free', 'refusal', [...many(1, 100), ...many(0, 400)]),
  ];

  it('puts the most different first and says in what', () => {
    const { whole, segments } = segmentLines(parts, signals, new Map([['region=eu', 2]]));
    expect(whole).toMatchObject({ inferences: 1_000, share: 1, mostDifferent: null });
    expect(segments.map(({ segment }) => segment).at(-1)).toBe('tier=free');
    expect(segments.find(({ segment }) => segment === 'region=eu')).toMatchObject({
      share: 0.2,
      openIncidents: 2,
      mostDifferent: 'refusal',
      cells: [{ count: 200, value: 1 }, null],
    });
    expect(segments.at(-1)?.mostDifferent).toBe(null);
  });
});
