import { dotProduct } from './dot-product.ts';
import { piecesOf, sentencesOf, spread } from './pieces.ts';

/** Shorter sentences ("Sure!", a heading) claim nothing that could stand in a passage. */
const CLAIM_UNITS_MIN = 20;
const CLAIMS_MAX = 8;
/** Long enough for what a sentence refers to, short enough that a sentence shows in the vector. */
const PIECE_UNITS = 200;
const PIECES_MAX = 24;
/** Pieces that are looked through for the nearest by words; a longer context is not measured. */
const PIECES_READ_MAX = 8_192;
const WORDS = /[\p{L}\p{N}]{3,}/gu;

/** What of one inference is embedded to see how far its response stands on its context. */
export interface GroundTexts {
  /** Sentences of the response, at most 8, spread evenly. */
  readonly claims: readonly string[];
  /** Pieces of the context, at most 24: those with most words of the claims. */
  readonly pieces: readonly string[];
}

/** The texts to embed; null where there is no context, nothing claimed, or more context than can be looked through. */
export function groundTexts(response: string, context: readonly string[]): GroundTexts | null {
  const claims = spread(
    sentencesOf(response).filter((sentence) => sentence.length >= CLAIM_UNITS_MIN),
    CLAIMS_MAX,
  );
  if (claims.length === 0 || context.length === 0) return null;
  const pieces: string[] = [];
  for (const passage of context) {
    // Not push(...): a passage may have more pieces than a call may have arguments.
    for (const piece of piecesOf(passage, PIECE_UNITS)) pieces.push(piece);
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

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(WORDS));
}
