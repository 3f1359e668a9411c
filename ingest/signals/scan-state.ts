import { LANGUAGES } from './lexicon.ts';
import { SCANNED_CHARACTERS_MAX, type TextScan } from './text-scan.ts';

/** Tokens kept for repetition and loops; the rest of the text is not looked at for them. */
const TOKENS_MAX = 1 << 16;
/** Before any word, and farther from it than any window of words. */
const NEVER = -1000;

/** The buffers and counters of one pass; the files beside it fill them. */
export class ScanState implements TextScan {
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
  bytes: Buffer = Buffer.from(this.codes.buffer);
  tokenHashes: Int32Array = new Int32Array(1 << 12);
  tokenStarts: Int32Array = new Int32Array(1 << 12);
  tokenEnd = 0;
  /** Words since the last end of a sentence. */
  sentenceWords = 0;
  lastWordIsShort = false;
  negatedUntil = 0;
  isInsultOpen = false;
  firstPersonAt = 0;
  pluralPersonAt = 0;
  denialAt = 0;
  pairs = 0;

  /** Everything as for a new text, whose code units are copied in. Buffers grow to the longest text seen, within the bound. */
  reset(text: string): void {
    const length = Math.min(text.length, SCANNED_CHARACTERS_MAX);
    this.makeRoom(length);
    this.bytes.write(text, 0, 2 * length, 'utf16le');
    this.length = length;
    this.words = this.sentences = this.proseWords = this.proseSentences = this.syllables = 0;
    this.hedges = this.tone = this.toneWeight = this.fenceMarks = 0;
    this.latin = this.cyrillic = this.ideographs = this.kana = this.hangul = this.tokens = this.pairs = 0;
    this.isToxic = this.hasVisible = this.lastWordIsShort = this.isInsultOpen = false;
    this.sentenceWords = this.negatedUntil = this.refusalHints = this.tokenEnd = 0;
    this.firstPersonAt = this.pluralPersonAt = this.denialAt = NEVER;
    this.functionWords.fill(0);
  }

  private makeRoom(length: number): void {
    if (this.codes.length >= length) return;
    const size = 1 << (32 - Math.clz32(length - 1));
    this.codes = new Uint16Array(size);
    this.bytes = Buffer.from(this.codes.buffer);
    this.tokenHashes = new Int32Array(Math.min(size, TOKENS_MAX));
    this.tokenStarts = new Int32Array(Math.min(size, TOKENS_MAX));
  }
}
