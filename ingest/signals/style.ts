import type { TextScan } from './text-scan.ts';

/** Fewer words say nothing about a style. */
const WORDS_MIN = 10;
/** Evidence that a text without any would add to the scale: keeps one kind word from reading as 1. */
const TONE_PRIOR = 4;

/**
 * Flesch reading ease of English prose: about 100 for a child's book, 60 for plain English, below 30 for a paper;
 * clamped to [-100, 121.22]. Null below 10 words. Code blocks are left out.
 *
 * @see Flesch 1948, "A new readability yardstick": 206.835 - 1.015 words/sentence - 84.6 syllables/word
 */
export function readability(scan: TextScan): number | null {
  const { proseWords, proseSentences, syllables } = scan;
  if (proseWords < WORDS_MIN) return null;
  const ease = 206.835 - (1.015 * proseWords) / Math.max(1, proseSentences) - (84.6 * syllables) / proseWords;
  return Math.max(-100, Math.min(121.22, ease));
}

/** Words of doubt per 100 words of English prose, in [0, 100]. Null below 10 words. */
export function hedging(scan: TextScan): number | null {
  return scan.proseWords < WORDS_MIN ? null : (100 * scan.hedges) / scan.proseWords;
}

/**
 * Sentiment of English prose in [-1, 1]: the summed AFINN-165 tone, turned by a negation up to three words
 * before, over its absolute sum plus 4. It does not grow with the length. 0 without a word that has a tone, null
 * below 10 words.
 *
 * @see Nielsen 2011, "A new ANEW: evaluation of a word list for sentiment analysis in microblogs"
 */
export function tone(scan: TextScan): number | null {
  return scan.proseWords < WORDS_MIN ? null : scan.tone / (scan.toneWeight + TONE_PRIOR);
}
