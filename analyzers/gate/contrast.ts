import { type Histogram, summarize } from '../../core/summary.ts';
import { sampleOf } from '../drift/sample.ts';
import { fisherLogP, fisherMidTail, type Proportion } from '../stats/fisher.ts';
import { mcnemarLogRise } from '../stats/mcnemar.ts';
import { normalIsf } from '../stats/normal.ts';
import { pairedNewcombe } from '../stats/paired-proportion-interval.ts';
import { newcombeInterval } from '../stats/proportion-interval.ts';
import { rankTest } from '../stats/rank-test.ts';
import { signedRankLogRise } from '../stats/signed-rank.ts';
import { studentLogSf } from '../stats/student.ts';
import { clusterMean, midRanks, type Values, welchDf } from './clusters.ts';
import { type Ends, meanReach, seenEnds } from './mean-reach.ts';

/** How a signal differs, candidate less baseline: a difference of means or rates, or of mean logarithms. */
export interface Contrast {
  readonly value: number;
  /** One-sided limits, each missed with chance `alpha`. */
  readonly low: number;
  readonly high: number;
  /** log of the one-sided p-values that it rose, and that it fell. */
  readonly logRise: number;
  readonly logFall: number;
  /** Variance of one row's, or one pair's, part in `value`, times the rows of the larger side over those of this one. */
  readonly rowVariance: number;
  /** Pairs, or rows of the smaller side. */
  readonly rows: number;
}

/** Paired values have the same length and clusters. */
export interface Sides {
  readonly isPaired: boolean;
  readonly before: Values;
  readonly after: Values;
  /** The range that values can have, where it is known; else what was seen is taken for it. */
  readonly ends?: Ends;
}

const isBinary = ({ values }: Values): boolean => values.every((value) => value === 0 || value === 1);
const isClustered = ({ clusters }: Values): boolean => new Set(clusters).size < clusters.length;

/** The contrast of two sides, at least 2 values each; ranks where rows are independent, clusters' sums where not. */
export function contrastOf(sides: Sides, alpha: number): Contrast {
  const { before, after, isPaired } = sides;
  const isSimple = !isClustered(before) && !isClustered(after);
  if (isBinary(before) && isBinary(after)) {
    if (isPaired) return isSimple ? pairedRates(sides, alpha) : clusteredPairedRates(sides, alpha);
    return unpairedRates(sides, alpha);
  }
  return isPaired ? pairedNumbers(sides, alpha) : unpairedNumbers(sides, { alpha, isSimple });
}

function pairedRates(sides: Sides, alpha: number): Contrast {
  const { both, falls, rises, neither } = discordanceOf(sides);
  const rows = both + falls + rises + neither;
  const interval = pairedNewcombe({ both, before: falls, after: rises, neither }, normalIsf(alpha));
  const value = (rises - falls) / rows;
  return {
    value,
    ...interval,
    logRise: mcnemarLogRise({ rises, falls }),
    logFall: mcnemarLogRise({ rises: falls, falls: rises }),
    // Half a pair that differs: none seen does not mean that there is none.
    rowVariance: (rises + falls + 0.5) / (rows + 1),
    rows,
  };
}

/** The interval of fewer pairs, which are worth as much: no failure seen is no proof that there is none. */
function clusteredPairedRates(sides: Sides, alpha: number): Contrast {
  const numbers = pairedNumbers(sides, alpha);
  const { both, falls, rises, neither } = discordanceOf(sides);
  const count = both + falls + rises + neither;
  const simple = ((rises + falls) / count - ((rises - falls) / count) ** 2) / count;
  const clusters = new Set(sides.before.clusters).size;
  // All alike, or all in one: each cluster may be worth no more than one pair.
  const isUnknown = simple === 0 || clusters === 1;
  const worth = isUnknown
    ? clusters / count
    : Math.min(1, simple / Math.max(simple, numbers.rowVariance / count));
  const pairs = { both: both * worth, before: falls * worth, after: rises * worth, neither: neither * worth };
  return {
    ...numbers,
    ...pairedNewcombe(pairs, normalIsf(alpha)),
    rowVariance: Math.max(numbers.rowVariance, (rises + falls + 0.5) / (count + 1)),
  };
}

function discordanceOf({ before, after }: Sides) {
  let [both, falls, rises, neither] = [0, 0, 0, 0];
  before.values.forEach((old, index) => {
    const now = after.values[index];
    if (old === 1 && now === 1) both++;
    else if (old === 1) falls++;
    else if (now === 1) rises++;
    else neither++;
  });
  return { both, falls, rises, neither };
}

