import type { SignalSpec } from '../../core/signals.ts';
import { lumpyCountZ } from '../stats/lumpy-count.ts';
import { meanTestZ } from '../stats/mean-test.ts';
import { studentLogSf } from '../stats/student.ts';
import { CONTINUOUS_BETS } from './bets-on.ts';
import type { Forecast, ScoreForecast } from './forecast.ts';
import type { Residue } from './recent.ts';
import type { Kind, Sample } from './sample.ts';
import { type ScanResult, SHARES, sideShare } from './scan.ts';
import {
  baselineMoments,
  LOWER_TAIL,
  RANK,
  RANK_STEPS,
  SCORES,
  SPREAD,
  scoreWindow,
  UPPER_TAIL,
} from './scores.ts';

/**
 * Lengths looked at, in windows, each with its share of the level. Windows of time are large enough for a cliff to show
 * in one; a rate that doubles at a few hundred rows an hour shows in a day.
 */
const LENGTHS = [
  { windows: 1, below: 2, share: 0.2 },
  { windows: 2, below: 4, share: 0.15 },
  { windows: 4, below: 8, share: 0.1 },
  { windows: 8, below: 16, share: 0.15 },
  { windows: 16, below: 24, share: 0.2 },
  { windows: 24, below: 48, share: 0.2 },
] as const;

/**
 * Random-effects tests of the last 1 to 47 windows of time against what was expected of them, one-sided; their levels
 * add up (union bound) to `level` per window.
 *
 * The signed root r* of the likelihood ratio of a mean, right for skewed scores far out in the tail, over the root of
 * how much more the mean varies than that of independent rows: sessions, what windows have in common, and the
 * baseline's own error. Student's t with the degrees of freedom of the variance between windows. Dividing r*² by φ is
 * dividing counts by φ, so it is exact for sessions whose rows are all equal, and for normal sums at any φ. Where ones are
 * rare, variance alone says too little of how they come, and a law of lumps has the last word (lumpy-count.ts).
 *
 * @param stretches windows that end now, shortest first
 */
export function scanResidues(
  pair: {
    readonly baseline: Sample;
    readonly kind: Kind;
    readonly stretches: readonly { readonly windows: number; readonly residue: Residue }[];
    readonly forecast: Forecast;
    readonly spec: SignalSpec;
  },
  { level, currentRowsMin }: { readonly level: number; readonly currentRowsMin: number },
): ScanResult | null {
  let best: ScanResult | null = null;
  for (const length of LENGTHS) {
    const stretch = pair.stretches.find(({ windows }) => windows >= length.windows && windows < length.below);
    if (!stretch || stretch.residue.rows < currentRowsMin) continue;
    for (const [score, expected] of pair.forecast.scores.entries()) {
      const found = testScore(pair, { score, expected, residue: stretch.residue });
      const logRatio = Math.log(level * length.share * found.share) - found.logP;
      if (!best || logRatio > best.logRatio) best = { logRatio, betIndex: found.betIndex };
    }
  }
  return best;
}

interface ScoreTest {
  readonly logP: number;
  readonly share: number;
  readonly betIndex: number;
}

function testScore(
  pair: {
    readonly baseline: Sample;
    readonly kind: Kind;
    readonly forecast: Forecast;
    readonly spec: SignalSpec;
  },
  at: { readonly score: number; readonly expected: ScoreForecast; readonly residue: Residue },
): ScoreTest {
  const { baseline, kind, forecast, spec } = pair;
  const { score, expected, residue } = at;
  const isShare = SCORES[kind][score]?.isShare === true;
  const seen = (residue.sums[score] ?? 0) / residue.rows;
  const forecastMean = (residue.expected[score] ?? 0) / residue.rows;
  const mean = withTolerance(seen, forecastMean, { tolerance: expected.tolerance, isShare });
  const sign = seen >= mean ? 1 : -1;
  const side = sideOf(kind, score, { sign, spec });
  if (seen === mean || side === null) return { logP: 0, share: 1, betIndex: 0 };
  const variance = baselineMoments(baseline, kind)[score]?.variance ?? 0;
  const test = { rows: residue.rows, seen, mean };
  const scaled =
    meanTestZ(test, isShare ? 'share' : { variance, levels: () => levelsOf(baseline, score) }) /
    Math.sqrt(inflationOf(forecast, expected, residue));
  const z = isShare && scaled > LUMPY_MIN ? Math.min(scaled, lumpyZ(test, { forecast, expected, residue })) : scaled;
  return { logP: studentLogSf(z, expected.freedom), ...side };
}

