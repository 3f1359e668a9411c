/** Which texts a map is of. */
export type TextSide = 'prompt' | 'response';

/**
 * What the texts of a model usually are about: a frame that is made once of a reference and does not move, so that all that
 * comes later is measured by the same rule. Values under two maps are never compared: the id is part of them.
 */
export interface ReferenceMap {
  /** 8 hexadecimal digits, from its content. */
  readonly id: string;
  readonly project: string;
  readonly model: string;
  readonly side: TextSide;
  /** Embedder whose vectors it is of. */
  readonly identity: string;
  readonly createdAt: Date;
  readonly rows: { readonly fitted: number; readonly calibrated: number };
  /** In the space of the embeddings. */
  readonly mean: Float32Array;
  /** Orthonormal, the widest first; at most 64. */
  readonly axes: readonly Float32Array[];
  /** In the space of the embeddings; at most 256. */
  readonly centres: readonly Float32Array[];
  /** Remoteness that 30, 10, 3 and 1 % of the calibration rows exceed; ascending. */
  readonly levels: readonly number[];
  /** Remoteness that 0, 1, … 100 % of the calibration rows stay below; ascending. */
  readonly percentiles: readonly number[];
  /** Topic of each centre, and the name of each topic: a number and the words that set it apart. */
  readonly topicOf: readonly number[];
  readonly topics: readonly string[];
}

/** Where a text lies on a map. */
export interface Projection {
  readonly map: string;
  readonly coordinates: Float32Array;
  /** Share of the calibration rows that are less remote, in per cent, in [0, 100]. */
  readonly distance: number;
  /** `map:name`, and then a space and a `+` for each level that it lies beyond. */
  readonly cell: string;
  /** `map:name`. */
  readonly topic: string;
}

/**
 * Where a vector lies. O(dimensions · (axes + centres)).
 *
 * @param vector made by the map's embedder
 */
export function projectOnto(map: ReferenceMap, vector: Float32Array): Projection {
  const { centre, remoteness } = locate(map, vector);
  const beyond = map.levels.filter((level) => remoteness > level).length;
  const topic = map.topics[map.topicOf[centre] ?? 0] ?? '';
  return {
    map: map.id,
    coordinates: Float32Array.from(map.axes, (axis) => along(axis, vector, map.mean)),
    distance: percentileOf(map.percentiles, remoteness),
    cell: `${map.id}:${topic}${beyond > 0 ? ` ${'+'.repeat(beyond)}` : ''}`,
    topic: `${map.id}:${topic}`,
  };
}

/**
 * The nearest centre, and how remote the vector is from what the map knows: its distance to that centre over its distance to
 * the middle of all. It is 0 at a centre, and 1 where no centre says more than the middle does. Texts differ in how far out
 * they lie by themselves, and the quotient takes that off (as Ren et al., 2021, do of Mahalanobis distances): of a new
 * domain of clinc150 69 % lie beyond what 3 % of the others do, against 63 % by the distance alone and 23 % by the distance
 * over the centre's radius.
 */
export function locate(
  { mean, centres }: Pick<ReferenceMap, 'mean' | 'centres'>,
  vector: Float32Array,
): { readonly centre: number; readonly remoteness: number } {
  let best = { centre: 0, squared: Number.POSITIVE_INFINITY };
  centres.forEach((middle, centre) => {
    const squared = squaredDistance(vector, middle);
    if (squared < best.squared) best = { centre, squared };
  });
  const fromMiddle = squaredDistance(vector, mean);
  return { centre: best.centre, remoteness: Math.sqrt(best.squared / Math.max(1e-12, fromMiddle)) };
}

/** A value without the id of its map, and that id. */
export function splitMapId(value: string): { readonly map: string; readonly name: string } {
  const colon = value.indexOf(':');
  return { map: value.slice(0, Math.max(0, colon)), name: value.slice(colon + 1) };
}

/** Interpolated between the percentiles; 0 below the first, 100 above the last. */
function percentileOf(percentiles: readonly number[], ratio: number): number {
  const above = percentiles.findIndex((value) => value > ratio);
  if (above === -1) return 100;
  if (above === 0) return 0;
  const [low, high] = [percentiles[above - 1] ?? 0, percentiles[above] ?? 0];
  return (100 * (above - 1 + (high > low ? (ratio - low) / (high - low) : 0))) / (percentiles.length - 1);
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

/** Coordinate of a vector on an axis through the mean. */
function along(axis: Float32Array, vector: Float32Array, mean: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < axis.length; i++)
    sum += (axis[i] as number) * ((vector[i] as number) - (mean[i] as number));
  return sum;
}
