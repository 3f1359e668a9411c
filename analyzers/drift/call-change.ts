import type { SignalSpec } from '../../core/signals.ts';
import type { Bet } from './bet.ts';
import { CONTINUOUS_BETS } from './bets-on.ts';
import { type Change, clearestChange, middleChange, shapeChange, tailChange } from './effect.ts';
import type { DetectorOptions } from './options.ts';
import type { Stretch } from './recent.ts';
import type { Kind, Sample } from './sample.ts';
import { baselineMoments, scoreWindow } from './scores.ts';

export type Aspect = 'middle' | 'upper_tail' | 'lower_tail' | 'shape';

interface Against {
  readonly baseline: Sample;
  readonly kind: Kind;
  readonly spec: SignalSpec;
}

/** What changed enough to matter: the middle or the shape, else a tail that was bet on; or null. */
export function callChange(
  against: Against,
  at: { readonly onset: Stretch; readonly betIndex: number },
  options: DetectorOptions,
): { aspect: Aspect; change: Change } | null {
  const pair = { ...against, current: at.onset.sample, expected: expectedOf(at.onset) };
  const clearest = clearestChange(pair, options);
  if (clearest.isLarge) {
    return { aspect: clearest.direction === 'shape' ? 'shape' : 'middle', change: clearest };
  }
  const bet = against.kind === 'continuous' ? CONTINUOUS_BETS[at.betIndex] : undefined;
  for (const tail of ['upper', 'lower'] as const) {
    // A wider spread fills both tails, often before the shape as a whole has moved by much.
    if (bet !== `${tail}_tail` && bet !== 'wider') continue;
    const change = tailChange({ ...pair, tail }, options);
    if (change.isLarge) return { aspect: `${tail}_tail`, change };
  }
  return null;
}

/** The change of one aspect over a stretch. */
export function changeOf(
  aspect: Aspect,
  { against, stretch }: { readonly against: Against; readonly stretch: Stretch },
  options: DetectorOptions,
): Change {
  const pair = { ...against, current: stretch.sample, expected: expectedOf(stretch) };
  if (aspect === 'middle') return middleChange(pair, options);
  if (aspect === 'shape') return shapeChange(pair, options);
  return tailChange({ ...pair, tail: aspect === 'upper_tail' ? 'upper' : 'lower' }, options);
}

function expectedOf({ residue }: Stretch): readonly number[] | undefined {
  return residue?.expected.map((sum) => sum / residue.rows);
}

/** The stretch that differs most clearly from the baseline in what was bet on: where the change began. */
export function onsetOf(stretches: Iterable<Stretch>, at: Wagered, options: DetectorOptions): Stretch | null {
  let best: { stretch: Stretch; clarity: number } | null = null;
  for (const stretch of stretches) {
    if (stretch.sample.count < options.currentRowsMin) continue;
    const clarity = clarityOf(stretch, at);
    if (!best || clarity > best.clarity) best = { stretch, clarity };
  }
  return best?.stretch ?? null;
}

interface Wagered {
  readonly bet: Bet;
  readonly baseline: Sample;
  readonly kind: Kind;
  readonly betweenRatio: number;
}

/** By how many deviations, up to a factor, a stretch is away from what was expected of it. */
function clarityOf({ sample, residue }: Stretch, { bet, baseline, kind, betweenRatio }: Wagered): number {
  const { rows, sums } = residue ?? scoreWindow(baseline.bins, sample.bins, kind);
  const before = residue
    ? (residue.expected[bet.score] ?? 0) / rows
    : (baselineMoments(baseline, kind)[bet.score]?.mean ?? 0);
  const moved = ((sums[bet.score] ?? 0) / rows - before) * (bet.isRise ? 1 : -1);
  const between = residue ? (betweenRatio * residue.squares) / rows ** 2 : 0;
  return moved / Math.sqrt(1 / rows + between + 1 / baseline.count);
}
