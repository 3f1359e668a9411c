import * as characters from './characters.ts';
import * as lexicon from './lexicon.ts';
import { ScanState } from './scan-state.ts';
import * as words from './scan-words.ts';
import type { TextScan } from './text-scan.ts';

// Names of this module are constants to the compiler, imported ones and properties are loads: twice the speed.
const { KINDS, LOWER, LOWER_SHIFT, PART_OF_WORD, TRAITS_OF_CODE, VOWEL_SHIFT } = characters;
const { Other, Space, LineFeed, Stop, WideStop, Apostrophe, Surrogate, Invisible } = characters.Kind;
const { Letter, Vowel, Digit, Ideograph, Kana, Hangul } = characters.Kind;
const { HASH_START, hashStep } = lexicon;
const { countSyllables, endWord, isInCode } = words;

/** Longer runs without a break are cut into tokens of this length, so that a loop without spaces is seen. */
const TOKEN_CHARACTERS_MAX = 16;
const BACKTICK = 0x60;

/**
 * A scanner with its own buffers: it returns the same object each time, valid until the next call. One pass,
 * linear in the length of the text, at most `SCANNED_CHARACTERS_MAX` code units of it.
 */
export function createScanner(): (text: string) => TextScan {
  const state = new ScanState();
  return (text) => scan(state, text);
}

function scan(state: ScanState, text: string): TextScan {
  state.reset(text);
  const { codes, length } = state;
  let index = 0;
  while (index < length) {
    const kind = KINDS[codes[index] as number] as number;
    if (kind >= Ideograph) index = readWide(state, index, kind);
    else if (kind >= Letter) index = readWord(state, index);
    else if (kind === Space) index++;
    else index = readSigns(state, index, kind);
  }
  endSentence(state);
  state.characters = text.length - state.pairs;
  if (text.length > length) state.characters -= surrogatePairs(text, length);
  return state;
}

/** One word: letters and digits, with an apostrophe, a decimal point or a comma inside. Returns its end. */
function readWord(state: ScanState, start: number): number {
  const { codes, length } = state;
  let hash = HASH_START;
  let index = start;
  let vowelGroups = 0;
  let wasVowel = 0;
  let kinds = 0;
  for (;;) {
    const traits = TRAITS_OF_CODE[codes[index] as number] as number;
    const kind = traits & 15;
    if ((traits & PART_OF_WORD) === 0 && (kind === Space || !joins(state, index, kind))) break;
    hash = hashStep(hash, (traits >>> LOWER_SHIFT) & 0xff_ff);
    kinds |= 1 << kind;
    const isVowel = (traits >>> VOWEL_SHIFT) & 1;
    vowelGroups += isVowel & (wasVowel ^ 1);
    wasVowel = isVowel;
    if (++index === length) break;
  }
  if (index - start >= TOKEN_CHARACTERS_MAX) addChunks(state, start, index);
  else addToken(state, hash, start);
  state.tokenEnd = index;
  endWord(state, start, index, hash);
  if (!isInCode(state)) countSyllables(state, start, index, { kinds, vowelGroups });
  return index;
}

/** An apostrophe between letters, a point or comma between digits: part of the word. */
function joins(state: ScanState, index: number, kind: number): boolean {
  if (kind !== Apostrophe && kind !== Stop && kind !== Other) return false;
  const { codes } = state;
  const after = kindAt(state, index + 1);
  if (kind === Apostrophe) return after === Letter || after === Vowel;
  const code = codes[index];
  const isPoint = code === 0x2e || code === 0x2c;
  return isPoint && after === Digit && KINDS[codes[index - 1] as number] === Digit;
}

/** Han and kana: each character is a word. Hangul: a run is one, as Korean puts spaces between words. */
function readWide(state: ScanState, start: number, kind: number): number {
  const { codes, length } = state;
  let index = start;
  let hash = HASH_START;
  do hash = hashStep(hash, codes[index++] as number);
  while (kind === Hangul && index < length && KINDS[codes[index] as number] === Hangul);
  addToken(state, hash, start);
  state.tokenEnd = index;
  state.hasVisible = true;
  state.words++;
  state.sentenceWords++;
  state.lastWordIsShort = false;
  if (isInCode(state)) return index;
  state.proseWords++;
  if (kind === Hangul) state.hangul += index - start;
  else if (kind === Kana) state.kana++;
  else state.ideographs++;
  return index;
}

