import type { SignalSpec } from '../../core/signals.ts';
import { normalLogSf } from '../stats/normal.ts';
import { CONTINUOUS_BETS } from './bets-on.ts';
import { deviateOf, type Measured } from './deviates.ts';
import type { ScoreForecast } from './forecast.ts';
import { type Recent, type Residue, residueOf, sumOfResidues } from './recent.ts';
import type { Kind } from './sample.ts';
import { type ScanResult, SHARES, sideShare } from './scan.ts';
import { LOWER_TAIL, RANK, SCORES, SPREAD, UPPER_TAIL } from './scores.ts';

/**
 * Lengths looked at, in windows, each with its share of the level. Windows of time are large enough for a cliff to show
 * in one; a rate that doubles at a few hundred rows an hour shows in a day. The shares add up to more than 1: a long stretch
 * shares all but one of its windows with the one before, so that its false alarms come in clumps, and a clump is one alarm. By how
 * much was found by trying: `npm run bench -- calibration` says what they cost together.
 */
const LENGTHS = [
  { windows: 1, share: 0.15 },
  { windows: 2, share: 0.25 },
  { windows: 3, share: 0.6 },
  { windows: 6, share: 0.25 },
  { windows: 12, share: 0.35 },
  { windows: 18, share: 0.6 },
  { windows: 24, share: 1 },
] as const;
/** Windows that are remembered singly. */
export const RESIDUES_MAX = 24;
/** Of windows remembered in stretches: 32 to 63 of them. */
const LONG = { windows: 32, share: 0.2 };

/**
 * Random-effects tests of the last 1 to 63 windows of time against what was expected of them, one-sided; their false alarms
 * come at most at `level` per window (deviates.ts; measured, not bounded: bench calibration).
 */
export function scanResidues(
  pair: Measured & {
    /** Newest first. */
    readonly residues: readonly Residue[];
    readonly recent: Recent;
    readonly spec: SignalSpec;
  },
  { level, currentRowsMin }: { readonly level: number; readonly currentRowsMin: number },
): ScanResult | null {
  let best: ScanResult | null = null;
  for (const { residue, share } of stretchesOf(pair)) {
    if (residue.rows < currentRowsMin) continue;
    for (const [score, expected] of pair.forecast.scores.entries()) {
      const found = testScore(pair, { score, expected, residue });
      const logRatio = Math.log(level * share * found.share) - found.logP;
      if (!best || logRatio > best.logRatio) best = { logRatio, betIndex: found.betIndex };
    }
  }
  return best;
}

function stretchesOf(at: { readonly residues: readonly Residue[]; readonly recent: Recent }) {
  const found: { residue: Residue; share: number }[] = [];
  let [sum, summed]: [Residue | null, number] = [null, 0];
  for (const { windows, share } of LENGTHS) {
    if (at.residues.length < windows) break;
    sum = sumOfResidues([...(sum ? [sum] : []), ...at.residues.slice(summed, windows)]);
    summed = windows;
    if (sum) found.push({ residue: sum, share });
  }
  const long = residueOf(at.recent, LONG.windows);
  return long ? [...found, { residue: long, share: LONG.share }] : found;
}

interface ScoreTest {
  readonly logP: number;
  readonly share: number;
  readonly betIndex: number;
}

function testScore(
  pair: Measured & { readonly spec: SignalSpec },
  at: { readonly score: number; readonly expected: ScoreForecast; readonly residue: Residue },
): ScoreTest {
  const { kind, spec } = pair;
  const { score, expected, residue } = at;
  const isShare = SCORES[kind][score]?.isShare === true;
  const seen = (residue.sums[score] ?? 0) / residue.rows;
  const forecastMean = (residue.expected[score] ?? 0) / residue.rows;
  const mean = withTolerance(seen, forecastMean, { tolerance: expected.tolerance, isShare });
  const side = sideOf(kind, score, { sign: seen >= mean ? 1 : -1, spec });
  if (side === null) return { logP: 0, share: 1, betIndex: 0 };
  return { logP: normalLogSf(Math.abs(deviateOf(pair, at, { mean, isEstimate: true }))), ...side };
}

/** The mean nearest to what was seen that still counts as expected. */
export function withTolerance(
  seen: number,
  mean: number,
  at: { tolerance: number; isShare: boolean },
): number {
  if (at.tolerance === 0) return mean;
  // The derivative of a share by its log-odds, times four: the same at one half as for a rank.
  const width = at.isShare ? 4 * mean * (1 - mean) * at.tolerance : at.tolerance;
  return Math.min(Math.max(seen, mean - width), mean + width);
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
