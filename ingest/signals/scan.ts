import { KIND_AND_LOWER, Kind, KINDS, LOWER } from './characters.ts';
import { HASH_START, hashStep, LANGUAGE_SHIFT, LANGUAGES, lookUp, Trait, toneOf } from './lexicon.ts';
import { syllables } from './syllables.ts';

/** Text behind this many UTF-16 code units is counted in the length and not read otherwise. */
export const SCANNED_CHARACTERS_MAX = 1 << 18;
/** Tokens kept for the repetition signal; the rest of the text is not looked at for it. */
export const TOKENS_MAX = 1 << 16;
/** Longer runs without a break are cut into tokens of this length, so that a loop without spaces is seen. */
const TOKEN_CHARACTERS_MAX = 16;
/** A negation turns the tone of this many following words. */
const NEGATION_WORDS = 3;
/** A denial this many words after a first person may be a refusal. */
const DENIAL_WORDS = 8;
/** Words that count as the opening of a response. */
const OPENING_WORDS = 120;
const BACKTICK = 0x60;

/** Where words of refusal stood. */
export const RefusalHint = { Opening: 1, Later: 2, Foreign: 4 } as const;

/** What one pass over a text yields. "Prose" is all that stands outside code fences. */
export interface TextScan {
  /** Length of the whole text in code points. */
  characters: number;
  /** UTF-16 code units that were read: the length of the text, at most `SCANNED_CHARACTERS_MAX`. */
  length: number;
  words: number;
  sentences: number;
  proseWords: number;
  proseSentences: number;
  syllables: number;
  hedges: number;
  /** Sum of the tone of all words with one, and of its absolute value. */
  tone: number;
  toneWeight: number;
  isToxic: boolean;
  /** Number of ``` in the text: two make one block. */
  fenceMarks: number;
  hasVisible: boolean;
  digits: number;
  ats: number;
  colons: number;
  /** Letters by script: what the language follows from where the script decides it. */
  latin: number;
  cyrillic: number;
  ideographs: number;
  kana: number;
  hangul: number;
  /** Words that a refusal has, and where: `RefusalHint` bits. */
  refusalHints: number;
  tokens: number;
  /** Function words of each of `LANGUAGES`. */
  readonly functionWords: Int32Array;
  /** Code units; the first `length` are this text's. */
  readonly codes: Uint16Array;
  /** Hashes of words and of runs of signs; the first `tokens` are this text's. */
  readonly tokenHashes: Int32Array;
}

/**
 * A scanner with its own buffers: it returns the same object each time, valid until the next call. One pass,
 * linear in the length of the text, at most `SCANNED_CHARACTERS_MAX` code units of it.
 */
export function createScanner(): (text: string) => TextScan {
  const state = new Scanner();
  return (text) => state.scan(text);
}

/** The state of one pass. A class, since its loops are hot and V8 keeps the fields of one shape unboxed. */
class Scanner implements TextScan {
  characters = 0;
  length = 0;
  words = 0;
  sentences = 0;
  proseWords = 0;
  proseSentences = 0;
  syllables = 0;
  hedges = 0;
  tone = 0;
  toneWeight = 0;
  isToxic = false;
  fenceMarks = 0;
  hasVisible = false;
  digits = 0;
  ats = 0;
  colons = 0;
  latin = 0;
  cyrillic = 0;
  ideographs = 0;
  kana = 0;
  hangul = 0;
  refusalHints = 0;
  tokens = 0;
  readonly functionWords: Int32Array = new Int32Array(LANGUAGES.length);
  codes: Uint16Array = new Uint16Array(1 << 13);
  /** The memory of `codes`, which a native copy fills. */
  private bytes = Buffer.from(this.codes.buffer);
  tokenHashes: Int32Array = new Int32Array(1 << 12);
  /** Words since the last end of a sentence. */
  private sentenceWords = 0;
  private lastWordIsShort = false;
  private negatedUntil = 0;
  private isInsultOpen = false;
  private firstPersonAt = 0;
  private pairs = 0;

