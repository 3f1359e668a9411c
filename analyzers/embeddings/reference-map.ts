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
  /** In the space of the axes. */
  readonly centres: readonly Float32Array[];
  /** Of each centre: 80 % of the rows that made it lie within, in the space of the embeddings. */
  readonly radii: readonly number[];
  /** Distances over radius that 10 % and 3 % of the calibration rows exceed. */
  readonly levels: readonly number[];
  /** Distance over radius that 0, 1, … 100 % of the calibration rows stay below; ascending. */
  readonly percentiles: readonly number[];
  /** Topic of each centre, and the name of each topic: a number and the words that set it apart. */
  readonly topicOf: readonly number[];
  readonly topics: readonly string[];
}

/** Where a text lies on a map. */
export interface Projection {
  readonly map: string;
  readonly coordinates: Float32Array;
  /** Share of the calibration rows that lie nearer to their centre, in per cent, in [0, 100]. */
  readonly distance: number;
  /** `map:centre`, with a `+` for each level that it lies beyond. */
  readonly cell: string;
  /** `map:name`. */
  readonly topic: string;
}

/**
 * Where a vector lies. The nearest centre is looked for along the axes, the distance to it is of the whole space: what is
 * new lies outside the space that the reference spans, and would be lost along the axes alone (measured on clinc150: a
 * new topic of 5 % then takes three times as long). O(dimensions · axes + centres · axes).
 *
 * @param vector of length 1, made by the map's embedder
 */
export function projectOnto(map: ReferenceMap, vector: Float32Array): Projection {
  const { coordinates, centre, distance } = locate(map, vector);
  const ratio = distance / (map.radii[centre] ?? 1);
  const beyond = map.levels.filter((level) => ratio > level).length;
  return {
    map: map.id,
    coordinates,
    distance: percentileOf(map.percentiles, ratio),
    cell: `${map.id}:${centre}${'+'.repeat(beyond)}`,
    topic: `${map.id}:${map.topics[map.topicOf[centre] ?? 0] ?? ''}`,
  };
}

/** Nearest centre, and the distance to it in the space of the embeddings. */
export function locate(
  { mean, axes, centres }: Pick<ReferenceMap, 'mean' | 'axes' | 'centres'>,
  vector: Float32Array,
): { readonly coordinates: Float32Array; readonly centre: number; readonly distance: number } {
  const centred = vector.map((value, i) => value - (mean[i] as number));
  const coordinates = Float32Array.from(axes, (axis) => dot(axis, centred));
  const outside = Math.max(0, dot(centred, centred) - dot(coordinates, coordinates));
  let best = { centre: 0, squared: Number.POSITIVE_INFINITY };
  centres.forEach((middle, centre) => {
    let squared = 0;
    for (let i = 0; i < middle.length; i++)
      squared += ((coordinates[i] as number) - (middle[i] as number)) ** 2;
    if (squared < best.squared) best = { centre, squared };
  });
  return { coordinates, centre: best.centre, distance: Math.sqrt(outside + best.squared) };
}

/** The cells of a map, without its id, in order; a level's cells have its number of `+`. */
export function cellNames({
  centres,
  levels,
}: Pick<ReferenceMap, 'centres' | 'levels'>): readonly (readonly string[])[] {
  return centres.map((_, centre) =>
    Array.from({ length: levels.length + 1 }, (_level, beyond) => `${centre}${'+'.repeat(beyond)}`),
  );
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

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
