/** Law of a row's score: zeros and ones, or levels with their chances; these are asked for only far from the middle. */
export type ScoreLaw =
  | 'share'
  | {
      readonly variance: number;
      readonly levels: () => readonly (readonly [score: number, chance: number])[];
    };

/** Deviations up to which the normal law serves: nobody acts on such a p-value. */
const NORMAL_MAX = 3;

/**
 * Deviations by which the mean of independent scores is away from `mean`, such that the normal tail of it is the chance
 * of that: the signed root of the likelihood ratio with its correction, r* = w + log(u / w) / w. At least 0.
 *
 * The law is tilted exponentially to have the mean asked for: of zeros and ones the binomial law itself, whose mid-p-value
 * this gives.
 *
 * @param at rows ≥ 1, the mean that was seen and the one expected, both in [0, 1]
 * @see Barndorff-Nielsen (1986); Davison & Reid; oracle: exact binomial tails
 */
export function meanTestZ(at: { rows: number; seen: number; mean: number }, law: ScoreLaw): number {
  return law === 'share' ? shareZ(at) : levelsZ(at, law);
}

/** A mean of 0 or 1 is impossible only on paper. */
const SHARE_MIN = 1e-6;

function shareZ({ rows, seen, mean }: { rows: number; seen: number; mean: number }): number {
  const low = Math.min(Math.max(mean, SHARE_MIN), 1 - SHARE_MIN);
  // Of no successes half is counted, as a mid-p-value does.
  const edge = Math.min(0.5, (mean > 0.5 ? 1 - low : low) * rows) / rows;
  const high = Math.min(Math.max(seen, edge), 1 - edge);
  const divergence = high * Math.log(high / low) + (1 - high) * Math.log((1 - high) / (1 - low));
  const tilt = Math.log((high * (1 - low)) / (low * (1 - high)));
  return rootZ(rows * divergence, Math.abs(tilt) * Math.sqrt(rows * high * (1 - high)));
}

function levelsZ(
  { rows, seen, mean }: { rows: number; seen: number; mean: number },
  law: Exclude<ScoreLaw, 'share'>,
): number {
  if (law.variance <= 0) return seen === mean ? 0 : Number.POSITIVE_INFINITY;
  const plain = Math.abs(seen - mean) * Math.sqrt(rows / law.variance);
  if (plain < NORMAL_MAX) return plain;
  const levels = law.levels();
  const [from, to] = [tiltTo(levels, mean), tiltTo(levels, seen)];
  const divergence = (to.tilt - from.tilt) * to.mean - (to.value - from.value);
  return rootZ(rows * divergence, Math.abs(to.tilt - from.tilt) * Math.sqrt(rows * to.variance));
}

function rootZ(divergence: number, u: number): number {
  const w = Math.sqrt(2 * Math.max(0, divergence));
  if (w < 1e-3 || !(u > 0)) return w;
  return Math.max(0, w + Math.log(u / w) / w);
}

const TILT_MAX = 200;

interface Tilted {
  readonly tilt: number;
  /** Cumulant generating function, its derivative and the second one. */
  readonly value: number;
  readonly mean: number;
  readonly variance: number;
}

/** The tilt that gives a law its mean, by Newton's method kept inside a bracket. */
function tiltTo(levels: readonly (readonly [score: number, chance: number])[], mean: number): Tilted {
  let [low, high] = [-TILT_MAX, TILT_MAX];
  let here = tilted(levels, 0);
  for (let step = 0; step < 60 && Math.abs(here.mean - mean) > 1e-10; step++) {
    if (here.mean < mean) low = here.tilt;
    else high = here.tilt;
    const newton = here.tilt + (mean - here.mean) / here.variance;
    here = tilted(levels, newton > low && newton < high ? newton : (low + high) / 2);
  }
  return here;
}

function tilted(levels: readonly (readonly [score: number, chance: number])[], tilt: number): Tilted {
  let largest = Number.NEGATIVE_INFINITY;
  for (const [score] of levels) largest = Math.max(largest, tilt * score);
  let [total, first, second] = [0, 0, 0];
  for (const [score, chance] of levels) {
    const weight = chance * Math.exp(tilt * score - largest);
    total += weight;
    first += weight * score;
    second += weight * score * score;
  }
  const mean = first / total;
  return {
    tilt,
    value: largest + Math.log(total),
    mean,
    variance: Math.max(1e-12, second / total - mean * mean),
  };
}
