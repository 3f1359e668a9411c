import { seededRandom } from '../../core/seeded-random.ts';
import { type Forecast, quantileOf } from './quantile.ts';

/** One minute of what a model on one kind of accelerator did. */
export interface CapacityPoint {
  readonly at: Date;
  /** Calls under way on average: time of all calls over the minute (Little's law). */
  readonly concurrency: number;
  /** Output tokens a second. */
  readonly throughput: number;
}

export interface Saturation {
  /** Calls under way at which a token takes twice as long as it does alone. */
  readonly kneeConcurrency: Forecast;
  /** Output tokens a second there. */
  readonly kneeThroughput: Forecast;
  /** Most calls under way in any minute seen: a knee beyond it is an extrapolation. */
  readonly concurrencyMost: number;
  readonly throughputMost: number;
  /** How much longer a token took at the most calls under way than alone, as fitted. */
  readonly slowdownSeen: number;
  readonly minutes: number;
}

/** Fewer minutes say nothing of how one load compares with another. */
export const MINUTES_MIN = 120;
/** Below this nothing slowed down: where it would, nobody knows from here. */
const SLOWDOWN_MIN = 1.25;
const KNEE_SLOWDOWN = 2;
const RESAMPLES = 200;
const BLOCK_MINUTES = 60;
const SEED = 4_711;
const BINS = 24;

/** What contention (σ) and coherence (κ) do to a server that alone makes λ tokens a second. */
interface Law {
  readonly alone: number;
  readonly contention: number;
  readonly coherence: number;
}

/**
 * Where a server saturates, from its own minutes: the Universal Scalability Law X(N) = λN / (1 + σ(N−1) + κN(N−1)),
 * whose denominator is how much longer a token takes at N calls than alone. The interval resamples hours.
 *
 * @returns null with fewer than `MINUTES_MIN` busy minutes, or if nothing has slowed down yet
 * @see Gunther, "A General Theory of Computational Scalability" (2008)
 */
export function saturation(points: readonly CapacityPoint[]): Saturation | null {
  const busy = points.filter(({ concurrency, throughput }) => concurrency > 0 && throughput > 0);
  if (busy.length < MINUTES_MIN) return null;
  const law = lawOf(busy);
  if (!law) return null;
  const concurrencyMost = Math.max(...busy.map(({ concurrency }) => concurrency));
  const slowdownSeen = slowdown(law, Math.max(1, concurrencyMost));
  if (slowdownSeen < SLOWDOWN_MIN) return null;
  const knee = kneeOf(law);
  const resampled = resample(busy);
  return {
    kneeConcurrency: intervalOf(
      knee,
      resampled.map((one) => kneeOf(one)),
    ),
    kneeThroughput: intervalOf(
      throughputAt(law, knee),
      resampled.map((one) => throughputAt(one, kneeOf(one))),
    ),
    concurrencyMost,
    throughputMost: Math.max(...busy.map(({ throughput }) => throughput)),
    slowdownSeen,
    minutes: busy.length,
  };
}

const slowdown = ({ contention, coherence }: Law, calls: number): number =>
  1 + contention * (calls - 1) + coherence * calls * (calls - 1);

const throughputAt = (law: Law, calls: number): number => (law.alone * calls) / slowdown(law, calls);

/** Positive root of κN² + (σ − κ)N − (σ + 1) = 0, which is a slowdown of 2; infinite without any slowdown. */
function kneeOf({ contention, coherence }: Law): number {
  const extra = KNEE_SLOWDOWN - 1;
  if (coherence === 0) return contention === 0 ? Number.POSITIVE_INFINITY : 1 + extra / contention;
  const linear = contention - coherence;
  return (-linear + Math.sqrt(linear ** 2 + 4 * coherence * (contention + extra))) / (2 * coherence);
}

/**
 * Least squares of N/X = a + b(N−1) + cN(N−1), in which the law is linear, with b and c not negative: on the medians of
 * bins of equally many minutes, so that neither idle minutes nor one strange one decide.
 */
