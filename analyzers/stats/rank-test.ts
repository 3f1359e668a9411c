import type { Histogram } from '../../core/summary.ts';
import { logChoose } from './log-choose.ts';
import { normalLogSf } from './normal.ts';

export interface RankTest {
  /** log of the one-sided p-value towards what was seen; twice it, at most 1, is the two-sided one. */
  readonly logTail: number;
  /** Whether the current sample's scores are above (1) or below (−1) what chance gives, 0 for equal. */
  readonly sign: -1 | 0 | 1;
}

/** A distinct pooled value: its score, how many rows have it, and how many of those are current. */
interface Cell {
  readonly score: number;
  readonly rows: number;
  readonly current: number;
}

/** Standard deviations below which the normal law serves: nobody acts on such a p-value, and it costs nothing. */
const NORMAL_MAX = 2;

/**
 * Rank test of two histograms given the pooled values: `location` is Mann–Whitney's test (mid-ranks), `spread`
 * the Ansari–Bradley kind (distance of the mid-rank from the middle). The tail of the permutation law comes from
 * a double saddlepoint with lattice correction: good to a few per cent at a p-value of 1e-2 or of 1e-30, with any
 * ties, where the normal approximation is off by powers of ten. O(distinct values).
 *
 * @param baseline ascending, not empty
 * @param current ascending, not empty
 * @see Skovgaard (1987), Booth & Butler (1990); oracle: exact law in test/golden/stats.py
 */
export function rankTest(baseline: Histogram, current: Histogram, kind: 'location' | 'spread'): RankTest {
  const pooled = scored(pool(baseline, current), kind);
  const { mean, scale, observed, deviations } = momentsOf(pooled);
  if (scale === 0 || observed === 0) return { logTail: 0, sign: 0 };
  const sign = observed > 0 ? 1 : -1;
  if (deviations < NORMAL_MAX) return { logTail: normalLogSf(deviations), sign };
  const merged = mergedByScore(pooled);
  const step = latticeStep(merged) / scale;
  // Half a step towards the mean makes a tail of a lattice one of a density.
  const distance = Math.abs(observed) / scale - step / 2;
  if (distance <= 0) return { logTail: 0, sign: 0 };
  const standard = merged.map((cell) => ({ ...cell, score: (sign * (cell.score - mean)) / scale }));
  const upward = sign > 0 ? standard : standard.toReversed();
  const logTail = mostExtremeLogP(upward) ?? saddlepointLogSf(upward, { distance, step });
  return { logTail: Math.min(0, logTail), sign };
}

function pool(baseline: Histogram, current: Histogram): Omit<Cell, 'score'>[] {
  const cells: Omit<Cell, 'score'>[] = [];
  let [i, j] = [0, 0];
  while (i < baseline.length || j < current.length) {
    const bin = Math.min(baseline[i]?.[0] ?? Infinity, current[j]?.[0] ?? Infinity);
    const old = baseline[i]?.[0] === bin ? baseline[i++]![1] : 0;
    const now = current[j]?.[0] === bin ? current[j++]![1] : 0;
    cells.push({ rows: old + now, current: now });
  }
  return cells;
}

/** Twice the mid-rank from the middle, or the size of that: integers. */
function scored(cells: readonly Omit<Cell, 'score'>[], kind: 'location' | 'spread'): Cell[] {
  const total = cells.reduce((sum, { rows }) => sum + rows, 0);
  let before = 0;
  return cells.map(({ rows, current }) => {
    const doubled = 2 * before + rows - total;
    before += rows;
    return { score: kind === 'location' ? doubled : Math.abs(doubled), rows, current };
  });
}

/** Of one row's score, and of the sum over the current rows: what it is above chance, in itself and in deviations. */
function momentsOf(cells: readonly Cell[]) {
  let [total, drawn, sum, drawnSum] = [0, 0, 0, 0];
  for (const { score, rows, current } of cells) {
    total += rows;
    drawn += current;
    sum += rows * score;
    drawnSum += current * score;
  }
  const mean = sum / total;
  let squares = 0;
  for (const { score, rows } of cells) squares += rows * (score - mean) ** 2;
  const scale = Math.sqrt(squares / total);
  const observed = drawnSum - drawn * mean;
  const deviation = scale * Math.sqrt((drawn * (total - drawn)) / (total - 1));
  return { mean, scale, observed, deviations: Math.abs(observed) / deviation };
}

/** Ascending, equal scores made one cell. */
function mergedByScore(cells: readonly Cell[]): Cell[] {
  const byScore = new Map<number, Cell>();
  for (const cell of cells) {
    const same = byScore.get(cell.score);
    const rows = cell.rows + (same?.rows ?? 0);
    byScore.set(cell.score, { score: cell.score, rows, current: cell.current + (same?.current ?? 0) });
  }
  return [...byScore.values()].sort((a, b) => a.score - b.score);
}

