import { fisherLogP } from '../stats/fisher.ts';
import { rankTest } from '../stats/rank-test.ts';
import { proportionOf } from './effect.ts';
import type { Stretch } from './recent.ts';
import type { Sample } from './sample.ts';

/** Which bet of bets-on.ts a test agrees with, and how far its p-value is below the level it may spend. */
export interface AbruptResult {
  /** log(level / p): 0 and above rejects. */
  readonly logRatio: number;
  readonly betIndex: number;
}

/** Share of the level that each test of a continuous signal may spend. */
const LOCATION_SHARE = 0.7;
const SPREAD_SHARE = 1 - LOCATION_SHARE;

/**
 * Exact fixed-size tests of the last window and of the last two against the baseline: they see a cliff at once,
 * where an e-detector lags a window or two behind. Their levels add up (union bound) to `level` per window.
 *
 * @param latest newest stretches that end now and last one and two windows
 */
export function abruptChange(
  pair: { baseline: Sample; latest: readonly Stretch[]; kind: 'rate' | 'continuous' },
  { level, currentRowsMin }: { level: number; currentRowsMin: number },
): AbruptResult | null {
  const { baseline, latest, kind } = pair;
  const logLevel = Math.log(level / 2);
  const results = latest
    .filter(({ windows, sample }) => windows <= 2 && sample.count >= currentRowsMin)
    .flatMap(({ sample }) =>
      kind === 'rate' ? [rateTest(baseline, sample)] : continuousTests(baseline, sample),
    );
  return results.reduce<AbruptResult | null>((best, { logP, share, betIndex }) => {
    const logRatio = logLevel + Math.log(share) - logP;
    return best && best.logRatio >= logRatio ? best : { logRatio, betIndex };
  }, null);
}

interface Test {
  readonly logP: number;
  readonly share: number;
  readonly betIndex: number;
}

function rateTest(baseline: Sample, current: Sample): Test {
  const [before, after] = [proportionOf(baseline), proportionOf(current)];
  const isUp = after.successes * before.trials >= before.successes * after.trials;
  return { logP: fisherLogP(before, after), share: 1, betIndex: isUp ? 0 : 1 };
}

function continuousTests(baseline: Sample, current: Sample): Test[] {
  const location = rankTest(baseline.bins, current.bins, 'location');
  const spread = rankTest(baseline.bins, current.bins, 'spread');
  return [
    { logP: location.logP, share: LOCATION_SHARE, betIndex: location.sign >= 0 ? 0 : 1 },
    { logP: spread.logP, share: SPREAD_SHARE, betIndex: spread.sign >= 0 ? 2 : 3 },
  ];
}
