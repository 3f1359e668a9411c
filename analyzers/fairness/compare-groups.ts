import type { GroupTable } from '../../core/group-table.ts';
import { DISPARITY_PREFIX, signalSpec } from '../../core/signals.ts';
import { weightedHolm } from '../stats/holm.ts';
import { normalLogSf } from '../stats/normal.ts';
import type { Estimate } from '../stats/ratio-interval.ts';
import { type Measured, measure } from './disparities-of.ts';
import { type Gap, gapOf, rowsMissing } from './gap.ts';
import type { FairnessOptions } from './options.ts';
import { nameOf } from './strata.ts';

/** How a candidate treats a group, against how the baseline treats it. */
export interface GroupComparison {
  readonly attribute: string;
  readonly value: string;
  /** `disparity:refusal`. */
  readonly signal: string;
  /** `worse`: the group is further behind the rest than it was, surely, and beyond the tolerance now. */
  readonly outcome: 'worse' | 'better' | 'same' | 'not_enough_data';
  /** Group against rest, on either side; null where no stratum has both. */
  readonly baseline: Gap | null;
  readonly candidate: Gap | null;
  /**
   * Change of the size, candidate less baseline, towards worse: of rates the difference of the log ratios, of numbers that of
   * the δs. Null unless both are known.
   */
  readonly change: Estimate | null;
  /** log p, two-sided, of no change at all; adjusted for all groups and signals. */
  readonly logP: number;
  /** With `not_enough_data`: about how many more of the group's rows the poorer side needs. */
  readonly rowsNeeded: number | null;
}

/**
 * Whether a candidate's disparities are worse than the baseline's: group by group and signal by signal, each side like
 * with like within itself, the chance of calling any difference when there is none at most `familyWise`. Pure. In order of
 * attribute, value and signal; a group that one side lacks says `not_enough_data`.
 *
 * @see Donner & Zou (2012): the interval of a difference from the interval of each (MOVER)
 */
export function compareGroups(
  baseline: GroupTable,
  candidate: GroupTable,
  { familyWise, fairness: options }: { familyWise: number; fairness: FairnessOptions },
): GroupComparison[] {
  const before = new Map(measure(baseline, options).map((one) => [nameOf(one), one]));
  const after = new Map(measure(candidate, options).map((one) => [nameOf(one), one]));
  const pairs = [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((name) => ({ old: before.get(name) ?? null, now: after.get(name) ?? null }));
  const judged = pairs.map((pair) => judge(pair, options));
  const logPs = weightedHolm(judged.map(({ logP }) => ({ logP, weight: 1 })));
  return judged.map((one, index) => {
    const logP = logPs[index] ?? 0;
    return { ...one, logP, outcome: logP <= Math.log(familyWise) ? one.outcome : settled(one.outcome) };
  });
}

const settled = (outcome: GroupComparison['outcome']): GroupComparison['outcome'] =>
  outcome === 'not_enough_data' ? outcome : 'same';

/** One group's signal on either side. */
interface Pair {
  readonly old: Measured | null;
  readonly now: Measured | null;
}

function judge({ old, now }: Pair, options: FairnessOptions): GroupComparison {
  const { attribute, value, signal } = (now ?? old) as Measured;
  const name = `${DISPARITY_PREFIX}${signal}`;
  const told = { attribute, value, signal: name, baseline: old?.gap ?? null, candidate: now?.gap ?? null };
  const missing = Math.max(missingOf(old, options), missingOf(now, options));
  const change = changeOf({ old, now }, { name, options, z: options.z });
  if (missing > 0 || !change) {
    const rowsNeeded = Math.max(1, missing);
    return { ...told, outcome: 'not_enough_data', change, logP: 0, rowsNeeded };
  }
  const isClear = change.low > 0 || change.high < 0;
  const further = change.value > 0 ? told.candidate : told.baseline;
  const isLarge = further?.isEnough === true && Math.abs(further.size.value) >= further.sizeMin;
  const outcome = !isClear || !isLarge ? 'same' : change.value > 0 ? 'worse' : 'better';
  const logP = logPOfChange({ old, now }, { name, options });
  return { ...told, outcome, change, logP, rowsNeeded: null };
}

const missingOf = (side: Measured | null, options: FairnessOptions): number =>
  rowsMissing(side?.gap ?? null, options, side?.designEffect ?? 1);

/** Of a signal with a worse side, towards that side; of another one, away from none. */
function changeOf(
  { old, now }: Pair,
  { name, options, z }: { name: string; options: FairnessOptions; z: number },
): Estimate | null {
  if (old?.kind !== now?.kind) return null;
  const before = old && gapOf(old.matched, options, { z, designEffect: old.designEffect });
  const after = now && gapOf(now.matched, options, { z, designEffect: now.designEffect });
  if (!before || !after) return null;
  const { up, down } = signalSpec(name);
  const worse = up === 'regression' ? 1 : down === 'regression' ? -1 : after.side === 'up' ? 1 : -1;
  // Both sides must speak of one outcome: of the rarer one, whose ratio says more.
  const index = (before.rest + after.rest) / 2 > 0.5 ? 1 : 0;
  const [b, a] = [directed(sizeIn(before, index), worse), directed(sizeIn(after, index), worse)];
  const value = a.value - b.value;
  return {
    value,
    low: value - Math.hypot(a.value - a.low, b.high - b.value),
    high: value + Math.hypot(a.high - a.value, b.value - b.low),
  };
}

function sizeIn({ sizes, size }: Gap, index: number): Estimate {
  return sizes.length > 1 ? (sizes[index] ?? size) : size;
}

function directed({ value, low, high }: Estimate, sign: number): Estimate {
  return sign > 0 ? { value, low, high } : { value: -value, low: -high, high: -low };
}

function logPOfChange(pair: Pair, at: { name: string; options: FairnessOptions }): number {
  const isClear = (z: number) => {
    const change = changeOf(pair, { ...at, z });
    return change !== null && (change.low > 0 || change.high < 0);
  };
  let [clear, unclear] = [0, 38];
  if (!isClear(1e-9)) return 0;
  for (let step = 0; step < 40; step++) {
    const middle = (clear + unclear) / 2;
    if (isClear(middle)) clear = middle;
    else unclear = middle;
  }
  return Math.min(0, Math.LN2 + normalLogSf(clear));
}
