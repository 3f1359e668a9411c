import { describe, expect, it } from 'vitest';
import { isSampled } from './sampling.ts';

const keys = Array.from({ length: 20_000 }, (_, index) => `session-${index}`);

describe('sampling', () => {
  it.each([0, 0.01, 0.1, 0.5, 0.9, 1])('keeps a share of %s', (rate) => {
    const share = keys.filter((key) => isSampled(key, rate)).length / keys.length;
    // Four standard deviations of a binomial share: one run in 16,000 would miss it, and this one is always the same.
    expect(Math.abs(share - rate)).toBeLessThanOrEqual(4 * Math.sqrt((rate * (1 - rate)) / keys.length));
  });

  it('keeps of a larger share all that a smaller one kept', () => {
    const kept = keys.filter((key) => isSampled(key, 0.1));
    expect(kept.every((key) => isSampled(key, 0.2))).toBe(true);
  });

  it('is the same in every version: a process of an older one keeps the same sessions', () => {
    expect(keys.slice(0, 40).filter((key) => isSampled(key, 0.2))).toMatchInlineSnapshot(`
      [
        "session-0",
        "session-1",
        "session-3",
        "session-5",
        "session-11",
        "session-16",
        "session-18",
        "session-26",
        "session-32",
        "session-35",
      ]
    `);
  });
});
