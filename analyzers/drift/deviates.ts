import { meanTestZ } from '../stats/mean-test.ts';
import { studentDeviate } from '../stats/student.ts';
import type { Forecast } from './forecast.ts';
import { designEffect } from './inflation.ts';
import { lastingAt } from './lasting.ts';
import { type LumpyLaw, largeDeviate, rankCumulant, shareCumulant } from './lumpy-law.ts';
import type { Residue } from './recent.ts';
import type { Kind, Sample } from './sample.ts';
import { cumulantAt, largestChance, levelsOf } from './score-law.ts';
import { baselineMoments, SCORES } from './scores.ts';

/** What windows of time are measured against. */
export interface Measured {
  readonly baseline: Sample;
  readonly kind: Kind;
  readonly forecast: Forecast;
}

interface Against {
  /** Mean of the score, in [0, 1], that the windows are compared with. */
  readonly mean: number;
  /** Whether that mean is as uncertain as the baseline makes it; otherwise it is a limit, and holds. */
  readonly isEstimate: boolean;
}

/** A deviate that no power of it makes an infinity in JSON. */
const DEVIATE_MAX = 37;

/**
 * Standard normal deviates, with their sign, by which the mean of a score over windows of time lies above a mean.
 *
 * The signed root r* of the likelihood ratio of a mean, right for skewed scores far out in the tail, over the root of
 * how much more the mean varies than that of independent rows: sessions, what windows have in common, and the
 * baseline's own error. Student's t with the degrees of freedom of the variance between windows. Dividing r*² by φ is
 * dividing counts by φ, so it is exact for sessions whose rows are all equal, and for normal sums at any φ. Where ones, or
 * values other than the usual one, are rare, variance alone says too little of how they come, and a law of lumps has the last
 * word.
 */
export function deviateOf(
  measured: Measured,
  at: { readonly score: number; readonly residue: Residue },
  against: Against,
): number {
  const { baseline, kind, forecast } = measured;
  const { score, residue } = at;
  const expected = forecast.scores[score];
  const seen = (residue.sums[score] ?? 0) / residue.rows;
  if (!expected || seen === against.mean) return 0;
  const { isEstimate } = against;
  const isShare = SCORES[kind][score]?.isShare === true;
  const mean = isShare && isEstimate ? seenOnce(against.mean, baseline.count) : against.mean;
  const variance = baselineMoments(baseline, kind)[score]?.variance ?? 0;
  const test = { rows: residue.rows, seen, mean };
  const own = ownInflation(forecast, score, residue);
  const inflation = own + (isEstimate ? residue.rows / expected.baselineRows : 0);
  const law = isShare ? 'share' : { variance, levels: () => levelsOf(baseline, score) };
  const plain = meanTestZ(test, law) / Math.sqrt(inflation);
  const z =
    plain > LUMPY_MIN
      ? Math.min(plain, lumpyOf(measured, at, { ...test, own }) * Math.sqrt(own / inflation))
      : plain;
  return Math.sign(seen - mean) * Math.min(DEVIATE_MAX, studentDeviate(z, expected.freedom));
}

/** A baseline that never saw an event may well have had one: its first is no proof that it has become more likely. */
function seenOnce(share: number, rows: number): number {
  const least = Math.min(0.5, 1 / rows);
  return Math.min(1 - least, Math.max(least, share));
}

/** Deviations above which lumps are looked at: below them nobody is alarmed. */
const LUMPY_MIN = 2.5;
/** Rates up to which ones count as rare: above, lumps hardly skew them. */
const RARE_MAX = 0.25;

/** The same in the law of lumps (lumpy-law.ts); infinite of a score that lumps hardly skew. */
function lumpyOf(
  { baseline, kind, forecast }: Measured,
  { score, residue }: { readonly score: number; readonly residue: Residue },
  { seen, mean, own }: { seen: number; mean: number; own: number },
): number {
  const { rows, squares } = residue;
  const effect = designEffect(forecast);
  const windowRows = squares / rows;
  const windows = {
    windows: rows ** 2 / squares,
    rows: windowRows,
    between: (own - effect) / windowRows,
    ...forecast,
  };
  if (SCORES[kind][score]?.isShare) return lumpyDeviate({ seen, mean }, windows);
  const commonest = largestChance(baseline, score);
  if (commonest < 1 - RARE_MAX) return Number.POSITIVE_INFINITY;
  const variance = baselineMoments(baseline, kind)[score]?.variance ?? 0;
  const side = Math.sign(seen - mean);
  const cumulant = (tilt: number) =>
    windows.windows *
    rankCumulant(windows, variance, {
      tilt: side * tilt,
      cumulant: (one) => cumulantAt(baseline, score, one),
    });
  return largeDeviate(rows * Math.abs(seen - mean), cumulant, TILT_MAX);
}

const TILT_MAX = 20;

interface Windows extends LumpyLaw {
  /** How many there are of that size: need not be whole. */
  readonly windows: number;
}

/** A rise of a rare share, or a fall of a nearly certain one, in the law of lumps; infinite for any other. */
export function lumpyDeviate({ seen, mean }: { seen: number; mean: number }, law: Windows): number {
  const [rate, after] = mean <= 0.5 ? [mean, seen] : [1 - mean, 1 - seen];
  if (rate > RARE_MAX || rate <= 0 || after <= rate) return Number.POSITIVE_INFINITY;
  const excess = law.windows * law.rows * (after - rate);
  return largeDeviate(excess, (tilt) => law.windows * shareCumulant(law, rate, tilt), TILT_MAX);
}

/** Variance of the mean of a stretch over that of as many independent rows, what is expected of it being known. */
export function ownInflation(forecast: Forecast, score: number, { rows, squares }: Residue): number {
  const { betweenRatio = 0, whitened = 1, lasting = null } = forecast.scores[score] ?? {};
  const effect = designEffect(forecast);
  const apart = Math.max(effect, (effect + (betweenRatio * squares) / rows) * whitened);
  return apart * lastingAt(lasting, rows ** 2 / squares);
}
