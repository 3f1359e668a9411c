import type { ExamplePairIds } from '../../core/cause.ts';

/** An inference that may stand for its side. */
export interface Candidate {
  readonly id: string;
  readonly isAfter: boolean;
  /** In [0, 1]: what the change is measured by. */
  readonly score: number;
  /** Equal for equal prompts. */
  readonly prompt: string;
  /** Null where the prompt has no vector. */
  readonly vector: Float32Array | null;
}

const PAIRS_MAX = 4;
/** Those that moved most are compared with all before: the rest would only be slower. */
const AFTER_MAX = 50;
/** Prompts that are less alike than this say nothing of each other: two answers to different questions. */
const LIKENESS_MIN = 0.6;

/**
 * Inferences from before and after that are alike and whose scores are far apart in the direction of the change: the same prompt where there is
 * one, else the nearest prompt by embedding. The farthest apart first; each inference in one pair. O(50 · candidates).
 */
export function examplePairs(candidates: readonly Candidate[], direction: 1 | -1): ExamplePairIds[] {
  const before = candidates.filter(({ isAfter }) => !isAfter);
  const after = candidates
    .filter(({ isAfter }) => isAfter)
    .toSorted((a, b) => direction * (b.score - a.score))
    .slice(0, AFTER_MAX);
  const samePrompt = new Map<string, Candidate>();
  for (const one of before) {
    const known = samePrompt.get(one.prompt);
    if (one.prompt !== '' && (!known || direction * (known.score - one.score) > 0))
      samePrompt.set(one.prompt, one);
  }
  const pairs = after.flatMap((one) => {
    const same = samePrompt.get(one.prompt);
    const pair = same ? { ...pairOf(same, one), likeness: 1 } : nearest(one, before, direction);
    return pair && pair.moved * direction > 0 ? [pair] : [];
  });
  const isUsed = new Set<string>();
  return pairs
    .sort((a, b) => direction * (b.moved - a.moved) || b.likeness - a.likeness)
    .filter(({ before: id }) => !isUsed.has(id) && isUsed.add(id))
    .slice(0, PAIRS_MAX)
    .map(({ moved: _, ...pair }) => pair);
}

type Pair = ExamplePairIds & { readonly moved: number };

function pairOf(before: Candidate, after: Candidate): Pair {
  return {
    before: before.id,
    after: after.id,
    by: before.prompt === after.prompt && after.prompt !== '' ? 'prompt' : 'embedding',
    likeness: 1,
    moved: after.score - before.score,
  };
}

/** The pair in which likeness and distance of the scores are large together; null if no prompt is alike. */
function nearest(after: Candidate, before: readonly Candidate[], direction: 1 | -1): Pair | null {
  let best: Pair | null = null;
  let bestWorth = 0;
  for (const one of before) {
    const moved = direction * (after.score - one.score);
    if (!after.vector || !one.vector || moved <= 0) continue;
    const likeness = cosine(after.vector, one.vector);
    const worth = likeness < LIKENESS_MIN ? 0 : moved * likeness * likeness;
    if (worth <= bestWorth) continue;
    bestWorth = worth;
    best = { ...pairOf(one, after), by: 'embedding', likeness };
  }
  return best;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return lengthA === 0 || lengthB === 0 ? 0 : dot / Math.sqrt(lengthA * lengthB);
}