/** Deviations above which lumps are looked at: below them nobody is alarmed. */
const LUMPY_MIN = 2.5;
/** Rates up to which ones count as rare: above, lumps hardly skew them. */
const RARE_MAX = 0.25;

/** A rise of a rare share, or a fall of a nearly certain one, in the law of lumps; infinite for any other. */
function lumpyZ(
  { rows, seen, mean }: { rows: number; seen: number; mean: number },
  at: { forecast: Forecast; expected: ScoreForecast; residue: Residue },
): number {
  const [rate, after] = mean <= 0.5 ? [mean, seen] : [1 - mean, 1 - seen];
  if (rate > RARE_MAX || rate <= 0 || after <= rate) return Number.POSITIVE_INFINITY;
  const { forecast, expected, residue } = at;
  const z = lumpyCountZ(after * rows, {
    windowRows: residue.squares / rows,
    windows: rows ** 2 / residue.squares,
    rate,
    rateVariance: expected.betweenRatio * expected.whitened * rate * (1 - rate),
    sessionRows: forecast.sessionRows,
    correlation: forecast.correlation,
  });
  // The baseline's own error is hardly skewed.
  const inflation = inflationOf(forecast, expected, residue);
  return z * Math.sqrt(1 - rows / expected.baselineRows / inflation);
}

/** The mean nearest to what was seen that still counts as expected. */
function withTolerance(seen: number, mean: number, at: { tolerance: number; isShare: boolean }): number {
  if (at.tolerance === 0) return mean;
  // The derivative of a share by its log-odds, times four: the same at one half as for a rank.
  const width = at.isShare ? 4 * mean * (1 - mean) * at.tolerance : at.tolerance;
  return Math.min(Math.max(seen, mean - width), mean + width);
}

/** Variance of the mean of a stretch less what was expected, over that of as many independent rows. */
function inflationOf(forecast: Forecast, expected: ScoreForecast, { rows, squares }: Residue): number {
  const effect = 1 + (forecast.sessionRows - 1) * forecast.correlation;
  const own = (effect + (expected.betweenRatio * squares) / rows) * expected.whitened;
  return Math.max(effect, own) + rows / expected.baselineRows;
}

/** Which bet a test agrees with, and its share of the signal's level; null if that side is not looked at. */
function sideOf(
  kind: Kind,
  score: number,
  { sign, spec }: { sign: 1 | -1; spec: SignalSpec },
): { share: number; betIndex: number } | null {
  if (kind === 'rate') return { share: sideShare(spec, sign), betIndex: sign > 0 ? 0 : 1 };
  const bet = (name: (typeof CONTINUOUS_BETS)[number]) => CONTINUOUS_BETS.indexOf(name);
  switch (score) {
    case RANK:
      return { share: SHARES.location * sideShare(spec, sign), betIndex: bet(sign > 0 ? 'up' : 'down') };
    case SPREAD:
      return { share: SHARES.spread / 2, betIndex: bet(sign > 0 ? 'wider' : 'narrower') };
    case UPPER_TAIL:
      // A tail that empties is seen as a narrower spread.
      return sign > 0 ? { share: SHARES.tail, betIndex: bet('upper_tail') } : null;
    case LOWER_TAIL:
      return sign > 0 ? { share: SHARES.tail, betIndex: bet('lower_tail') } : null;
    default:
      return null;
  }
}

/** The law of a score over the baseline, on a grid: a tail needs no more. */
function levelsOf(baseline: Sample, score: number): readonly (readonly [score: number, chance: number])[] {
  const { rows, ranks, counts } = scoreWindow(baseline.bins, baseline.bins, 'continuous');
  const chances = new Map<number, number>();
  for (const [at, count] of counts.entries()) {
    const rank = (ranks[at] ?? 0) / RANK_STEPS;
    const value = score === SPREAD ? Math.abs(2 * rank - 1) : rank;
    const level = Math.round(value * LEVEL_STEPS) / LEVEL_STEPS;
    chances.set(level, (chances.get(level) ?? 0) + count / rows);
  }
  return [...chances];
}

const LEVEL_STEPS = 128;
