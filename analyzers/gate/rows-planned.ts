import { normalIsf, normalLogSf } from '../stats/normal.ts';
import type { Contrast } from './contrast.ts';

/** What decides how many rows show that a signal is not worse by its margin. */
export interface Plan {
  /** In the scale of the contrast, above 0. */
  readonly margin: number;
  readonly rowVariance: number;
  /** What the limit is wider than the normal one, times the rows: it shrinks with their number, not with its root. */
  readonly excess: number;
  /** With fewer rows it cannot be shown. */
  readonly rowsMin: number;
  readonly alpha: number;
  /** Of the inferences of a side, or of the pairs, those that have the signal. */
  readonly share: number;
}

/** Four chances in five to be told "same" when it is. */
const POWER = 0.8;

/** Of what was seen on the side that is a regression; null where nothing can be planned: a margin of 0, or a single session. */
export function planOf(
  { value, low, high, rowVariance, rows }: Contrast,
  at: { margin: number; bad: number; isRate: boolean; alpha: number; share: number },
): Plan | null {
  const { margin, bad, isRate, alpha, share } = at;
  if (!(margin > 0) || !Number.isFinite(rowVariance)) return null;
  const z = normalIsf(alpha);
  const half = bad > 0 ? high - value : value - low;
  const excess = Math.max(0, (half - z * Math.sqrt(rowVariance / rows)) * rows);
  // Where nothing fails, the score interval alone is this wide.
  const rowsMin = isRate ? Math.max(2, (z * z * (1 - margin)) / margin) : 2;
  return { margin, rowVariance, excess, rowsMin, alpha, share };
}

/** Rows that show one signal to be the same with four chances in five, if it is. */
export const rowsPlanned = (plan: Plan): number => rowsForAll([{ ...plan, share: 1 }]);

/** The same of all signals together: of inferences on each side, or of pairs. The chances to miss one are added up. */
export function rowsForAll(plans: readonly Plan[]): number {
  const isEnough = (rows: number): boolean =>
    plans.reduce((sum, plan) => sum + missOf(plan, rows * plan.share), 0) <= 1 - POWER;
  let high = 2;
  while (!isEnough(high) && high < Number.MAX_SAFE_INTEGER / 2) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Chance that what is the same is not shown to be. */
function missOf({ margin, rowVariance, excess, rowsMin, alpha }: Plan, rows: number): number {
  const left = margin - excess / rows;
  if (rows < rowsMin || left <= 0) return 1;
  if (rowVariance === 0) return 0;
  return Math.exp(normalLogSf(left * Math.sqrt(rows / rowVariance) - normalIsf(alpha)));
}
