/** How large a disparity must be to matter, and how careful its detectors are. */
export interface FairnessOptions {
  /** Rate of a group over the rest's, or the other way round, from which it is unfair: 1.25 is four fifths. */
  readonly ratioMin: number;
  /** Difference of rates, as a share, below which no ratio matters. */
  readonly differenceMin: number;
  /** Cliff's δ that is still called the same, and from where on it matters. */
  readonly deltaTolerance: number;
  readonly deltaMin: number;
  /** Rows of the rarer outcome in a group (of a number: rows), counted as independent ones, below which nothing is said. */
  readonly eventsMin: number;
  /** Standard normal quantile of the interval that must lie beyond the tolerance: 95 % on two sides. */
  readonly z: number;
  /** Share of a group's evidence for being worse off; the rest is for being better off than all others. */
  readonly worseShare: number;
  /** Windows after which what was seen counts half in what is shown. */
  readonly halfLifeWindows: number;
  /** Windows without the disparity before the detector starts again. */
  readonly recoveryWindows: number;
  /** Groups of one stream, and values of one attribute, that are judged; others are part of the rest. */
  readonly groupsMax: number;
  readonly valuesMax: number;
}

export const DEFAULT_FAIRNESS_OPTIONS: FairnessOptions = {
  // The four-fifths rule of the US Uniform Guidelines (1978), held with confidence.
  ratioMin: 1.25,
  // As for a change of a rate: one call in 200.
  differenceMin: 0.005,
  // "Negligible" of Romano et al. (2006) ends at .147; two thirds of that must be surely exceeded.
  deltaTolerance: 0.1,
  deltaMin: 0.15,
  // With fewer a ratio is known to within a factor of 1.7 at best.
  eventsMin: 50,
  z: 1.959963984540054,
  worseShare: 0.8,
  // A week of hours.
  halfLifeWindows: 168,
  recoveryWindows: 3,
  // State and levels are shared among groups: forty is what people can look at.
  groupsMax: 40,
  valuesMax: 20,
};

/**
 * log of the largest odds ratio of two rates that are within the tolerance of each other, both as rates and as rates of the
 * other outcome: ln 1.25 where the event is rare or the rule, twice that at most (at rates around a half).
 *
 * @param rate limits of either rate
 */
export function logOddsTolerance({ low, high }: { low: number; high: number }, ratioMin: number): number {
  const logOdds = (p: number) => Math.log(p / (1 - p));
  const clamped = (p: number) => Math.min(1 - 1e-9, Math.max(1e-9, p));
  // From a rate up to at most 1.25 of it, and at least four fifths of its absence.
  const from = (p: number) => logOdds(Math.min(ratioMin * p, 1 - (1 - p) / ratioMin)) - logOdds(p);
  // The lower of the two rates: largest where both bounds meet.
  const peak = 1 / (1 + ratioMin);
  const [least, most] = [clamped(low / ratioMin), clamped(high)];
  return peak >= least && peak <= most ? from(peak) : Math.max(from(least), from(most));
}
