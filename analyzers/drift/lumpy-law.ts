/** How the rows of a window hang together, at least as unevenly as the baseline has shown. */
export interface LumpyLaw {
  readonly rows: number;
  /** Rows in the session of an average row. */
  readonly sessionRows: number;
  /** Chance that all rows of a session are equal; otherwise they are independent. */
  readonly correlation: number;
  /** Variance of the window's own mean over that of a row. */
  readonly between: number;
}

/**
 * log E exp(t (S − n m)), S the ones among n rows, of which a share m is expected; infinite where there is no such moment. The
 * window's share moves by a gamma law, as counts of rare events do.
 *
 * @see negative binomial law, compounded with sessions
 */
export function shareCumulant(law: LumpyLaw, mean: number, tilt: number): number {
  const { rows, between } = law;
  const apart = Math.log1p(mean * Math.expm1(tilt));
  const count = ofSessions(law, apart, (size) => Math.log1p(mean * Math.expm1(size * tilt)));
  const drift = tilt * rows * mean;
  if (between <= 0) return count - drift;
  const shape = mean / (between * (1 - mean));
  return count < shape ? -shape * Math.log1p(-count / shape) - drift : Number.POSITIVE_INFINITY;
}

/**
 * The same of a sum of ranks; the window's mean moves by a normal law.
 *
 * @param variance of one row's score
 * @param cumulant of one row's score less its mean
 */
export function rankCumulant(
  law: LumpyLaw,
  variance: number,
  { tilt, cumulant }: { readonly tilt: number; readonly cumulant: (tilt: number) => number },
): number {
  const sum = ofSessions(law, cumulant(tilt), (size) => cumulant(size * tilt));
  return sum + (tilt * law.rows) ** 2 * 0.5 * law.between * variance;
}

/** log of the moment of all rows, from that of one row and that of a session whose rows are all equal. */
function ofSessions(
  { rows, sessionRows, correlation }: LumpyLaw,
  apart: number,
  together: (size: number) => number,
): number {
  const size = Math.min(sessionRows, rows);
  if (size <= 1 || correlation <= 0) return rows * apart;
  const equal = together(size);
  const independent = size * apart;
  const largest = Math.max(equal, independent);
  const mixed = (1 - correlation) * Math.exp(independent - largest) + correlation * Math.exp(equal - largest);
  return (rows / size) * (largest + Math.log(mixed));
}

/** Shrinks the bracket to 1e-5 of its width. */
const GOLDEN_STEPS = 24;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Deviations by which a sum lies above its mean, such that the normal tail of it is about the chance of that: the root of twice
 * max over t of t s − C(t), the rate of large deviations.
 *
 * @param excess s above 0: the sum less its mean
 * @param cumulant C, convex, infinite where there is no moment
 * @param tiltMax beyond the best t
 * @see Chernoff (1952); Barndorff-Nielsen's r*, without a correction of less than .1 deviations here
 */
export function largeDeviate(excess: number, cumulant: (tilt: number) => number, tiltMax: number): number {
  const won = (tilt: number) => tilt * excess - cumulant(tilt);
  let [low, high] = [0, tiltMax];
  let [inner, outer] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [wonInner, wonOuter] = [won(inner), won(outer)];
  for (let step = 0; step < GOLDEN_STEPS; step++) {
    if (wonInner >= wonOuter) {
      [high, outer, wonOuter] = [outer, inner, wonInner];
      inner = high - GOLDEN * (high - low);
      wonInner = won(inner);
    } else {
      [low, inner, wonInner] = [inner, outer, wonOuter];
      outer = low + GOLDEN * (high - low);
      wonOuter = won(outer);
    }
  }
  return Math.sqrt(2 * Math.max(0, wonInner, wonOuter));
}
