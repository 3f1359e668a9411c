/** The end of a response that is looked at, in tokens: a loop fills it whatever came before. */
const TAIL_TOKENS_MAX = 4_096;
/** A list may say a thing three times; a loop does not stop. */
const REPEATS_MIN = 4;
/** A dotted line, a row of a table and "ha ha ha" are shorter. */
const LOOP_TOKENS_MIN = 40;

/**
 * A function that says whether a text ends in a loop: the same tokens (words and runs of signs) at least four times in a row
 * up to the very end, 40 tokens in all; the last round may be cut off. Looks at the last 4,096 tokens. Linear; the function
 * keeps a table.
 *
 * @see Knuth, Morris & Pratt 1977: the failure function of the reversed text gives the period of each of its ends
 */
export function createLooping(): (hashes: Int32Array, count: number) => boolean {
  const failure = new Int32Array(TAIL_TOKENS_MAX);
  return (hashes, count) => {
    const length = Math.min(count, TAIL_TOKENS_MAX);
    if (length < LOOP_TOKENS_MIN) return false;
    const at = (index: number): number => hashes[count - 1 - index] as number;
    let border = 0;
    for (let index = 1; index < length; index++) {
      while (border > 0 && at(index) !== at(border)) border = failure[border - 1] as number;
      if (at(index) === at(border)) border++;
      failure[index] = border;
      const read = index + 1;
      if (read >= LOOP_TOKENS_MIN && read >= REPEATS_MIN * (read - border)) return true;
    }
    return false;
  };
}
