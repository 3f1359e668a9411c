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
    expect(hedging(scan('Perhaps it will rain in the north of the country tomorrow.'))).toBeCloseTo(
      100 / 11,
      6,
    );
    expect(hedging(scan('It will rain in the north of the country all of tomorrow.'))).toBe(0);
  });

  it('is null for a text too short to have a style', () => {
    expect(hedging(scan('Perhaps it will rain.'))).toBeNull();
    expect(tone(scan('Wonderful!'))).toBeNull();
  });
});

describe('tone', () => {
  it('has a sign, a bound and no growth with length', () => {
    const [good, bad] = [
      'This is a wonderful answer to the question that I had, thank you! ',
      'This is a terrible disaster for each of the people who live there. ',
    ];
    expect(tone(scan(good))).toBeGreaterThan(0.3);
    expect(tone(scan(bad))).toBeLessThan(-0.3);
    expect(tone(scan('The table that stands in the room has four legs of wood.'))).toBe(0);
    expect(tone(scan(good.repeat(1000)))).toBeLessThanOrEqual(1);
    expect(tone(scan(`${good} ${bad}`))).toBeLessThan(0.4);
  });
});
