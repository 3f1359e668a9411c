import { dotProduct } from './dot-product.ts';
import { piecesOf, sentencesOf, spread, widthOf } from './pieces.ts';

/** Shorter sentences ("Sure!", a heading) claim nothing that could stand in a passage, as long as longer ones do. */
const CLAIM_WIDTH_MIN = 20;
/** "It opens at 9." is an answer if it is all that is said; "Yes." says nothing by itself. */
const LONE_CLAIM_WIDTH_MIN = 10;
const CLAIMS_MAX = 8;
/** Long enough for what a sentence refers to, short enough that a sentence shows in the vector. */
const PIECE_WIDTH = 200;
const PIECES_MAX = 24;
/** Pieces that are looked through for the nearest by words; a longer context is not measured. */
const PIECES_READ_MAX = 8_192;
const WORDS = /[\p{L}\p{M}\p{N}]{2,}/gu;
const WORD_UNITS_MIN = 3;
/** Where there are no spaces between words, pairs of characters stand for them. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** What of one inference is embedded to see how far its response stands on its context. */
export interface GroundTexts {
  /** Sentences of the response, at most 8, spread evenly. */
  readonly claims: readonly string[];
  /** Pieces of the context, at most 24: those with most words of the claims. */
  readonly pieces: readonly string[];
}

/** The texts to embed; null where there is no context, nothing claimed, or more context than can be looked through. */
export function groundTexts(response: string, context: readonly string[]): GroundTexts | null {
  const claims = spread(claimsOf(response), CLAIMS_MAX);
  if (claims.length === 0 || context.length === 0) return null;
  const pieces: string[] = [];
  for (const passage of context) {
    // Not push(...): a passage may have more pieces than a call may have arguments.
    for (const piece of piecesOf(passage, PIECE_WIDTH)) pieces.push(piece);
    if (pieces.length > PIECES_READ_MAX) return null;
  }
  const unique = [...new Set(pieces)];
  return unique.length === 0 ? null : { claims, pieces: nearestByWords(claims, unique) };
}

/**
 * How far a response stands on its context: the lower quartile, over its sentences, of the cosine with the nearest piece of
 * the context, in [-1, 1]. The lower quartile, since an answer is as good as its weaker sentences: of 80 answers whose
 * second half was taken from another answer it tells .95 apart from whole ones, the mean .85 (docs/misuse.md).
 *
 * @param claims,pieces vectors of length 1, at least one each
 */
export function groundedness(claims: readonly Float32Array[], pieces: readonly Float32Array[]): number {
  const nearest = claims.map((claim) =>
    pieces.reduce((best, piece) => Math.max(best, dotProduct(claim, piece)), -1),
  );
  nearest.sort((a, b) => a - b);
  return Math.min(1, nearest[Math.floor((nearest.length - 1) / 4)] ?? -1);
}

/** The pieces with most of each claim's words, an equal number of them for each claim, in the order of the context. */
function nearestByWords(claims: readonly string[], pieces: readonly string[]): readonly string[] {
  if (pieces.length <= PIECES_MAX) return pieces;
  const wordsOfPieces = pieces.map((piece) => wordsOf(piece));
  const chosen = new Set<number>();
  for (const claim of claims) {
    const words = [...wordsOf(claim)];
    const shared = wordsOfPieces.map((own, index) => ({
      index,
      count: words.reduce((sum, word) => sum + (own.has(word) ? 1 : 0), 0),
    }));
    shared.sort((a, b) => b.count - a.count || a.index - b.index);
    for (const { index } of shared.slice(0, Math.floor(PIECES_MAX / claims.length))) chosen.add(index);
  }
  return [...chosen].sort((a, b) => a - b).map((index) => pieces[index] ?? '');
}

function claimsOf(response: string): readonly string[] {
  const sentences = sentencesOf(response);
  const claims = sentences.filter((sentence) => widthOf(sentence) >= CLAIM_WIDTH_MIN);
  if (claims.length > 0) return claims;
  return sentences.filter((sentence) => widthOf(sentence) >= LONE_CLAIM_WIDTH_MIN);
}

function wordsOf(text: string): ReadonlySet<string> {
  const words = new Set<string>();
  for (const [run] of text.toLowerCase().matchAll(WORDS)) {
    if (UNSPACED.test(run)) for (let at = 0; at + 1 < run.length; at++) words.add(run.slice(at, at + 2));
    else if (run.length >= WORD_UNITS_MIN) words.add(run);
  }
  return words;
}
