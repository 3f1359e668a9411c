import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScanner } from './scan.ts';
import { SCANNED_CHARACTERS_MAX } from './text-scan.ts';

const scan = createScanner();

describe('scan', () => {
  it.each([
    ['', 0, 0],
    ['Yes', 1, 1],
    ['One. Two! Three?', 3, 3],
    ['Wait... what?!', 2, 1],
    ['It costs 3.14 or 1,000 dollars.', 6, 1],
    ['Dr. Smith met J. Doe, e.g. at noon. They left.', 11, 2],
    ["I can't, it's John's.", 4, 1],
    ['1. First thing\n2. Second thing\n', 6, 2],
    ['A line that is\nwrapped in the middle.', 8, 1],
    ['He said "Stop!" Then he left.', 6, 2],
    ['你好。再见！', 4, 2],
    ['안녕하세요 여러분', 2, 1],
    ['well-known', 2, 1],
    ['— … !!! 😀', 0, 0],
  ])('words and sentences of %j', (text, words, sentences) => {
    expect(scan(text)).toMatchObject({ words, sentences });
  });

  it('counts code points, not code units, with a lone surrogate as one', () => {
    expect(scan('a😀b').characters).toBe(3);
    expect(scan('\ud83d').characters).toBe(1);
    expect(scan('\ude00\ud83d').characters).toBe(2);
    expect(scan('👩‍👩‍👧').characters).toBe(5);
  });

  it.each([
    ['cat', 1],
    ['the', 1],
    ['make', 1],
    ['little', 2],
    ['table', 2],
    ['walked', 1],
    ['wanted', 2],
    ['houses', 2],
    ['makes', 1],
    ['beautiful', 3],
    ['reading', 2],
    ['banana', 3],
    ['readability', 5],
  ])('syllables of %s: %d', (word, expected) => {
    expect(scan(word).syllables).toBe(expected);
  });

  it('leaves code blocks out of the prose, not out of the words', () => {
    const text = 'Run this now.\n```js\nmaybe damn = might.be();\n```\nDone.';
    expect(scan(text)).toMatchObject({ proseWords: 4, proseSentences: 2, fenceMarks: 2, hedges: 0, tone: 0 });
    expect(scan(text).words).toBeGreaterThan(4);
  });

  it('tells visible from invisible', () => {
    for (const text of ['', ' \n\t', '\u200b\ufeff', '\u0000']) expect(scan(text).hasVisible).toBe(false);
    for (const text of ['.', '😀', 'a', '1', '好']) expect(scan(text).hasVisible).toBe(true);
  });

  it.each([
    ['What the fuck is this?', true],
    ['You are an idiot.', true],
    ["You're such a stupid, pathetic loser.", true],
    ['du Arschloch', true],
    ['The people of Scunthorpe assess a class of grapes.', false],
    ['A cocktail, a shiitake and a peacock in Essex.', false],
    ['You are not an idiot.', false],
    ['Dostoevsky wrote The Idiot. You should read it.', false],
    ['That is a stupid mistake to make.', false],
    ['Homo sapiens; the finger prick; a garden hoe; el gato negro.', false],
  ])('toxicity of %j: %s', (text, expected) => {
    expect(scan(text).isToxic).toBe(expected);
  });

  it('turns the tone behind a negation, for three words and not past the sentence', () => {
    expect(scan('This is good.').tone).toBeGreaterThan(0);
    expect(scan('This is not good.').tone).toBeLessThan(0);
    expect(scan("It isn't very good.").tone).toBeLessThan(0);
    expect(scan('No. This is good.').tone).toBeGreaterThan(0);
  });

  it('keeps nothing of the text before', () => {
    const text = 'Perhaps 12 good words.\n\n```js\nx\n```';
    const first = { ...scan(text), codes: 0, tokenHashes: 0, functionWords: 0, bytes: 0 };
    scan('You idiot! Sorry, I cannot help with 4111111111111111 @ :: 好 😀 ```');
    expect({ ...scan(text), codes: 0, tokenHashes: 0, functionWords: 0, bytes: 0 }).toEqual(first);
  });

  it('is linear and bounded on hostile text', () => {
    const million = 10_000_000;
    for (const text of [
      'a'.repeat(million),
      '. '.repeat(million / 2),
      '\ud83d'.repeat(million),
      '`'.repeat(million),
    ]) {
      const start = performance.now();
      const result = scan(text);
      expect(performance.now() - start).toBeLessThan(2_000);
      expect(result.length).toBe(SCANNED_CHARACTERS_MAX);
      expect(result.characters).toBe(million);
    }
  });

  it('counts any string without throwing: nothing below 0, no more words than characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const { words, sentences, characters, syllables, proseWords } = scan(text);
        expect(characters).toBe([...text].length);
        expect(words).toBeLessThanOrEqual(characters);
        expect(sentences).toBeLessThanOrEqual(words);
        expect(proseWords).toBeLessThanOrEqual(words);
        expect(syllables).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});
