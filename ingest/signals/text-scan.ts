/** Text behind this many UTF-16 code units is counted in the length and not read otherwise. */
export const SCANNED_CHARACTERS_MAX = 1 << 18;

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
  /** Where each of them starts in `codes`, and where the last one ends. */
  readonly tokenStarts: Int32Array;
  tokenEnd: number;
}
