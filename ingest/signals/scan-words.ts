import * as characters from './characters.ts';
import * as lexicon from './lexicon.ts';
import type { ScanState } from './scan-state.ts';
import * as english from './syllables.ts';
import { RefusalHint } from './text-scan.ts';

// Names of this module are constants to the compiler, imported ones and properties are loads: twice the speed.
const { Digit, Cyrillic } = characters.Kind;
const { LANGUAGE_SHIFT, lookUp, toneOf } = lexicon;
const { FirstPerson, PluralPerson, Denial, PlainDenial, RefusalCue, ForeignRefusalCue } = lexicon.Trait;
const { Hedge, Toxic, Insult, InsultLink, SecondPerson, Negation, Abbreviation } = lexicon.Trait;
const { syllables } = english;

/** A negation turns the tone of this many following words. */
const NEGATION_WORDS = 3;
/** A denial this many words after a first person may be a refusal. */
const DENIAL_WORDS = 8;
/** And a first person this many words after a denial. */
const INVERTED_WORDS = 3;
/** Words that count as the opening of a response. */
const OPENING_WORDS = 120;
const REFUSAL_TRAITS = FirstPerson | PluralPerson | Denial | PlainDenial | RefusalCue | ForeignRefusalCue;

/** Counts a word that ends, and what the lexicon says about it. */
export function endWord(state: ScanState, start: number, end: number, hash: number): void {
  state.hasVisible = true;
  state.words++;
  state.sentenceWords++;
  const trait = lookUp(hash, end - start);
  // "J. " and "Dr. " do not end a sentence, "me." does.
  state.lastWordIsShort = end - start === 1 || (trait & Abbreviation) !== 0;
  if (isInCode(state)) return;
  state.proseWords++;
  note(state, trait);
}

/** Syllables of a word of prose, and the letters by script. */
export function countSyllables(
  state: ScanState,
  start: number,
  end: number,
  word: { kinds: number; vowelGroups: number },
): void {
  if ((word.kinds & (1 << Digit)) !== 0) {
    // "1. " at the start of a line does not end a sentence.
    if (state.sentenceWords === 1) state.lastWordIsShort = true;
    state.syllables++;
    return;
  }
  if ((word.kinds & (1 << Cyrillic)) !== 0) state.cyrillic += end - start;
  else state.latin += end - start;
  state.syllables += word.vowelGroups > 1 ? syllables(state.codes, start, end, word.vowelGroups) : 1;
}

/** What the lexicon says about the word just read, counted. */
function note(state: ScanState, trait: number): void {
  const wasOpen = state.isInsultOpen;
  state.isInsultOpen = (trait & SecondPerson) !== 0 || (wasOpen && (trait & (InsultLink | Insult)) !== 0);
  if (trait === 0) return;
  if ((trait & Hedge) !== 0) state.hedges++;
  if ((trait & Toxic) !== 0 || ((trait & Insult) !== 0 && wasOpen)) state.isToxic = true;
  noteRefusal(state, trait);
  const tone = toneOf(trait);
  if ((trait & Negation) !== 0) state.negatedUntil = state.proseWords + NEGATION_WORDS;
  else if (tone !== 0) {
    state.tone += state.proseWords <= state.negatedUntil ? -tone : tone;
    state.toneWeight += Math.abs(tone);
  }
  for (let bits = trait >>> LANGUAGE_SHIFT, language = 0; bits !== 0; bits >>>= 1, language++) {
    if ((bits & 1) !== 0) state.functionWords[language] = (state.functionWords[language] as number) + 1;
  }
}

function noteRefusal(state: ScanState, trait: number): void {
  if ((trait & REFUSAL_TRAITS) === 0) return;
  const at = state.proseWords;
  if ((trait & FirstPerson) !== 0) state.firstPersonAt = at;
  if ((trait & PluralPerson) !== 0) state.pluralPersonAt = at;
  if ((trait & ForeignRefusalCue) !== 0) state.refusalHints |= RefusalHint.Foreign;
  const isDenial = (trait & (Denial | PlainDenial)) !== 0;
  const isDenied =
    // "Not something I can do": the other way round.
    ((trait & FirstPerson) !== 0 && at - state.denialAt <= INVERTED_WORDS) ||
    (isDenial && at - state.firstPersonAt <= DENIAL_WORDS) ||
    ((trait & Denial) !== 0 && at - state.pluralPersonAt <= DENIAL_WORDS);
  if (isDenial) state.denialAt = at;
  if (at > OPENING_WORDS) state.refusalHints |= isDenied ? RefusalHint.Later : 0;
  else if (isDenied || (trait & RefusalCue) !== 0) state.refusalHints |= RefusalHint.Opening;
}

/** Between two code fences. */
export function isInCode(state: ScanState): boolean {
  return (state.fenceMarks & 1) === 1;
}