/** A run of signs, line feeds and surrogates up to the next word or space. Returns its end. */
function readSigns(state: ScanState, start: number, first: number): number {
  const { codes, length } = state;
  let index = start;
  let kind = first;
  let hash = HASH_START;
  let tokenStart = start;
  do {
    const code = codes[index] as number;
    noteSign(state, index, code, kind);
    hash = hashStep(hash, code);
    index++;
    if (index - tokenStart === TOKEN_CHARACTERS_MAX) {
      addToken(state, hash, tokenStart);
      hash = HASH_START;
      state.tokenEnd = tokenStart = index;
    }
    kind = index < length ? (KINDS[codes[index] as number] as number) : Space;
  } while (kind !== Space && kind < Letter);
  return index;
}

function noteSign(state: ScanState, index: number, code: number, kind: number): void {
  if (kind === LineFeed) {
    endLine(state, index);
    return;
  }
  if (kind === Invisible) return;
  state.hasVisible = true;
  if (kind === Stop) {
    if (isStop(state, index, code)) endSentence(state);
  } else if (kind === WideStop) endSentence(state);
  else if (kind === Surrogate) noteSurrogate(state, index, code);
  else if (code === BACKTICK) noteBacktick(state, index);
}

/** A stop ends a sentence before a space, a closing sign or the end, not in "e.g. this", "3.14", "J. Smith". */
function isStop(state: ScanState, index: number, code: number): boolean {
  const next = kindAt(state, index + 1);
  if (next >= Letter) return false;
  if (code !== 0x2e) return next !== Stop;
  if (state.lastWordIsShort || next === Stop) return false;
  const afterSpace = state.codes[index + 2] as number;
  const isLowerNext = next === Space && index + 2 < state.length && isLowerCase(afterSpace);
  return !isLowerNext;
}

/** A line ends a sentence unless the text goes on in lower case, as it does where lines are wrapped. */
function endLine(state: ScanState, index: number): void {
  if (index + 1 < state.length && isLowerCase(state.codes[index + 1] as number)) return;
  endSentence(state);
}

function endSentence(state: ScanState): void {
  if (state.sentenceWords === 0) return;
  state.sentences++;
  if (!isInCode(state)) state.proseSentences++;
  state.sentenceWords = 0;
  state.lastWordIsShort = false;
  state.negatedUntil = 0;
  state.isInsultOpen = false;
}

function noteSurrogate(state: ScanState, index: number, code: number): void {
  const next = state.codes[index + 1] as number;
  const isPair = code < 0xdc_00 && index + 1 < state.length && next >= 0xdc_00 && next <= 0xdf_ff;
  if (isPair) state.pairs++;
}

function noteBacktick(state: ScanState, index: number): void {
  const { codes } = state;
  const isMark =
    index + 2 < state.length &&
    codes[index + 1] === BACKTICK &&
    codes[index + 2] === BACKTICK &&
    (index === 0 || codes[index - 1] !== BACKTICK);
  if (!isMark) return;
  endSentence(state);
  state.fenceMarks++;
}

function addToken(state: ScanState, hash: number, start: number): void {
  if (state.tokens === state.tokenHashes.length) return;
  state.tokenStarts[state.tokens] = start;
  state.tokenHashes[state.tokens++] = hash;
}

/** A long run as tokens of equal length: what a loop repeats must hash alike each time. */
function addChunks(state: ScanState, start: number, end: number): void {
  for (let from = start; from < end; from += TOKEN_CHARACTERS_MAX) {
    const to = Math.min(end, from + TOKEN_CHARACTERS_MAX);
    let hash = HASH_START;
    for (let index = from; index < to; index++) hash = hashStep(hash, state.codes[index] as number);
    addToken(state, hash, from);
  }
}

function kindAt(state: ScanState, index: number): number {
  return index < state.length ? (KINDS[state.codes[index] as number] as number) : Space;
}

function isLowerCase(code: number): boolean {
  return (KINDS[code] as number) >= Letter && (LOWER[code] as number) === code && !isCaseless(code);
}

/** Digits and letters without a case equal their lower case and say nothing. */
function isCaseless(code: number): boolean {
  const kind = KINDS[code] as number;
  return kind === Digit || kind >= Ideograph || code === 0x5f;
}

function surrogatePairs(text: string, from: number): number {
  let pairs = 0;
  for (let index = from; index + 1 < text.length; index++) {
    const isPair =
      (text.charCodeAt(index) & 0xfc_00) === 0xd8_00 && (text.charCodeAt(index + 1) & 0xfc_00) === 0xdc_00;
    if (isPair) pairs++;
  }
  return pairs;
}