/**
 * Where one value has half of the rows or more (many zeros), sums cluster by how many rows have another one, and
 * the gap to the nearest score is the step that counts. It errs to the careful side.
 */
function latticeStep(cells: readonly Cell[]): number {
  const total = cells.reduce((sum, { rows }) => sum + rows, 0);
  const at = cells.findIndex(({ rows }) => 2 * rows >= total);
  const main = cells[at];
  if (main) {
    const gaps = [cells[at - 1], cells[at + 1]].flatMap((cell) =>
      cell ? [Math.abs(cell.score - main.score)] : [],
    );
    return Math.min(...gaps);
  }
  const origin = cells[0]!.score;
  return cells.reduce((common, { score }) => greatestCommonDivisor(common, score - origin), 0);
}

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/** When the current rows are the highest possible, the saddlepoint is at infinity and counting is exact. */
function mostExtremeLogP(cells: readonly Cell[]): number | null {
  const total = cells.reduce((sum, { rows }) => sum + rows, 0);
  const drawn = cells.reduce((sum, { current }) => sum + current, 0);
  let left = drawn;
  for (const { rows, current } of cells.toReversed()) {
    if (current !== Math.min(rows, left)) return null;
    if (rows >= left) return logChoose(rows, left) - logChoose(total, drawn);
    left -= rows;
  }
  return 0;
}

interface Saddlepoint {
  /** Tilts of the number of current rows and of their score sum. */
  readonly s: number;
  readonly t: number;
  /** The convex function K(s, t) − s n − t x at (s, t), and its Hessian. */
  readonly value: number;
  readonly ss: number;
  readonly st: number;
  readonly tt: number;
}

/**
 * log P(score sum ≥ x) when n of the rows are drawn without replacement: Bernoulli rows given their number.
 *
 * @param at distance: x less half a lattice step, above the mean 0
 */
function saddlepointLogSf(cells: readonly Cell[], at: { distance: number; step: number }): number {
  const total = cells.reduce((sum, { rows }) => sum + rows, 0);
  const drawn = cells.reduce((sum, { current }) => sum + current, 0);
  const { t, value, ss, st, tt } = solve(cells, { share: drawn / total, drawn, distance: at.distance });
  const centre = (drawn * (total - drawn)) / total;
  const w = Math.sqrt(Math.max(0, -2 * value));
  const lattice = (2 * Math.sinh((t * at.step) / 2)) / at.step;
  const u = lattice * Math.sqrt(Math.max(0, ss * tt - st * st) / centre);
  // Close to the mean both are near 0 and their ratio is noise; the p-value is near 1 and only its size matters.
  if (!(w > 1e-3 && u > 0 && Number.isFinite(u))) return normalLogSf(w);
  return normalLogSf(w + Math.log(u / w) / w);
}

/** Damped Newton on the convex function; from 0, where the gradient in s vanishes. */
function solve(cells: readonly Cell[], at: { share: number; drawn: number; distance: number }): Saddlepoint {
  let here = evaluate(cells, { ...at, s: 0, t: 0 });
  for (let iteration = 0; iteration < 100; iteration++) {
    const determinant = here.ss * here.tt - here.st * here.st;
    if (!(determinant > 0)) break;
    const ds = (here.st * here.gradientT - here.tt * here.gradientS) / determinant;
    const dt = (here.st * here.gradientS - here.ss * here.gradientT) / determinant;
    const slope = ds * here.gradientS + dt * here.gradientT;
    if (slope > -1e-13) break;
    let size = 1;
    let next = evaluate(cells, { ...at, s: here.s + ds, t: here.t + dt });
    while (next.value > here.value + 1e-4 * size * slope && size > 1e-6) {
      size /= 2;
      next = evaluate(cells, { ...at, s: here.s + size * ds, t: here.t + size * dt });
    }
    here = next;
  }
  return here;
}

function evaluate(
  cells: readonly Cell[],
  at: { share: number; drawn: number; distance: number; s: number; t: number },
): Saddlepoint & { gradientS: number; gradientT: number } {
  const { share, drawn, distance, s, t } = at;
  const offset = Math.log(share / (1 - share));
  let [value, gradientS, gradientT] = [-s * drawn - t * distance, -drawn, -distance];
  let [ss, st, tt] = [0, 0, 0];
  for (const { score, rows } of cells) {
    const tilt = s + t * score + offset;
    const chance = 1 / (1 + Math.exp(-tilt));
    const softplus = tilt > 0 ? tilt + Math.log1p(Math.exp(-tilt)) : Math.log1p(Math.exp(tilt));
    value += rows * (Math.log1p(-share) + softplus);
    gradientS += rows * chance;
    gradientT += rows * chance * score;
    const variance = rows * chance * (1 - chance);
    ss += variance;
    st += variance * score;
    tt += variance * score * score;
  }
  return { s, t, value, gradientS, gradientT, ss, st, tt };
}
