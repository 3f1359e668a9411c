import type { CategoryShare, Effect } from '../../core/finding.ts';
import { contributions, cramersV, sumOf, type Table } from './contingency.ts';
import { type CategoryOptions, DEFAULT_CATEGORY_OPTIONS } from './options.ts';

/** How a mix of categories changed. */
export interface MixChange {
  readonly effect: Effect;
  /** Whether it reaches the minimum that matters. */
  readonly isLarge: boolean;
  /** The categories that explain most of it, the first the most; at most a dozen. */
  readonly shares: readonly CategoryShare[];
}

/** Categories that a finding shows: what explains less is not read. */
const SHARES_SHOWN = 12;

/** The change between two sets of rows in the same bins. */
export function mixChange(
  table: Table,
  names: readonly string[],
  at: { readonly designEffect?: number; readonly options?: CategoryOptions } = {},
): MixChange {
  const { designEffect = 1, options = DEFAULT_CATEGORY_OPTIONS } = at;
  const { value, low, high } = cramersV(table, designEffect);
  const [old, now] = [Math.max(1, sumOf(table.before)), Math.max(1, sumOf(table.after))];
  const parts = contributions(table);
  const shares = names
    .map((category, bin) => ({
      category,
      before: (table.before[bin] ?? 0) / old,
      after: (table.after[bin] ?? 0) / now,
      part: Math.abs(parts[bin] ?? 0),
    }))
    .filter(({ before, after }) => before > 0 || after > 0)
    .sort((a, b) => b.part - a.part || (a.category < b.category ? -1 : 1));
  const moved = shares.reduce((sum, { before, after }) => sum + Math.abs(after - before), 0) / 2;
  return {
    effect: { name: 'cramers_v', value, low, high },
    isLarge: value >= options.cramersVMin && low > 0 && moved >= options.movedShareMin,
    shares: shares.slice(0, SHARES_SHOWN).map(({ category, before, after }) => ({ category, before, after })),
  };
}
