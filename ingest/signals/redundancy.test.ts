import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCompressibility } from './compressibility.ts';
import { createRepetition } from './repetition.ts';
import { createScanner } from './scan.ts';

const scan = createScanner();
const [ofTokens, ofCodes] = [createRepetition(), createCompressibility()];
const repetition = (text: string) => {
  const { tokenHashes, tokens } = scan(text);
  return ofTokens(tokenHashes, tokens);
};
const compressibility = (text: string) => {
  const { codes, length } = scan(text);
  return ofCodes(codes, length);
};

const PROSE = `Light enough to forget and tough enough to trust, this jacket was made for long days in uncertain
weather. Three layers of recycled nylon keep the rain out and let the heat of a steep climb escape, while taped
seams and a deep hood hold off the wind on the ridge. It packs into its own pocket, weighs less than a can of
soup, and comes with a repair kit and a promise to mend whatever the trail may tear.`;

describe('repetition', () => {
  it('is 0 for prose and for a short answer', () => {
    expect(repetition(PROSE)).toBe(0);
    expect(repetition('Yes, it is.')).toBe(0);
    expect(repetition('')).toBe(0);
  });

  it.each([
    ['a word', 'very '.repeat(200)],
    ['a sentence', 'I am not able to say that again. '.repeat(50)],
    ['a paragraph', `${PROSE}\n`.repeat(20)],
    ['a character', 'a'.repeat(2000)],
    ['signs', '!?'.repeat(1000)],
    ['an emoji', '😀'.repeat(1000)],
    ['a word without spaces', 'haha'.repeat(1000)],
    ['Chinese', '我不知道'.repeat(200)],
  ])('is near 1 for a loop of %s', (_, text) => {
    expect(repetition(text)).toBeGreaterThan(0.9);
  });

  it('is about a half for a text said twice', () => {
    expect(repetition(`${PROSE} ${PROSE}`)).toBeGreaterThan(0.4);
    expect(repetition(`${PROSE} ${PROSE}`)).toBeLessThan(0.55);
  });
});

describe('compressibility', () => {
  it('orders noise, prose and loops', () => {
    const noise = Array.from({ length: 800 }, (_, index) =>
      String.fromCharCode(33 + ((index * index * 31 + index * 7) % 5801)),
    ).join('');
    expect(compressibility(noise)).toBeLessThan(0.05);
    expect(compressibility(PROSE)).toBeGreaterThan(0.02);
    expect(compressibility(PROSE)).toBeLessThan(0.35);
    expect(compressibility(`${PROSE} ${PROSE}`)).toBeGreaterThan(0.45);
    expect(compressibility('ab'.repeat(1000))).toBeGreaterThan(0.95);
  });

  it('does not find an earlier text again', () => {
    const alone = createCompressibility();
    const { codes, length } = scan(PROSE);
    const first = alone(codes, length);
    expect(alone(codes, length)).toBe(first);
  });
});

it('both stay in [0, 1] for any text, and loops do not slow them down', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(20), (text, times) => {
      const [share, saved] = [repetition(text.repeat(times)), compressibility(text.repeat(times))];
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
      expect(saved).toBeGreaterThanOrEqual(0);
      expect(saved).toBeLessThan(1);
    }),
  );
  const start = performance.now();
  for (const text of ['a'.repeat(1e6), 'ab '.repeat(3e5)])
    expect(repetition(text) + compressibility(text)).toBeGreaterThan(1.8);
  expect(performance.now() - start).toBeLessThan(2_000);
});
