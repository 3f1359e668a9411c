import type { CategoryShare, Effect } from '../../core/finding.ts';
import type { Bins } from './bins.ts';
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

/** The change between two sets of rows in the same bins. The effect is of the bins, the shares are as they are told. */
export function mixChange(
  table: Table,
  { names, told = names }: Pick<Bins, 'names' | 'told'>,
  at: { readonly designEffect?: number; readonly options?: CategoryOptions } = {},
): MixChange {
  const { designEffect = 1, options = DEFAULT_CATEGORY_OPTIONS } = at;
  const { value, low, high } = cramersV(table, designEffect);
  const [old, now] = [Math.max(1, sumOf(table.before)), Math.max(1, sumOf(table.after))];
  const categories = [...new Set(told)];
  const shown = { before: together(table.before, told), after: together(table.after, told) };
  const parts = contributions(shown);
  const shares = categories
    .map((category, bin) => ({
      category,
      before: (shown.before[bin] ?? 0) / old,
      after: (shown.after[bin] ?? 0) / now,
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

/** Rows by what they are told as, in the order in which that first comes. */
function together(rows: readonly number[], told: readonly string[]): number[] {
  const sums = new Map<string, number>();
  for (const [bin, name] of told.entries()) sums.set(name, (sums.get(name) ?? 0) + (rows[bin] ?? 0));
  return [...sums.values()];
}
