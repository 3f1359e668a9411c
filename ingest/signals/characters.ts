/** What a UTF-16 code unit is to the scan. Everything from `Letter` up can be part of a word. */
export const Kind = {
  Other: 0,
  Space: 1,
  LineFeed: 2,
  /** Ends a sentence when a space follows: . ! ? … */
  Stop: 3,
  /** Ends a sentence by itself: 。！？ */
  WideStop: 4,
  Apostrophe: 5,
  /** Half of a surrogate pair: emoji and rare scripts. */
  Surrogate: 6,
  /** Control and zero-width characters: not visible, not a space. */
  Invisible: 7,
  Letter: 8,
  Vowel: 9,
  Digit: 10,
  Cyrillic: 11,
  /** Han or kana: no spaces between words, so each counts as one. */
  Ideograph: 12,
  Kana: 13,
  Hangul: 14,
} as const;

/** `Kind` of every UTF-16 code unit. */
export const KINDS: Uint8Array = new Uint8Array(65_536);

/** Lower case of every UTF-16 code unit that has one of one unit, with ’ folded to '. */
export const LOWER: Uint16Array = new Uint16Array(65_536);

const RULES: readonly (readonly [RegExp, number])[] = [
  [/[\p{L}\p{M}_]/u, Kind.Letter],
  [/\p{Nd}/u, Kind.Digit],
  [/[\p{Cc}\p{Cf}]/u, Kind.Invisible],
  [/\s/u, Kind.Space],
];

const RANGES: readonly (readonly [from: number, to: number, kind: number])[] = [
  [0x04_00, 0x05_2f, Kind.Cyrillic],
  [0x30_05, 0x30_07, Kind.Ideograph],
  [0x30_41, 0x30_ff, Kind.Kana],
  [0x34_00, 0x4d_bf, Kind.Ideograph],
  [0x4e_00, 0x9f_ff, Kind.Ideograph],
  [0xf9_00, 0xfa_ff, Kind.Ideograph],
  [0xac_00, 0xd7_a3, Kind.Hangul],
  [0xd8_00, 0xdf_ff, Kind.Surrogate],
];

const SINGLE: readonly (readonly [characters: string, kind: number])[] = [
  ['aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿœ', Kind.Vowel],
  ['.!?…', Kind.Stop],
  ['。！？', Kind.WideStop],
  ["'’", Kind.Apostrophe],
  ['\n', Kind.LineFeed],
];

/**
 * All of it in one load, for the hot loop: `Kind` in bits 0-3, the lower case in bits 4-19, then one bit for a vowel
 * and one for a part of a word. Bits, since a branch per character would be guessed wrong too often.
 */
export const TRAITS_OF_CODE: Uint32Array = new Uint32Array(65_536);
export const LOWER_SHIFT = 4;
export const VOWEL_SHIFT = 20;
export const PART_OF_WORD = 1 << 21;

fill();

function fill(): void {
  for (let code = 0; code < 65_536; code++) {
    const character = String.fromCharCode(code);
    const lower = character.toLowerCase();
    LOWER[code] = lower.length === 1 ? lower.charCodeAt(0) : code;
    KINDS[code] = RULES.find(([pattern]) => pattern.test(character))?.[1] ?? Kind.Other;
  }
  LOWER[0x20_19] = 0x27;
  for (const [from, to, kind] of RANGES) KINDS.fill(kind, from, to + 1);
  for (const [characters, kind] of SINGLE) {
    for (const character of characters + characters.toUpperCase()) KINDS[character.charCodeAt(0)] = kind;
  }
  for (let code = 0; code < 65_536; code++) {
    const kind = KINDS[code] as number;
    const isPart = kind >= Kind.Letter && kind < Kind.Ideograph;
    TRAITS_OF_CODE[code] =
      kind |
      ((LOWER[code] as number) << LOWER_SHIFT) |
      (kind === Kind.Vowel ? 1 << VOWEL_SHIFT : 0) |
      (isPart ? PART_OF_WORD : 0);
  }
}
