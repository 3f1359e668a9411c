import { describe, expect, it } from 'vitest';
import { createScanner } from './scan.ts';
import { hedging, readability, tone } from './style.ts';

const scan = createScanner();

describe('readability', () => {
  it('is Flesch reading ease: words, sentences and syllables counted by hand', () => {
    // 12 words, 2 sentences, 12 syllables.
    expect(readability(scan('The cat sat on the mat. The dog ran to the gate.'))).toBeCloseTo(
      206.835 - 1.015 * 6 - 84.6,
      6,
    );
    // 10 words, 1 sentence, 1+4+1+3+1+1+3+3+2+2 = 21 syllables.
    expect(
      readability(scan('The information is essential for each customer, including silver members.')),
    ).toBeCloseTo(206.835 - 1.015 * 10 - 8.46 * 21, 6);
  });

  it('is null for a text too short to have one, and clamped for a wall of words', () => {
    expect(readability(scan('Yes, it is prime.'))).toBeNull();
    expect(readability(scan('internationalization '.repeat(500)))).toBe(-100);
  });
});

describe('hedging', () => {
  it('is the words of doubt per 100', () => {
    expect(hedging(scan('Perhaps it will rain tomorrow.'))).toBe(20);
    expect(hedging(scan('It will rain tomorrow.'))).toBe(0);
    expect(hedging(scan(''))).toBeNull();
  });
});

describe('tone', () => {
  it('has a sign, a bound and no growth with length', () => {
    const [good, bad] = ['This is wonderful, thank you!', 'This is a terrible disaster.'];
    expect(tone(scan(good))).toBeGreaterThan(0.3);
    expect(tone(scan(bad))).toBeLessThan(-0.3);
    expect(tone(scan('The table has four legs.'))).toBe(0);
    expect(tone(scan(good.repeat(1000)))).toBeLessThanOrEqual(1);
    expect(tone(scan(`${good} ${bad}`))).toBeLessThan(0.4);
  });
});
