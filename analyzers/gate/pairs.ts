import type { GateSide } from './side.ts';

/** Rows of both sides that belong together: answers to one prompt, say. */
export interface Pair {
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  /** Pairs of one cluster are not independent. */
  readonly cluster: string;
}

/** A comparison is made of pairs if they hold this share of the smaller side, else of the two sides as they are. */
const SHARE_MIN = 0.5;
/** Fewer pairs are an accident of a few common prompts. */
const PAIRS_MIN = 20;

/** The pairs of two sides; empty where too few rows have a counterpart to speak for the rest. */
export function pairsOf(baseline: GateSide, candidate: GateSide): Pair[] {
  const [old, now] = [rowsByKey(baseline), rowsByKey(candidate)];
  const clusterOf = clustering(baseline, candidate);
  const pairs: Pair[] = [];
  let [before, after] = [0, 0];
  for (const [key, rows] of old) {
    const others = now.get(key);
    if (!others) continue;
    pairs.push({ baseline: rows, candidate: others, cluster: clusterOf(rows[0] ?? 0, others[0] ?? 0) });
    before += rows.length;
    after += others.length;
  }
  const isEnough = before >= SHARE_MIN * baseline.rows || after >= SHARE_MIN * candidate.rows;
  return pairs.length >= PAIRS_MIN && isEnough ? pairs : [];
}

function rowsByKey(side: GateSide): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  side.pairs.forEach((key, index) => {
    if (key === null) return;
    const same = rows.get(key);
    if (same) same.push(index);
    else rows.set(key, [index]);
  });
  return rows;
}

/** Sessions of the side that has fewer of them: the other one's are no larger. */
function clustering(baseline: GateSide, candidate: GateSide): (old: number, now: number) => string {
  const isOld =
    new Set(baseline.units).size / baseline.rows <= new Set(candidate.units).size / candidate.rows;
  return (old, now) => (isOld ? baseline.units[old] : candidate.units[now]) ?? '';
}
