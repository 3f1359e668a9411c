/** A chunk ends at the first safe place after this many units: 256 tokens of English are about 1,200. */
const CHUNK_UNITS = 1_024;
/**
 * What is read of a run without a safe place. WordPiece makes one [UNK] of a word above 100 characters, so a longer
 * word (base64) has the same token when cut here.
 */
const RUN_UNITS_MAX = 1_024;
/** Of the runs of one text together: 254 words of the longest length. Bounds what text without any token costs. */
const TEXT_UNITS_MAX = 262_144;

/**
 * Cuts a text into chunks whose tokens, one after the other, are the tokens that BERT's WordPiece gives the whole text.
 *
 * Why that holds. BERT's steps (drop control characters, space out CJK, lower case, drop accents, split at white space
 * and punctuation, look words up) see no further than a word, but for three: an added token such as `[SEP]` is found in
 * the raw text; a combining mark belongs to the character before it; and the lower case of a Greek sigma depends on
 * letters before and after it, across apostrophes, full stops and marks. So a cut is safe *before* a character that is
 * never inside an added token, no combining mark, and neither a letter nor what sigma looks across: white space, CJK
 * and most ASCII punctuation (`isSafe`). Such a character begins a word of its own or ends one.
 *
 * White space counts as one space however long, so it is collapsed. Not exact in one case: a run of more than
 * 1,024 units without a safe character is read to that length, so what follows *in that run* is lost if the run is not
 * a single word (words joined by full stops only, or a thousand invisible characters in a row). A text of
 * no tokens is given up after 262,144 units that are not white space. Both depend on the text alone: one text, one vector.
 *
 * O(length) for a look at each unit; the caller stops when it has enough tokens.
 *
 * @param chunkUnits smaller in tests only
 */
export function* textChunks(text: string, chunkUnits = CHUNK_UNITS): Generator<string> {
  let [chunk, readUnits, position] = ['', 0, 0];
  while (position < text.length && readUnits < TEXT_UNITS_MAX) {
    const end = isSpace(text.charCodeAt(position)) ? endOfSpace(text, position) : endOfRun(text, position);
    if (chunk.length >= chunkUnits && isSafe(text.charCodeAt(position))) {
      yield chunk;
      chunk = '';
    }
    const piece = isSpace(text.charCodeAt(position)) ? ' ' : headOfRun(text, position, end);
    chunk += piece;
    readUnits += piece === ' ' ? 0 : piece.length;
    position = end;
  }
  if (chunk !== '') yield chunk;
}

function endOfSpace(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && isSpace(text.charCodeAt(end))) end++;
  return end;
}

/** End of the run that begins here: the next safe character after the first. */
function endOfRun(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && !isSafe(text.charCodeAt(end))) end++;
  return end;
}

function headOfRun(text: string, start: number, end: number): string {
  if (end - start <= RUN_UNITS_MAX) return text.slice(start, end);
  const last = text.charCodeAt(start + RUN_UNITS_MAX - 1);
  const isSplitPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(start, start + RUN_UNITS_MAX - (isSplitPair ? 1 : 0));
}

/** White space that BERT turns into a space; other control characters it drops. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x09 || unit === 0x0d || unit === 0xa0 || unit === 0x3000;
}

/** Not `] _` (inside added tokens), not `. : ' ^` and the grave accent (sigma looks across them). */
const SAFE_PUNCTUATION = new Set(
  [...'!"#$%&()*+,-/;<=>?@[\\{|}~'].map((character) => character.charCodeAt(0)),
);

/** True of a character before which a text may be cut: see `textChunks`. */
function isSafe(unit: number): boolean {
  return isSpace(unit) || SAFE_PUNCTUATION.has(unit) || (unit >= 0x4e00 && unit <= 0x9fff);
}
