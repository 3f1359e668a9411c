import * as characters from './characters.ts';

const { KINDS, LOWER } = characters;
const { Vowel } = characters.Kind;
const LOWER_D = 0x64;
const LOWER_E = 0x65;
const LOWER_L = 0x6c;
const LOWER_S = 0x73;

/**
 * Syllables of an English word: groups of vowels, less a silent "e", "es" or "ed" at the end, at least one.
 * Within a syllable or so of a dictionary for nine words in ten.
 */
export function syllables(codes: Uint16Array, start: number, end: number, vowelGroups: number): number {
  if (vowelGroups <= 1 || end - start < 3) return 1;
  const last = LOWER[codes[end - 1] as number] as number;
  if (last === LOWER_E) return isSilentE(codes, end) ? vowelGroups - 1 : vowelGroups;
  const isEnding = last === LOWER_S || last === LOWER_D;
  if (!isEnding || LOWER[codes[end - 2] as number] !== LOWER_E) return vowelGroups;
  return isSounded(LOWER[codes[end - 3] as number] as number, last) ? vowelGroups : vowelGroups - 1;
}

/** "make" has a silent e, "little", "free" and "die" have not (there the e is in the last group or sounded). */
function isSilentE(codes: Uint16Array, end: number): boolean {
  const before = LOWER[codes[end - 2] as number] as number;
  if (KINDS[before] === Vowel) return false;
  return before !== LOWER_L || KINDS[LOWER[codes[end - 3] as number] as number] === Vowel;
}

/** "-ted", "-ded" and "-ses", "-zes", "-xes", "-ches", "-ges" are a syllable of their own. */
function isSounded(before: number, last: number): boolean {
  if (KINDS[before] === Vowel) return true;
  return (last === LOWER_D ? 'td' : 'szxhgc').includes(String.fromCharCode(before));
}
