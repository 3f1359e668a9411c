import type { GroupTable } from '../../core/group-table.ts';
import { DISPARITY_PREFIX } from '../../core/signals.ts';
import { weightedHolm } from '../stats/holm.ts';
import { designEffectOf, NO_SCATTER, scatterOf } from './design-effect.ts';
import { type Gap, gapOf, isDisparity, logPOf, type Matched, matchOf, rowsMissing } from './gap.ts';
import type { FairnessOptions } from './options.ts';
import { shrunk } from './shrink.ts';
import { type GroupSignal, groupSignals } from './strata.ts';

/** What a fixed set of inferences says of one group and signal. */
export interface GroupDisparity {
  readonly attribute: string;
  readonly value: string;
  /** `disparity:refusal`. */
  readonly signal: string;
  readonly outcome: 'alarm' | 'quiet' | 'not_enough_data';
  /** Null where no stratum has both sides. */
  readonly gap: Gap | null;
  /** The size drawn towards none by what the other groups show, on the scale of `gap.size`. */
  readonly shrunk: number | null;
  /** Of a group that gets what the rest gets: log p, two-sided, adjusted for all groups and signals. */
  readonly logP: number;
  readonly designEffect: number;
  /** With `not_enough_data`: about how many more of the group's rows are needed. */
  readonly rowsNeeded: number | null;
}

/** A group's signal with what was measured of it, before it is judged. */
export interface Measured extends Omit<GroupSignal, 'strata'> {
  readonly matched: Matched;
  readonly designEffect: number;
  readonly gap: Gap | null;
}

/**
 * Every group of a table against the rest, judged at full power on a fixed set of inferences. A disparity is real: the chance
 * of calling any in the table when all get the same is at most `familyWise` (Holm). And it matters: the limit of the ratio's
 * interval lies beyond four fifths, not only its value, and its value does after shrinkage. In order of attribute, value and
 * signal.
 */
export function disparitiesOf(
  table: GroupTable,
  { familyWise, fairness: options }: { familyWise: number; fairness: FairnessOptions },
): GroupDisparity[] {
  const measured = measure(table, options);
  const sizes = shrunkSizes(measured, options);
  const logPs = weightedHolm(
    measured.map(({ matched, designEffect }) => ({
      weight: 1,
      logP: logPOf(matched, options, designEffect),
    })),
  );
  return measured.map(({ attribute, value, signal, gap, designEffect }, index) => {
    const [logP, size] = [logPs[index] ?? 0, sizes[index] ?? null];
    const missing = rowsMissing(gap, options, designEffect);
    const isLarge = gap !== null && isDisparity(gap) && Math.abs(size ?? 0) >= gap.sizeMin;
    const isAlarm = missing === 0 && isLarge && logP <= Math.log(familyWise);
    return {
      attribute,
      value,
      signal: `${DISPARITY_PREFIX}${signal}`,
      outcome: isAlarm ? 'alarm' : missing > 0 ? 'not_enough_data' : 'quiet',
      gap,
      shrunk: size,
      logP,
      designEffect,
      rowsNeeded: missing > 0 ? missing : null,
    };
  });
}

/** What is between each group of a table and the rest, with an interval at the options' confidence. */
export function measure(table: GroupTable, options: FairnessOptions): Measured[] {
  const scatter = scatterOf(table);
  return groupSignals(table).map(({ attribute, value, signal, kind, strata }) => {
    const designEffect = designEffectOf(scatter.get(signal) ?? NO_SCATTER);
    const matched = matchOf({ kind, strata });
    const gap = gapOf(matched, options, { z: options.z, designEffect });
    return { attribute, value, signal, kind, matched, designEffect, gap };
  });
}

/** Sizes after empirical Bayes over the groups of the same attribute and signal. */
function shrunkSizes(measured: readonly Measured[], options: FairnessOptions): (number | null)[] {
  const families = new Map<string, number[]>();
  measured.forEach(({ attribute, signal }, index) => {
    const name = JSON.stringify([attribute, signal]);
    families.set(name, [...(families.get(name) ?? []), index]);
  });
  const sizes: (number | null)[] = measured.map(() => null);
  for (const indices of families.values()) {
    const known = indices.filter((index) => measured[index]?.gap);
    const drawn = shrunk(known.map((index) => noisy(measured[index]?.gap ?? null, options)));
    known.forEach((index, place) => {
      sizes[index] = drawn[place] ?? null;
    });
  }
  return sizes;
}

/** The standard error that the interval's nearer half implies. */
export function noisy(gap: Gap | null, { z }: FairnessOptions): { effect: number; error: number } {
  if (!gap) return { effect: 0, error: Number.POSITIVE_INFINITY };
  const { value, low, high } = gap.size;
  return { effect: value, error: (value >= 0 ? value - low : high - value) / z };
}