function unpairedRates({ before, after }: Sides, alpha: number): Contrast {
  const [old, now] = [effectiveProportion(before), effectiveProportion(after)];
  // The two-sided exact value, taken for one side: mid-p-values alone may exceed their level.
  const logP = fisherLogP(rounded(old), rounded(now));
  const { logP: mid, sign } = fisherMidTail(rounded(old), rounded(now));
  const interval = newcombeInterval(old, now, normalIsf(alpha));
  const rows = Math.min(before.values.length, after.values.length);
  const part = ({ successes, trials }: Proportion): number => {
    const rate = (successes + 0.25) / (trials + 0.5);
    return (rate * (1 - rate) * rows) / trials;
  };
  return {
    value: now.successes / now.trials - old.successes / old.trials,
    ...interval,
    logRise: sign > 0 ? logP : complement(mid),
    logFall: sign < 0 ? logP : complement(mid),
    rowVariance: part(old) + part(now),
    rows,
  };
}

const complement = (logP: number): number => Math.log1p(-Math.exp(Math.min(logP, -1e-12)));

/** Successes and trials as if rows were independent: divided by the design effect of the clusters (Rao & Scott, 1992). */
function effectiveProportion(side: Values): Proportion {
  const count = side.values.length;
  const { mean, variance, clusters } = clusterMean(side);
  const simple = (mean * (1 - mean)) / count;
  // All alike, or all in one: the clusters may be so alike within that each is worth one row.
  const isUnknown = simple === 0 || clusters === 1;
  const trials = isUnknown ? clusters : Math.min(count, count / Math.max(1, variance / simple));
  return { successes: mean * trials, trials };
}

/** The exact test counts whole rows; towards fewer of them. */
function rounded({ successes, trials }: Proportion): Proportion {
  const whole = Math.max(1, Math.floor(trials));
  return { successes: Math.round((successes / trials) * whole), trials: whole };
}

function pairedNumbers({ before, after, ends }: Sides, alpha: number): Contrast {
  const differences = before.values.map((old, index) => (after.values[index] ?? 0) - old);
  const { low, high } = ends ?? seenEnds(before.values, after.values);
  const usual = before.values.reduce((sum, value) => sum + value, 0) / before.values.length;
  // The pair that was not seen: a candidate at an end, against a baseline like the others.
  const { mean, below, above, variance } = meanReach(
    { values: differences, clusters: before.clusters },
    { low: low - usual, high: high - usual },
    alpha,
  );
  const rows = differences.length;
  return {
    value: mean,
    low: mean - below,
    high: mean + above,
    logRise: signedRankLogRise(differences, before.clusters),
    logFall: signedRankLogRise(
      differences.map((value) => -value),
      before.clusters,
    ),
    rowVariance: variance * rows,
    rows,
  };
}

/** Limits of both means, squared and added, as Newcombe's of rates (Zou & Donner, 2008); never narrower than Welch's. */
function unpairedNumbers({ before, after, ends }: Sides, at: { alpha: number; isSimple: boolean }): Contrast {
  const range = ends ?? seenEnds(before.values, after.values);
  const [old, now] = [meanReach(before, range, at.alpha), meanReach(after, range, at.alpha)];
  const value = now.mean - old.mean;
  const rows = Math.min(before.values.length, after.values.length);
  return {
    value,
    low: value - Math.hypot(now.below, old.above),
    high: value + Math.hypot(now.above, old.below),
    ...(at.isSimple ? ranks(before, after) : clusteredRanks(before, after)),
    rowVariance: (old.variance + now.variance) * rows,
    rows,
  };
}

function ranks(before: Values, after: Values): Pick<Contrast, 'logRise' | 'logFall'> {
  const binsOf = ({ values }: Values): Histogram => sampleOf(summarize(values)).bins;
  const { logTail, sign } = rankTest(binsOf(before), binsOf(after), 'location');
  if (sign === 0) return { logRise: -Math.LN2, logFall: -Math.LN2 };
  const [towards, against] = [logTail, complement(logTail)];
  return sign > 0 ? { logRise: towards, logFall: against } : { logRise: against, logFall: towards };
}

/** Means of pooled mid-ranks with the clusters' variance (Rosner & Grove, 1999). */
function clusteredRanks(before: Values, after: Values): Pick<Contrast, 'logRise' | 'logFall'> {
  const [old, now] = midRanks(before.values, after.values);
  const a = clusterMean({ values: old, clusters: before.clusters });
  const b = clusterMean({ values: now, clusters: after.clusters });
  const variance = a.variance + b.variance;
  if (variance === 0) return { logRise: -Math.LN2, logFall: -Math.LN2 };
  const t = (b.mean - a.mean) / Math.sqrt(variance);
  const df = welchDf(a, b);
  return { logRise: studentLogSf(t, df), logFall: studentLogSf(-t, df) };
}