  scan(text: string): TextScan {
    this.reset(text);
    const { codes, length } = this;
    let index = 0;
    while (index < length) {
      const kind = KINDS[codes[index] as number] as number;
      if (kind >= Kind.Ideograph) index = this.readWide(index, kind);
      else if (kind >= Kind.Letter) index = this.readWord(index);
      else if (kind === Kind.Space) index++;
      else index = this.readSigns(index, kind);
    }
    this.endSentence();
    this.characters = text.length - this.pairs;
    if (text.length > length) this.characters -= surrogatePairs(text, length);
    return this;
  }

  private reset(text: string): void {
    const length = Math.min(text.length, SCANNED_CHARACTERS_MAX);
    this.makeRoom(length);
    this.bytes.write(text, 0, 2 * length, 'utf16le');
    this.length = length;
    this.words = this.sentences = this.proseWords = this.proseSentences = this.syllables = 0;
    this.hedges = this.tone = this.toneWeight = this.fenceMarks = this.digits = this.ats = this.colons = 0;
    this.latin = this.cyrillic = this.ideographs = this.kana = this.hangul = this.tokens = this.pairs = 0;
    this.isToxic = this.hasVisible = this.lastWordIsShort = this.isInsultOpen = false;
    this.sentenceWords = this.negatedUntil = this.refusalHints = 0;
    this.firstPersonAt = -DENIAL_WORDS;
    this.functionWords.fill(0);
  }

  /** Buffers grow to the longest text seen, within the bound. */
  private makeRoom(length: number): void {
    if (this.codes.length >= length) return;
    const size = 1 << (32 - Math.clz32(length - 1));
    this.codes = new Uint16Array(size);
    this.bytes = Buffer.from(this.codes.buffer);
    this.tokenHashes = new Int32Array(Math.min(size, TOKENS_MAX));
  }

  /** One word: letters and digits, with an apostrophe, a decimal point or a comma inside. Returns its end. */
  private readWord(start: number): number {
    const { codes, length } = this;
    let hash = HASH_START;
    let index = start;
    let vowelGroups = 0;
    let wasVowel = 0;
    let kinds = 0;
    for (;;) {
      const info = KIND_AND_LOWER[codes[index] as number] as number;
      const kind = info & 15;
      if (kind < Kind.Letter || kind >= Kind.Ideograph) {
        if (kind === Kind.Space || !this.joins(index, kind)) break;
      }
      hash = hashStep(hash, info >>> 4);
      kinds |= 1 << kind;
      const isVowel = kind === Kind.Vowel ? 1 : 0;
      vowelGroups += isVowel & (wasVowel ^ 1);
      wasVowel = isVowel;
      if (++index === length) break;
    }
    if (index - start >= TOKEN_CHARACTERS_MAX) this.addChunks(start, index);
    else this.addToken(hash);
    this.endWord(start, index, hash);
    if (!this.isInCode) this.countSyllables(start, index, { kinds, vowelGroups });
    return index;
  }

  /** An apostrophe between letters, a point or comma between digits: part of the word. */
  private joins(index: number, kind: number): boolean {
    if (kind !== Kind.Apostrophe && kind !== Kind.Stop && kind !== Kind.Other) return false;
    const { codes } = this;
    const after = this.kindAt(index + 1);
    if (kind === Kind.Apostrophe) return after === Kind.Letter || after === Kind.Vowel;
    const code = codes[index];
    const isPoint = code === 0x2e || code === 0x2c;
    return isPoint && after === Kind.Digit && KINDS[codes[index - 1] as number] === Kind.Digit;
  }

  private endWord(start: number, end: number, hash: number): void {
    this.hasVisible = true;
    this.words++;
    this.sentenceWords++;
    const trait = lookUp(hash, end - start);
    // "J. " and "Dr. " do not end a sentence, "me." does.
    this.lastWordIsShort = end - start === 1 || (trait & Trait.Abbreviation) !== 0;
    if (this.isInCode) return;
    this.proseWords++;
    this.note(trait);
  }