function lawOf(points: readonly CapacityPoint[]): Law | null {
  const rows = binned(points);
  let best: { law: Law; error: number } | null = null;
  for (const used of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    const [a, b, c] = leastSquares(rows, used);
    if (!(a > 0) || b < 0 || c < 0) continue;
    const error = rows.reduce((sum, { x1, x2, y }) => sum + ((y - a - b * x1 - c * x2) / y) ** 2, 0);
    if (!best || error < best.error)
      best = { law: { alone: 1 / a, contention: b / a, coherence: c / a }, error };
  }
  return best?.law ?? null;
}

interface Row {
  readonly x1: number;
  readonly x2: number;
  readonly y: number;
}

function binned(points: readonly CapacityPoint[]): Row[] {
  const ordered = points.toSorted((a, b) => a.concurrency - b.concurrency);
  const size = ordered.length / BINS;
  return Array.from({ length: BINS }, (_, bin) => {
    const part = ordered.slice(Math.floor(bin * size), Math.floor((bin + 1) * size));
    // A share of one call is one call for part of the minute.
    const calls = Math.max(1, median(part.map(({ concurrency }) => concurrency)));
    const cost = median(part.map(({ concurrency, throughput }) => Math.max(concurrency, 1e-9) / throughput));
    return { x1: calls - 1, x2: calls * (calls - 1), y: cost };
  });
}

/** Weighted by 1/y², so that what counts is the relative error; unused coefficients are 0. */
function leastSquares(
  rows: readonly Row[],
  [useLinear, useSquare]: readonly [boolean, boolean],
): [number, number, number] {
  const columns = rows.map(({ x1, x2, y }) => [1 / y, useLinear ? x1 / y : 0, useSquare ? x2 / y : 0]);
  const matrix = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => columns.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
  );
  const right = [0, 1, 2].map((i) => columns.reduce((sum, row) => sum + (row[i] ?? 0), 0));
  return solve(matrix, right);
}

/** Gaussian elimination of three equations; a column of zeros gives 0. */
function solve(matrix: number[][], right: readonly number[]): [number, number, number] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let column = 0; column < 3; column++) {
    const pivot = at(column, column);
    if (Math.abs(pivot) < 1e-300) continue;
    for (let row = 0; row < 3; row++) {
      if (row === column) continue;
      const factor = at(row, column) / pivot;
      const target = rows[row];
      if (target) for (let k = 0; k < 4; k++) target[k] = at(row, k) - factor * at(column, k);
    }
  }
  const root = (index: number): number =>
    Math.abs(at(index, index)) < 1e-300 ? 0 : at(index, 3) / at(index, index);
  return [root(0), root(1), root(2)];
}

/** Laws fitted to hours drawn with replacement: minutes of an hour resemble each other. */
function resample(points: readonly CapacityPoint[]): Law[] {
  const blocks = new Map<number, CapacityPoint[]>();
  for (const point of points) {
    const block = Math.floor(point.at.getTime() / (BLOCK_MINUTES * 60_000));
    const known = blocks.get(block);
    if (known) known.push(point);
    else blocks.set(block, [point]);
  }
  const all = [...blocks.values()];
  const random = seededRandom(SEED);
  const laws: Law[] = [];
  for (let draw = 0; draw < RESAMPLES; draw++) {
    const drawn = all.flatMap(() => all[Math.floor(random() * all.length)] ?? []);
    const law = drawn.length >= BINS ? lawOf(drawn) : null;
    if (law) laws.push(law);
  }
  return laws;
}

/** The value itself, with the limits of what was drawn around it; without a draw it is its own limits. */
function intervalOf(value: number, draws: readonly number[]): Forecast {
  const ascending = draws.filter((draw) => !Number.isNaN(draw)).toSorted((a, b) => a - b);
  const limit = (share: number): number => (ascending.length === 0 ? value : quantileOf(ascending, share));
  return { value, low: Math.min(value, limit(0.05)), high: Math.max(value, limit(0.95)) };
}

function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = ascending.length >> 1;
  return ascending.length % 2 === 1
    ? (ascending[middle] ?? 0)
    : ((ascending[middle - 1] ?? 0) + (ascending[middle] ?? 0)) / 2;
}
