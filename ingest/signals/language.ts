import { eld } from 'eld/small';
import { LANGUAGES } from './lexicon.ts';
import type { TextScan } from './text-scan.ts';

/** Function words that decide alone, without the library: this many, this share of the words, this lead. */
const VOTES_MIN = 4;
const VOTES_SHARE_MIN = 0.2;
const VOTES_LEAD_MIN = 3;
/** Shorter texts have no language that one could be sure of. */
const LETTERS_MIN = 12;
const WORDS_MIN = 3;
const WIDE_LETTERS_MIN = 2;
/** The library reads this much; more would only cost time. */
const SAMPLE_CHARACTERS = 160;
/** Fences are looked for in this much of the text. */
const SAMPLE_SOURCE_CHARACTERS = 4096;
const FENCED = /```[^`]*(?:```|$)/g;

/** Languages that a short text does not tell apart: not a mismatch. */
const CLOSE: readonly string[] = ['da no nb nn', 'id ms', 'hr bs sr sl', 'cs sk', 'pt gl', 'af nl'];

/**
 * Language of a text (ISO 639-1), null when it is too short or not clear. The script decides Japanese, Chinese
 * and Korean, function words decide clear cases of `LANGUAGES`, and eld the rest from the first 160 characters
 * of prose.
 */
export function language(scan: TextScan, text: string): string | null {
  return byScript(scan) ?? byFunctionWords(scan) ?? byLibrary(scan, text);
}

/** 1 when both languages are known and differ, 0 when they are the same or hard to tell apart, else null. */
export function languageMismatch(prompt: string | null, response: string | null): number | null {
  if (prompt === null || response === null) return null;
  const areClose = CLOSE.some((group) => group.includes(prompt) && group.includes(response));
  return prompt === response || areClose ? 0 : 1;
}

function byScript({ kana, ideographs, hangul, latin, cyrillic }: TextScan): string | null {
  const wide = kana + ideographs + hangul;
  if (wide < WIDE_LETTERS_MIN || wide * 3 < latin + cyrillic) return null;
  if (hangul * 2 > wide) return 'ko';
  // Japanese prose is at least a third kana; Chinese has none but in quotations.
  return kana * 10 > wide ? 'ja' : 'zh';
}

function byFunctionWords({ functionWords, proseWords }: TextScan): string | null {
  let [best, second, winner] = [0, 0, 0];
  for (let index = 0; index < functionWords.length; index++) {
    const votes = functionWords[index] as number;
    if (votes > best) [second, best, winner] = [best, votes, index];
    else if (votes > second) second = votes;
  }
  const isClear =
    best >= VOTES_MIN && best >= second * VOTES_LEAD_MIN && best >= proseWords * VOTES_SHARE_MIN;
  return isClear ? (LANGUAGES[winner] ?? null) : null;
}

function byLibrary({ proseWords, latin, cyrillic }: TextScan, text: string): string | null {
  if (proseWords < WORDS_MIN || latin + cyrillic < LETTERS_MIN) return null;
  const prose = text.slice(0, SAMPLE_SOURCE_CHARACTERS).replace(FENCED, ' ').trimStart();
  const result = eld.detect(prose.slice(0, SAMPLE_CHARACTERS));
  return result.language !== '' && result.isReliable() ? result.language : null;
}