  private countSyllables(start: number, end: number, word: { kinds: number; vowelGroups: number }): void {
    if ((word.kinds & (1 << Kind.Digit)) !== 0) {
      this.countDigits(start, end);
      this.syllables++;
      return;
    }
    if ((word.kinds & (1 << Kind.Cyrillic)) !== 0) this.cyrillic += end - start;
    else this.latin += end - start;
    this.syllables += word.vowelGroups > 1 ? syllables(this.codes, start, end, word.vowelGroups) : 1;
  }

  /** "1. " at the start of a line does not end a sentence either. */
  private countDigits(start: number, end: number): void {
    for (let index = start; index < end; index++) {
      if (KINDS[this.codes[index] as number] === Kind.Digit) this.digits++;
    }
    if (this.sentenceWords === 1) this.lastWordIsShort = true;
  }

  /** What the lexicon says about the word just read, counted. */
  private note(trait: number): void {
    const wasOpen = this.isInsultOpen;
    this.isInsultOpen =
      (trait & Trait.SecondPerson) !== 0 || (wasOpen && (trait & (Trait.InsultLink | Trait.Insult)) !== 0);
    if (trait === 0) return;
    if ((trait & Trait.Hedge) !== 0) this.hedges++;
    if ((trait & Trait.Toxic) !== 0 || ((trait & Trait.Insult) !== 0 && wasOpen)) this.isToxic = true;
    this.noteRefusal(trait);
    const tone = toneOf(trait);
    if ((trait & Trait.Negation) !== 0) this.negatedUntil = this.proseWords + NEGATION_WORDS;
    else if (tone !== 0) {
      this.tone += this.proseWords <= this.negatedUntil ? -tone : tone;
      this.toneWeight += Math.abs(tone);
    }
    for (let bits = trait >>> LANGUAGE_SHIFT, language = 0; bits !== 0; bits >>>= 1, language++) {
      if ((bits & 1) !== 0) this.functionWords[language] = (this.functionWords[language] as number) + 1;
    }
  }

  private noteRefusal(trait: number): void {
    const cues = Trait.FirstPerson | Trait.Denial | Trait.RefusalCue | Trait.ForeignRefusalCue;
    if ((trait & cues) === 0) return;
    if ((trait & Trait.FirstPerson) !== 0) this.firstPersonAt = this.proseWords;
    if ((trait & Trait.ForeignRefusalCue) !== 0) this.refusalHints |= RefusalHint.Foreign;
    const isDenied = (trait & Trait.Denial) !== 0 && this.proseWords - this.firstPersonAt <= DENIAL_WORDS;
    if (this.proseWords > OPENING_WORDS) this.refusalHints |= isDenied ? RefusalHint.Later : 0;
    else if (isDenied || (trait & Trait.RefusalCue) !== 0) this.refusalHints |= RefusalHint.Opening;
  }

  /** Han and kana: each character is a word. Hangul: a run is one, as Korean puts spaces between words. */
  private readWide(start: number, kind: number): number {
    const { codes, length } = this;
    let index = start;
    let hash = HASH_START;
    do hash = hashStep(hash, codes[index++] as number);
    while (kind === Kind.Hangul && index < length && KINDS[codes[index] as number] === Kind.Hangul);
    this.addToken(hash);
    this.hasVisible = true;
    this.words++;
    this.sentenceWords++;
    this.lastWordIsShort = false;
    if (this.isInCode) return index;
    this.proseWords++;
    if (kind === Kind.Hangul) this.hangul += index - start;
    else if (kind === Kind.Kana) this.kana++;
    else this.ideographs++;
    return index;
  }

  /** A run of signs, line feeds and surrogates up to the next word or space. Returns its end. */
  private readSigns(start: number, first: number): number {
    const { codes, length } = this;
    let index = start;
    let kind = first;
    let hash = HASH_START;
    let tokenStart = start;
    do {
      const code = codes[index] as number;
      this.noteSign(index, code, kind);
      hash = hashStep(hash, code);
      index++;
      if (index - tokenStart === TOKEN_CHARACTERS_MAX) {
        this.addToken(hash);
        hash = HASH_START;
        tokenStart = index;
      }
      kind = index < length ? (KINDS[codes[index] as number] as number) : Kind.Space;
    } while (kind !== Kind.Space && kind < Kind.Letter);
    return index;
  }

