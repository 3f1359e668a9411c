/** A partition of points. */
export interface Clusters {
  /** Per point, the number of its cluster in [0, centres.length). */
  readonly of: readonly number[];
  readonly centres: readonly Float64Array[];
}

const ROUNDS_MAX = 50;
/** Starts, of which the tightest is kept. */
const STARTS = 4;

/**
 * Lloyd's k-means from k-means++ seeds (Arthur & Vassilvitskii, 2007), the tightest of a few starts. Equal points share
 * a cluster; there are fewer clusters than asked for where there are fewer distinct points.
 *
 * @param points n ≥ 1 vectors of one length; not modified. O(n · k · d · rounds).
 * @param random in [0, 1)
 */
export function kMeans(points: readonly Float64Array[], count: number, random: () => number): Clusters {
  let best = { clusters: oneStart(points, count, random), spread: Number.POSITIVE_INFINITY };
  best.spread = spreadOf(points, best.clusters);
  for (let start = 1; start < STARTS; start++) {
    const clusters = oneStart(points, count, random);
    const spread = spreadOf(points, clusters);
    if (spread < best.spread) best = { clusters, spread };
  }
  return best.clusters;
}

/** Below it there is no structure to speak of, and one cluster says more than two. */
const SILHOUETTE_MIN = 0.15;

/**
 * The partition into at most `countMax` clusters whose points lie best in their own: the largest simplified silhouette
 * (Hruschka et al., 2004: distances to centres instead of to all points).
 */
export function naturalClusters(
  points: readonly Float64Array[],
  countMax: number,
  random: () => number,
): Clusters {
  let best = { clusters: kMeans(points, 1, random), silhouette: SILHOUETTE_MIN };
  for (let count = 2; count <= countMax; count++) {
    const clusters = kMeans(points, count, random);
    const silhouette = simplifiedSilhouette(points, clusters);
    if (silhouette > best.silhouette) best = { clusters, silhouette };
  }
  return best.clusters;
}

function oneStart(points: readonly Float64Array[], count: number, random: () => number): Clusters {
  let centres = seeds(points, count, random);
  let of = points.map((point) => nearest(point, centres).place);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    centres = centres.map((centre, place) => meanOf(points.filter((_, i) => of[i] === place)) ?? centre);
    const next = points.map((point) => nearest(point, centres).place);
    if (next.every((place, i) => place === of[i])) break;
    of = next;
  }
  return { of, centres };
}

/** Each next seed with a chance in proportion to its squared distance from those there are. */
function seeds(points: readonly Float64Array[], count: number, random: () => number): Float64Array[] {
  const first = points[Math.floor(random() * points.length)];
  const chosen = first ? [first] : [];
  while (chosen.length < count) {
    const distances = points.map((point) => nearest(point, chosen).squared);
    const total = distances.reduce((sum, distance) => sum + distance, 0);
    if (total <= 1e-18) break;
    let left = random() * total;
    const next = points.find((_, i) => {
      left -= distances[i] ?? 0;
      return left < 0;
    });
    if (!next) break;
    chosen.push(next);
  }
  return chosen;
}

function nearest(point: Float64Array, centres: readonly Float64Array[]): { place: number; squared: number } {
  let best = { place: 0, squared: Number.POSITIVE_INFINITY };
  centres.forEach((centre, place) => {
    const squared = squaredDistance(point, centre);
    if (squared < best.squared) best = { place, squared };
  });
  return best;
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

function meanOf(points: readonly Float64Array[]): Float64Array | null {
  const [first] = points;
  if (!first) return null;
  const mean = new Float64Array(first.length);
  for (const point of points)
    for (let i = 0; i < mean.length; i++)
      mean[i] = (mean[i] as number) + (point[i] as number) / points.length;
  return mean;
}

function spreadOf(points: readonly Float64Array[], { of, centres }: Clusters): number {
  return points.reduce((sum, point, i) => {
    const centre = centres[of[i] ?? 0];
    return sum + (centre ? squaredDistance(point, centre) : 0);
  }, 0);
}

/** Mean of (b − a) / max(a, b), a and b being the distances to the own and to the next centre; in [−1, 1]. */
function simplifiedSilhouette(points: readonly Float64Array[], { of, centres }: Clusters): number {
  if (centres.length < 2) return 0;
  const sum = points.reduce((total, point, i) => {
    const distances = centres.map((centre) => Math.sqrt(squaredDistance(point, centre)));
    const own = distances[of[i] ?? 0] ?? 0;
    const other = Math.min(...distances.filter((_, place) => place !== of[i]));
    return total + (Math.max(own, other) > 0 ? (other - own) / Math.max(own, other) : 0);
  }, 0);
  return sum / points.length;
}
