import { chiSquaredLogSf } from '../stats/chi-squared.ts';

/** Rows with where they lie (reference-map.ts), and whose they are. */
export interface Points {
  readonly coordinates: readonly Float32Array[];
  /** One name for rows that belong together; null or empty: a row of its own. */
  readonly sessions: readonly (string | null)[];
}

export interface MeanShift {
  /** ‖difference of the means‖² of all coordinates. */
  readonly statistic: number;
  /** log of its p-value. */
  readonly logP: number;
  /** Length of the shift in spreads of the baseline (root mean square distance from its mean), noise taken off, with its 95 % interval. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Root of the expected statistic without a change. */
  readonly standardError: number;
}

const Z = 1.959963984540054;

/**
 * How far the middle has moved. Under the null the statistic is a sum of χ² weighted by the eigenvalues of the covariance
 * of the difference; that covariance is estimated from sums over sessions, so that rows which belong together count as
 * one, and the law is fitted to its first three cumulants (Liu, Tang & Zhang, CSDA 53, 2009): no resampling, no floor under
 * the p-value. O(rows · axes + sessions · axes²).
 *
 * @returns null below two sessions on a side
 */
export function meanShift(baseline: Points, current: Points): MeanShift | null {
  const [old, now] = [summaryOf(baseline), summaryOf(current)];
  if (!old || !now) return null;
  const axes = old.mean.length;
  const covariance = old.covariance.map((value, i) => value + (now.covariance[i] as number));
  let statistic = 0;
  for (let i = 0; i < axes; i++) statistic += ((now.mean[i] as number) - (old.mean[i] as number)) ** 2;
  const squared = multiply(covariance, covariance, axes);
  const cumulants = [
    trace(covariance, axes),
    trace(squared, axes),
    traceOfProduct(squared, covariance),
  ] as const;
  const spread = Math.sqrt(Math.max(1e-12, old.spread));
  const noise = 2 * Math.sqrt(quadratic(covariance, difference(now.mean, old.mean)));
  const shift = (value: number): number => Math.sqrt(Math.max(0, value - cumulants[0])) / spread;
  return {
    statistic,
    logP: weightedChiSquaredLogSf(statistic, cumulants),
    value: shift(statistic),
    low: shift(statistic - Z * noise - Z * Math.sqrt(2 * cumulants[1])),
    high: shift(statistic + Z * noise + Z * Math.sqrt(2 * cumulants[1])),
    standardError: Math.sqrt(cumulants[0]),
  };
}

/** log P(Σ λ χ²₁ > x) from c₁ = Σλ, c₂ = Σλ², c₃ = Σλ³. */
function weightedChiSquaredLogSf(
  x: number,
  [first, second, third]: readonly [number, number, number],
): number {
  if (second <= 0) return 0;
  const skewness = third / second ** 1.5;
  const df = 1 / skewness ** 2;
  const standard = (x - first) / Math.sqrt(2 * second);
  return chiSquaredLogSf(df + standard * Math.sqrt(2 * df), df);
}

interface Summary {
  readonly mean: Float64Array;
  /** Covariance of the mean, row by row. */
  readonly covariance: Float64Array;
  /** Mean squared distance from the mean. */
  readonly spread: number;
}

/** In sums over sessions s of n rows: Σ(s − nμ)(s − nμ)ᵀ = Σssᵀ − (Σns)μᵀ − μ(Σns)ᵀ + (Σn²)μμᵀ, so that zeros cost nothing. */
function summaryOf({ coordinates, sessions }: Points): Summary | null {
  const axes = coordinates[0]?.length ?? 0;
  const rows = coordinates.length;
  const sums = {
    products: new Float64Array(axes * axes),
    weighted: new Float64Array(axes),
    squares: 0,
    sessions: 0,
  };
  const mean = new Float64Array(axes);
  const together = new Map<string, { sum: Float64Array; rows: number }>();
  let spread = 0;
  coordinates.forEach((point, row) => {
    for (let i = 0; i < axes; i++) {
      const value = point[i] as number;
      mean[i] = (mean[i] as number) + value / rows;
      spread += value * value;
    }
    const name = sessions[row];
    if (!name) addSession(sums, point, 1);
    else addTo(together, { name, point });
  });
  for (const { sum, rows: count } of together.values()) addSession(sums, sum, count);
  if (sums.sessions < 2) return null;
  const scale = sums.sessions / (sums.sessions - 1) / rows ** 2;
  const covariance = sums.products;
  for (let i = 0; i < axes; i++)
    for (let j = i; j < axes; j++) {
      const [a, b] = [mean[i] as number, mean[j] as number];
      const cross = (sums.weighted[i] as number) * b + a * (sums.weighted[j] as number);
      const value = ((covariance[i * axes + j] as number) - cross + sums.squares * a * b) * scale;
      covariance[i * axes + j] = value;
      covariance[j * axes + i] = value;
    }
  return { mean, covariance, spread: Math.max(0, spread / rows - quadraticOf(mean)) };
}

interface SessionSums {
  /** Σssᵀ, above the diagonal. */
  readonly products: Float64Array;
  readonly weighted: Float64Array;
  squares: number;
  sessions: number;
}

function addSession(sums: SessionSums, sum: ArrayLike<number>, rows: number): void {
  const axes = sum.length;
  for (let i = 0; i < axes; i++) {
    const value = sum[i] as number;
    if (value === 0) continue;
    sums.weighted[i] = (sums.weighted[i] as number) + rows * value;
    const from = i * axes;
    for (let j = i; j < axes; j++)
      sums.products[from + j] = (sums.products[from + j] as number) + value * (sum[j] as number);
  }
  sums.squares += rows * rows;
  sums.sessions++;
}

function addTo(
  together: Map<string, { sum: Float64Array; rows: number }>,
  { name, point }: { name: string; point: Float32Array },
): void {
  const session = together.get(name) ?? { sum: new Float64Array(point.length), rows: 0 };
  for (let i = 0; i < point.length; i++) session.sum[i] = (session.sum[i] as number) + (point[i] as number);
  session.rows++;
  together.set(name, session);
}

const quadraticOf = (vector: Float64Array): number => vector.reduce((sum, value) => sum + value * value, 0);

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const value = a[i * size + k] as number;
      for (let j = 0; j < size; j++)
        product[i * size + j] = (product[i * size + j] as number) + value * (b[k * size + j] as number);
    }
  return product;
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i] as number;
  return sum;
}

/** Of two symmetric matrices. */
function traceOfProduct(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

function quadratic(matrix: Float64Array, vector: Float64Array): number {
  const size = vector.length;
  let sum = 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      sum += (vector[i] as number) * (matrix[i * size + j] as number) * (vector[j] as number);
  return Math.max(0, sum);
}

const difference = (a: Float64Array, b: Float64Array): Float64Array =>
  a.map((value, i) => value - (b[i] as number));
