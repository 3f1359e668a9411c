/** Points in the space of their largest variances. */
export interface PrincipalComponents {
  /** One row a point: its coordinates, the widest axis first. */
  readonly scores: readonly Float64Array[];
  /** Share of all variance along each axis, in [0, 1], falling. */
  readonly shares: readonly number[];
  /** Unit vectors in the space of the points, the widest first. */
  readonly axes: readonly Float64Array[];
  readonly mean: Float64Array;
}

/** Rounds of the iteration; neighbouring axes whose variances differ by a tenth are apart by then. */
const ROUNDS = 60;
/** Axes iterated beyond those asked for, so that the last one asked for converges too. */
const SPARE = 4;

/**
 * Principal components by orthogonal iteration on the covariance matrix (Golub & Van Loan, Matrix Computations, 8.2.4).
 * The sign of an axis is chosen so that its largest loading is positive: the same points give the same picture.
 *
 * @param points n ≥ 1 vectors of one length d; not modified. O(n d² + d² · rounds).
 * @param count axes asked for; fewer come back where there are fewer dimensions
 * @param random in [0, 1), for the first guess
 */
export function principalComponents(
  points: readonly Float32Array[],
  count: number,
  random: () => number,
): PrincipalComponents {
  const dimensions = points[0]?.length ?? 0;
  const axesCount = Math.min(count, dimensions);
  const mean = meanOf(points, dimensions);
  const centred = points.map((point) => Float64Array.from(point, (value, i) => value - at(mean, i)));
  const covariance = covarianceOf(centred, dimensions);
  let total = 0;
  for (let i = 0; i < dimensions; i++) total += at(covariance, i * dimensions + i);
  let axes: Float64Array[] = Array.from({ length: Math.min(axesCount + SPARE, dimensions) }, () =>
    Float64Array.from({ length: dimensions }, () => random() - 0.5),
  );
  orthonormalise(axes);
  for (let round = 0; round < ROUNDS; round++) {
    axes = axes.map((axis) => times(covariance, axis));
    orthonormalise(axes);
  }
  const found = axes
    .map((axis) => ({ axis: upright(axis), variance: dot(axis, times(covariance, axis)) }))
    .sort((a, b) => b.variance - a.variance)
    .slice(0, axesCount);
  return {
    scores: centred.map((point) => Float64Array.from(found, ({ axis }) => dot(axis, point))),
    shares: found.map(({ variance }) => (total > 0 ? Math.max(0, variance) / total : 0)),
    axes: found.map(({ axis }) => axis),
    mean,
  };
}

/** Within its bounds an index of a typed array has a number. */
const at = (values: ArrayLike<number>, index: number): number => values[index] as number;

function meanOf(points: readonly Float32Array[], dimensions: number): Float64Array {
  const mean = new Float64Array(dimensions);
  for (const point of points)
    for (let i = 0; i < dimensions; i++) mean[i] = at(mean, i) + at(point, i) / points.length;
  return mean;
}

function covarianceOf(centred: readonly Float64Array[], dimensions: number): Float64Array {
  const matrix = new Float64Array(dimensions * dimensions);
  for (const point of centred) {
    for (let i = 0; i < dimensions; i++) {
      const value = at(point, i);
      const row = i * dimensions;
      for (let j = i; j < dimensions; j++) matrix[row + j] = at(matrix, row + j) + value * at(point, j);
    }
  }
  for (let i = 0; i < dimensions; i++)
    for (let j = i; j < dimensions; j++) {
      const value = at(matrix, i * dimensions + j) / Math.max(1, centred.length);
      matrix[i * dimensions + j] = value;
      matrix[j * dimensions + i] = value;
    }
  return matrix;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  return Float64Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += at(matrix, i * size + j) * at(vector, j);
    return sum;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += at(a, i) * at(b, i);
  return sum;
}

/** Modified Gram–Schmidt, in place; a vector that lies in the others becomes zero. */
function orthonormalise(axes: readonly Float64Array[]): void {
  axes.forEach((axis, place) => {
    for (const other of axes.slice(0, place)) {
      const along = dot(axis, other);
      for (let i = 0; i < axis.length; i++) axis[i] = at(axis, i) - along * at(other, i);
    }
    const length = Math.sqrt(dot(axis, axis));
    for (let i = 0; i < axis.length; i++) axis[i] = length > 1e-12 ? at(axis, i) / length : 0;
  });
}

function upright(axis: Float64Array): Float64Array {
  const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? axis.map((value) => -value) : axis;
}
