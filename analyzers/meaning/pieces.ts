/** A text is read to this length: four times what the other signals read, since contexts are longer. */
const TEXT_UNITS_MAX = 1 << 20;
/** A sentence without an end is cut here. */
const SENTENCE_UNITS_MAX = 400;
/** Ends of sentences; a line feed is one too. */
const ENDS = /[.!?…](?=\s)|[。！？\n]/g;
const HAN = /\p{sc=Han}/gu;
const SYLLABLES = /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/gu;

/**
 * The sentences of a text, trimmed and none empty, in its order: cut behind ends of sentences and at line feeds, and where
 * one is longer than 400 UTF-16 units. Of a text above 1 Mi units the head. Linear.
 */
export function sentencesOf(text: string): string[] {
  const head = text.length > TEXT_UNITS_MAX ? text.slice(0, TEXT_UNITS_MAX) : text;
  const sentences: string[] = [];
  let start = 0;
  for (const { index } of head.matchAll(ENDS)) {
    addCut(sentences, head.slice(start, index + 1));
    start = index + 1;
  }
  addCut(sentences, head.slice(start));
  return sentences;
}

/** How much a text can say, in letters of English: a Chinese character says what four of them do, a kana or a Hangul syllable two. */
export function widthOf(text: string): number {
  return text.length + 3 * (text.match(HAN)?.length ?? 0) + (text.match(SYLLABLES)?.length ?? 0);
}

/**
 * A text in pieces of whole sentences: each piece takes sentences until it is `width` wide, so that a piece is at most a
 * sentence wider. Linear.
 */
export function piecesOf(text: string, width: number): string[] {
  const pieces: string[] = [];
  let piece: string[] = [];
  let wide = 0;
  for (const sentence of sentencesOf(text)) {
    piece.push(sentence);
    wide += widthOf(sentence) + 1;
    if (wide < width) continue;
    pieces.push(piece.join(' '));
    piece = [];
    wide = 0;
  }
  if (piece.length > 0) pieces.push(piece.join(' '));
  return pieces;
}

/** At most `max` of the items, in order, spread evenly from the first to the last. */
export function spread<Item>(items: readonly Item[], max: number): readonly Item[] {
  if (items.length <= max) return items;
  const step = (items.length - 1) / Math.max(1, max - 1);
  return Array.from({ length: max }, (_, index) => items[Math.round(index * step)] as Item);
}

function addCut(sentences: string[], text: string): void {
  const whole = text.trim();
  for (let start = 0; start < whole.length; ) {
    let end = Math.min(whole.length, start + SENTENCE_UNITS_MAX);
    const space = end < whole.length ? whole.lastIndexOf(' ', end) : -1;
    if (space > start) end = space;
    else if (end < whole.length && isHighSurrogate(whole, end - 1)) end--;
    const piece = whole.slice(start, end).trim();
    if (piece !== '') sentences.push(piece);
    start = end;
  }
}

function isHighSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xd8_00 && unit <= 0xdb_ff;
}
