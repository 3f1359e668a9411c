import { KINDS, Kind, LOWER } from './characters.ts';
import type { TextScan } from './text-scan.ts';

/** The end of a response that is looked at, in tokens: a loop fills it whatever came before. */
const TAIL_TOKENS_MAX = 4_096;
/** A list may say a thing three times; a loop does not stop. */
const REPEATS_MIN = 4;
/** A dotted line, a row of a table and "ha ha ha" are shorter. */
const LOOP_TOKENS_MIN = 40;
/** Signs without a word ("| | | |"): a table to be filled in has a hundred. */
const LOOP_SIGNS_MIN = 200;

/** What of a text is read. */
export type LoopText = Pick<
  TextScan,
  'codes' | 'length' | 'tokens' | 'tokenHashes' | 'tokenStarts' | 'tokenEnd'
>;

/**
 * A function that says whether a text ends in a loop: the same tokens (words and long runs of signs) at least four times in a
 * row up to the very end, 40 tokens in all; the last round may be cut off, inside a word too, as a limit of tokens does. Where
 * the text ends in signs alone (". . . ."), 200 of them. Looks at the last 4,096 tokens or signs. Linear; the function keeps
 * two tables.
 *
 * @see Knuth, Morris & Pratt 1977: the failure function of the reversed text gives the period of each of its ends
 */
export function createLooping(): (text: LoopText) => boolean {
  const signs = new Int32Array(TAIL_TOKENS_MAX);
  const failure = new Int32Array(TAIL_TOKENS_MAX);
  return (text) => {
    const signCount = trailingSigns(text, signs);
    if (signCount >= LOOP_SIGNS_MIN)
      return isLoop(
        { of: signs, count: signCount, countMin: LOOP_SIGNS_MIN, failure },
        (last, predicted) => signs[last] === signs[predicted],
      );
    const { tokenHashes: of, tokens: count } = text;
    return isLoop(
      { of, count, countMin: LOOP_TOKENS_MIN, failure },
      (last, predicted) => of[last] === of[predicted] || isCutOff(text, { last, predicted }),
    );
  };
}

interface Tail {
  readonly of: Int32Array;
  readonly count: number;
  /** A loop has so many in all. */
  readonly countMin: number;
  readonly failure: Int32Array;
}

/**
 * The last token may be cut off, so that the period is looked for in those before it, and has to predict it.
 *
 * @param fits whether the token at the first place can be what is predicted by the one at the second
 */
function isLoop(tail: Tail, fits: (last: number, predicted: number) => boolean): boolean {
  const { of, count, countMin, failure } = tail;
  const length = Math.min(count, TAIL_TOKENS_MAX) - 1;
  if (length + 1 < countMin) return false;
  const at = (index: number): number => of[count - 2 - index] as number;
  let border = 0;
  let refused = 0;
  for (let index = 1; index < length; index++) {
    while (border > 0 && at(index) !== at(border)) border = failure[border - 1] as number;
    if (at(index) === at(border)) border++;
    failure[index] = border;
    const read = index + 2;
    const period = index + 1 - border;
    if (read < countMin || read < REPEATS_MIN * period || period === refused) continue;
    if (fits(count - 1, count - 1 - period)) return true;
    // A longer period may still predict it, this one will not.
    refused = period;
  }
  return false;
}

/** Whether a token is the beginning of the one that is predicted: "abou" of "about". */
function isCutOff(
  { codes, tokenStarts, tokenEnd }: LoopText,
  { last, predicted }: { last: number; predicted: number },
): boolean {
  const start = tokenStarts[last] as number;
  if ((KINDS[codes[start] as number] as number) < Kind.Letter) return false;
  const back = start - (tokenStarts[predicted] as number);
  for (let index = start; index < tokenEnd; index++)
    if (LOWER[codes[index] as number] !== LOWER[codes[index - back] as number]) return false;
  return true;
}

/** Signs behind the last token, spaces left out; returns how many there are, at most as many as fit. */
function trailingSigns({ codes, length, tokenEnd }: LoopText, signs: Int32Array): number {
  if (length - tokenEnd < LOOP_SIGNS_MIN) return 0;
  let count = 0;
  for (let index = Math.max(tokenEnd, length - signs.length); index < length; index++) {
    const code = codes[index] as number;
    if (KINDS[code] !== Kind.Space) signs[count++] = code;
  }
  return count;
}
