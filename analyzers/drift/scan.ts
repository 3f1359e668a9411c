import type { SignalSpec } from '../../core/signals.ts';
import { fisherMidTail, type Proportion } from '../stats/fisher.ts';
import { normalIsfOfLog, normalLogSf } from '../stats/normal.ts';
import { rankTest } from '../stats/rank-test.ts';
import { lumpyDeviate } from './deviates.ts';
import { proportionOf, tailProportions } from './effect.ts';
import { type Dependence, designEffect } from './inflation.ts';
import type { Stretch } from './recent.ts';
import type { Sample } from './sample.ts';

/** Which bet of bets-on.ts a test agrees with, and how far its p-value is below the level it may spend. */
export interface ScanResult {
  /** log(level / p): 0 and above rejects. */
  readonly logRatio: number;
  readonly betIndex: number;
}

/**
 * Lengths looked at, in windows, each with its share of the level: at least this many and less than twice. The
 * short ones see a cliff at once; the long ones find a moderate change sooner than bets against the worst
 * baseline that is still plausible, because a test of two samples knows how uncertain the baseline is.
 */
const LENGTHS = [
  { windows: 1, share: 0.18 },
  { windows: 2, share: 0.55 },
  { windows: 4, share: 0.15 },
  { windows: 8, share: 0.08 },
  { windows: 16, share: 0.04 },
] as const;
/** Shares of a continuous signal's level: most changes move the middle. */
export const SHARES = { location: 0.6, spread: 0.2, tail: 0.1 } as const;
/** Share for the side that is a regression, when the other is not: that is what people are woken up for. */
const REGRESSION_SHARE = 0.8;

/**
 * Exact fixed-size tests of the last 1, 2, 4, 8 and 16 windows against the baseline. One-sided; their levels add
 * up (union bound) to `level` per window.
 *
 * @param suffixes stretches that end now, shortest first
 * @param sessions of the rows; without correlation the tests are exact
 */
export function scanChange(
  pair: {
    baseline: Sample;
    suffixes: readonly Stretch[];
    kind: 'rate' | 'continuous';
    spec: SignalSpec;
  },
  { level, currentRowsMin, sessions }: { level: number; currentRowsMin: number; sessions: Sessions },
): ScanResult | null {
  const { baseline, suffixes, kind, spec } = pair;
  let best: ScanResult | null = null;
  for (const length of LENGTHS) {
    const stretch = suffixes.find(({ windows }) => windows >= length.windows && windows < 2 * length.windows);
    if (!stretch || stretch.sample.count < currentRowsMin) continue;
    const { sample } = stretch;
    const tests =
      kind === 'rate' ? rateTest(baseline, sample, spec) : continuousTests(baseline, sample, spec);
    for (const { logP, shares, share, betIndex } of tests) {
      const logRatio = Math.log(level * length.share * share) - ofSessions(logP, sessions, shares);
      if (!best || logRatio > best.logRatio) best = { logRatio, betIndex };
    }
  }
  return best;
}

/** How the rows of the windows hang together (inflation.ts). */
export type Sessions = Omit<Dependence, 'rows'>;
type Shares = readonly [before: Proportion, after: Proportion];

/**
 * A p-value of independent rows for rows of sessions: its normal deviate is divided by the root of the design effect; where
 * ones are rare, a law of lumps has the last word.
 */
export function ofSessions(logP: number, sessions: Sessions, shares?: Shares): number {
  const effect = designEffect(sessions);
  if (effect === 1 || logP >= -Math.LN2) return logP;
  const deviate = normalIsfOfLog(logP) / Math.sqrt(effect);
  if (!shares) return normalLogSf(deviate);
  const [before, after] = shares;
  const window = { rows: after.trials, windows: 1, between: 0, ...sessions };
  // The baseline's own error is hardly skewed.
  const baselinePart = Math.sqrt(effect / (effect + after.trials / before.trials));
  return normalLogSf(
    Math.min(deviate, lumpyDeviate({ seen: shareOf(after), mean: shareOf(before) }, window) * baselinePart),
  );
}

/** Of none a half is counted: a baseline that never saw the event may well see it. */
function shareOf({ successes, trials }: Proportion): number {
  return Math.min(Math.max(successes, 0.5), trials - 0.5) / trials;
}

interface Test {
  readonly logP: number;
  /** What was compared, of a test of shares. */
  readonly shares?: Shares;
  readonly share: number;
  readonly betIndex: number;
}

function rateTest(baseline: Sample, current: Sample, spec: SignalSpec): Test[] {
  const shares: Shares = [proportionOf(baseline), proportionOf(current)];
  const { logP, sign } = fisherMidTail(...shares);
  return [{ logP, shares, share: sideShare(spec, sign), betIndex: sign > 0 ? 0 : 1 }];
}

function continuousTests(baseline: Sample, current: Sample, spec: SignalSpec): Test[] {
  const location = rankTest(baseline.bins, current.bins, 'location');
  const spread = rankTest(baseline.bins, current.bins, 'spread');
  return [
    {
      logP: location.logTail,
      share: SHARES.location * sideShare(spec, location.sign),
      betIndex: location.sign >= 0 ? 0 : 1,
    },
    { logP: spread.logTail, share: SHARES.spread / 2, betIndex: spread.sign >= 0 ? 2 : 3 },
    ...(['upper', 'lower'] as const).map((tail, index) => {
      const shares = tailProportions({ baseline, current, tail });
      const { logP, sign } = fisherMidTail(...shares);
      // A tail that empties is seen as a narrower spread.
      return { logP: sign > 0 ? logP : 0, shares, share: SHARES.tail, betIndex: 4 + index };
    }),
  ];
}

/** The two sides' shares add up to 1. */
export function sideShare({ up, down }: SignalSpec, sign: number): number {
  const [here, there] = sign >= 0 ? [up, down] : [down, up];
  if ((here === 'regression') === (there === 'regression')) return 0.5;
  return here === 'regression' ? REGRESSION_SHARE : 1 - REGRESSION_SHARE;
}
