import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSampled, sampleShare } from './sample.ts';

const COUNT = 100_000;
const shapes: Record<string, (index: number) => string> = {
  counter: String,
  'padded counter': (index) => `inference-${String(index).padStart(12, '0')}`,
  'random hexadecimal': (index) => createHash('md5').update(String(index)).digest('hex'),
};

describe('isSampled', () => {
  it.each(Object.keys(shapes))('keeps the share: ids like a %s', (shape) => {
    for (const share of [0.01, 0.1, 0.5, 0.9]) {
      let chosen = 0;
      for (let index = 0; index < COUNT; index++)
        if (isSampled(shapes[shape]?.(index) ?? '', share)) chosen++;
      // Four standard errors of a binomial share.
      expect(Math.abs(chosen / COUNT - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / COUNT));
    }
  });

  it('does not favour neighbours in a counter', () => {
    let pairs = 0;
    for (let index = 0; index < COUNT; index++) {
      if (isSampled(`id-${index}`, 0.1) && isSampled(`id-${index + 1}`, 0.1)) pairs++;
    }
    expect(Math.abs(pairs / COUNT - 0.01)).toBeLessThan(0.002);
  });

  it('chooses by the id alone, and a smaller sample from a larger one', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), share, share, (id, a, b) => {
        expect(isSampled(id, a)).toBe(isSampled(id, a));
        if (isSampled(id, Math.min(a, b))) expect(isSampled(id, Math.max(a, b))).toBe(true);
        expect([isSampled(id, 0), isSampled(id, 1)]).toEqual([false, true]);
      }),
    );
  });
});

it('sampleShare keeps the rate at the limit', () => {
  expect(sampleShare({ arrivingPerSecond: 200, perSecondMax: 50 })).toBe(0.25);
  expect(sampleShare({ arrivingPerSecond: 20, perSecondMax: 50 })).toBe(1);
  expect(sampleShare({ arrivingPerSecond: 0, perSecondMax: 50 })).toBe(1);
  expect(sampleShare({ arrivingPerSecond: 200, perSecondMax: 0 })).toBe(1);
});
