/** A partition of points. */
export interface Clusters {
  /** Per point, the number of its cluster in [0, centres.length). */
  readonly of: readonly number[];
  readonly centres: readonly Float64Array[];
}

export interface KMeansEffort {
  /** Starts, of which the tightest is kept. */
  readonly starts: number;
  readonly roundsMax: number;
}

const THOROUGH: KMeansEffort = { starts: 4, roundsMax: 50 };

/**
 * Lloyd's k-means from k-means++ seeds (Arthur & Vassilvitskii, 2007), the tightest of a few starts. Equal points share
 * a cluster; there are fewer clusters than asked for where there are fewer distinct points.
 *
 * @param points n ≥ 1 vectors of one length; not modified. O(n · k · d · rounds).
 * @param random in [0, 1)
 */
export function kMeans(
  points: readonly Float64Array[],
  count: number,
  random: () => number,
  { starts, roundsMax }: KMeansEffort = THOROUGH,
): Clusters {
  const once = (): Clusters => oneStart(points, seeds(points, count, random), roundsMax);
  let best = { clusters: once(), spread: Number.POSITIVE_INFINITY };
  best.spread = spreadOf(points, best.clusters);
  for (let start = 1; start < starts; start++) {
    const clusters = once();
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

function oneStart(
  points: readonly Float64Array[],
  from: readonly Float64Array[],
  roundsMax: number,
): Clusters {
  let centres = from;
  let of = points.map((point) => nearest(point, centres).place);
  for (let round = 0; round < roundsMax; round++) {
    centres = meansOf(points, of, centres);
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
  let distances = points.map(() => Number.POSITIVE_INFINITY);
  while (chosen.length < count) {
    const last = chosen.at(-1);
    if (last) distances = points.map((point, i) => Math.min(distances[i] ?? 0, squaredDistance(point, last)));
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

/** The middle of each cluster's points; an empty one stays where it was. */
function meansOf(
  points: readonly Float64Array[],
  of: readonly number[],
  centres: readonly Float64Array[],
): Float64Array[] {
  const sums = centres.map((centre) => new Float64Array(centre.length));
  const sizes = centres.map(() => 0);
  points.forEach((point, i) => {
    const place = of[i] ?? 0;
    const sum = sums[place];
    if (!sum) return;
    sizes[place] = (sizes[place] ?? 0) + 1;
    for (let axis = 0; axis < sum.length; axis++) sum[axis] = (sum[axis] as number) + (point[axis] as number);
  });
  return sums.map((sum, place) => {
    const size = sizes[place] ?? 0;
    return size === 0 ? (centres[place] ?? sum) : sum.map((value) => value / size);
  });
}

function spreadOf(points: readonly Float64Array[], { of, centres }: Clusters): number {
  return points.reduce((sum, point, i) => {
    const centre = centres[of[i] ?? 0];
    return sum + (centre ? squaredDistance(point, centre) : 0);
  }, 0);
}

/** Mean of (b − a) / max(a, b), a and b being the distances to the own and to the next centre; in [−1, 1]. One cluster: 0. */
export function simplifiedSilhouette(points: readonly Float64Array[], { of, centres }: Clusters): number {
  if (centres.length < 2) return 0;
  const sum = points.reduce((total, point, i) => {
    const distances = centres.map((centre) => Math.sqrt(squaredDistance(point, centre)));
    const own = distances[of[i] ?? 0] ?? 0;
    const other = Math.min(...distances.filter((_, place) => place !== of[i]));
    return total + (Math.max(own, other) > 0 ? (other - own) / Math.max(own, other) : 0);
  }, 0);
  return sum / points.length;
}