  private noteSign(index: number, code: number, kind: number): void {
    if (kind === Kind.LineFeed) {
      this.endLine(index);
      return;
    }
    if (kind === Kind.Invisible) return;
    this.hasVisible = true;
    if (kind === Kind.Stop) {
      if (this.isStop(index, code)) this.endSentence();
    } else if (kind === Kind.WideStop) this.endSentence();
    else if (kind === Kind.Surrogate) this.noteSurrogate(index, code);
    else if (code === 0x40) this.ats++;
    else if (code === 0x3a) this.colons++;
    else if (code === BACKTICK) this.noteBacktick(index);
  }

  /** A stop ends a sentence before a space, a closing sign or the end, not in "e.g. this", "3.14", "J. Smith". */
  private isStop(index: number, code: number): boolean {
    const next = this.kindAt(index + 1);
    if (next >= Kind.Letter) return false;
    if (code !== 0x2e) return next !== Kind.Stop;
    if (this.lastWordIsShort || next === Kind.Stop) return false;
    const afterSpace = this.codes[index + 2] as number;
    const isLowerNext = next === Kind.Space && index + 2 < this.length && isLowerCase(afterSpace);
    return !isLowerNext;
  }

  /** A line ends a sentence unless the text goes on in lower case, as it does where lines are wrapped. */
  private endLine(index: number): void {
    if (index + 1 < this.length && isLowerCase(this.codes[index + 1] as number)) return;
    this.endSentence();
  }

  private endSentence(): void {
    if (this.sentenceWords === 0) return;
    this.sentences++;
    if (!this.isInCode) this.proseSentences++;
    this.sentenceWords = 0;
    this.lastWordIsShort = false;
    this.negatedUntil = 0;
    this.isInsultOpen = false;
  }

  private noteSurrogate(index: number, code: number): void {
    const next = this.codes[index + 1] as number;
    const isPair = code < 0xdc_00 && index + 1 < this.length && next >= 0xdc_00 && next <= 0xdf_ff;
    if (isPair) this.pairs++;
  }

  private noteBacktick(index: number): void {
    const { codes } = this;
    const isMark =
      index + 2 < this.length &&
      codes[index + 1] === BACKTICK &&
      codes[index + 2] === BACKTICK &&
      (index === 0 || codes[index - 1] !== BACKTICK);
    if (!isMark) return;
    this.endSentence();
    this.fenceMarks++;
  }

  private get isInCode(): boolean {
    return (this.fenceMarks & 1) === 1;
  }

  private addToken(hash: number): void {
    if (this.tokens < this.tokenHashes.length) this.tokenHashes[this.tokens++] = hash;
  }

  /** A long run as tokens of equal length: what a loop repeats must hash alike each time. */
  private addChunks(start: number, end: number): void {
    for (let from = start; from < end; from += TOKEN_CHARACTERS_MAX) {
      const to = Math.min(end, from + TOKEN_CHARACTERS_MAX);
      let hash = HASH_START;
      for (let index = from; index < to; index++) hash = hashStep(hash, this.codes[index] as number);
      this.addToken(hash);
    }
  }

  private kindAt(index: number): number {
    return index < this.length ? (KINDS[this.codes[index] as number] as number) : Kind.Space;
  }
}

function isLowerCase(code: number): boolean {
  return (KINDS[code] as number) >= Kind.Letter && (LOWER[code] as number) === code && !isCaseless(code);
}

/** Digits and letters without a case equal their lower case and say nothing. */
function isCaseless(code: number): boolean {
  const kind = KINDS[code] as number;
  return kind === Kind.Digit || kind >= Kind.Ideograph || code === 0x5f;
}

function surrogatePairs(text: string, from: number): number {
  let pairs = 0;
  for (let index = from; index + 1 < text.length; index++) {
    const isPair = (text.charCodeAt(index) & 0xfc_00) === 0xd8_00 && (text.charCodeAt(index + 1) & 0xfc_00) === 0xdc_00;
    if (isPair) pairs++;
  }
  return pairs;
}
