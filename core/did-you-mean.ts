/** Longer names are not compared: none of ours is. */
const NAME_MAX = 40;

/**
 * The known name that was probably meant: the same letters in another spelling (latencyMs), one that it starts with
 * or that starts with it (latency), or few edits away. Null if none is near.
 */
export function didYouMean(name: string, known: readonly string[]): string | null {
  if (name.length === 0 || name.length > NAME_MAX) return null;
  const plain = lettersOf(name);
  const same = known.find((candidate) => lettersOf(candidate) === plain);
  if (same !== undefined) return same;
  const byEdits = known
    .map((candidate) => ({ candidate, edits: editDistance(plain, lettersOf(candidate)) }))
    .sort((a, b) => a.edits - b.edits)[0];
  if (byEdits && byEdits.edits <= editsMax(plain)) return byEdits.candidate;
  const prefixed = known.filter((candidate) => plain.length >= 4 && isPrefix(plain, lettersOf(candidate)));
  return prefixed[0] ?? null;
}

const lettersOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const isPrefix = (a: string, b: string): boolean => b !== '' && (a.startsWith(b) || b.startsWith(a));
const editsMax = (name: string): number => (name.length <= 4 ? 1 : 2);

/** Insertions, deletions and replacements between two texts (Levenshtein). O(length × length). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
