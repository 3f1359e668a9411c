import type { CategoryShare, Effect } from '../../core/finding.ts';
import { type Bins, binned, binsOf } from './bins.ts';
import { contingency, jensenShannon } from './contingency.ts';
import { type Counts, totalOf } from './counts.ts';
import { mixChange } from './mix-change.ts';
import { type CategoryOptions, DEFAULT_CATEGORY_OPTIONS } from './options.ts';

export interface CategoryCompareOptions {
  /** Chance of calling a difference where there is none. */
  readonly level: number;
  /** φ ≥ 1 (Rao & Scott): how much more the counts vary than independent rows would; 1 when every row is its own session. */
  readonly designEffect?: number;
  readonly options?: CategoryOptions;
  /** Bins that the baseline makes; by its mass (bins.ts) unless said. */
  readonly binsFrom?: (baseline: Counts) => Bins;
}

/** What a fixed-size comparison says of one category signal. */
export interface CategoryComparison {
  readonly outcome: 'alarm' | 'quiet' | 'not_enough_data';
  /** log of the p-value of G / φ. */
  readonly logP: number;
  /** Cramér's V. */
  readonly effect: Effect;
  /** Jensen–Shannon distance in [0, 1]. */
  readonly distance: number;
  readonly shares: readonly CategoryShare[];
  readonly samples: { readonly baseline: number; readonly current: number };
  /** With `not_enough_data`: about how many more current rows are needed. */
  readonly rowsNeeded: number | null;
}

/** Expected rows per bin from which the law of G is near to χ². */
const ROWS_PER_BIN_MIN = 5;

/**
 * Compares the mixes of two fixed sets of rows: G of the contingency table over its design effect against χ², with an
 * effect that is large enough to matter. Bins are made by the baseline alone (bins.ts). Never throws: an empty side is
 * not enough data.
 */
export function compareCategories(
  baseline: Counts,
  current: Counts,
  { level, designEffect = 1, options = DEFAULT_CATEGORY_OPTIONS, binsFrom = binsOf }: CategoryCompareOptions,
): CategoryComparison {
  const bins = binsFrom(baseline);
  const table = { before: binned(bins, baseline), after: binned(bins, current) };
  // Rows without their season are not whole.
  const samples = { baseline: Math.round(totalOf(baseline)), current: Math.round(totalOf(current)) };
  const { logP } = contingency(table, designEffect);
  const { effect, isLarge, shares } = mixChange(table, bins, { designEffect, options });
  const told = { logP, effect, distance: jensenShannon(table), shares, samples };
  if (isLarge && logP <= Math.log(level) && samples.current >= options.currentRowsMin)
    return { ...told, outcome: 'alarm', rowsNeeded: null };
  const occupied = table.before.filter((rows, bin) => rows + (table.after[bin] ?? 0) > 0).length;
  const rowsMin = Math.max(options.currentRowsMin, ROWS_PER_BIN_MIN * occupied);
  const missing = rowsMin - Math.min(samples.current, samples.baseline);
  if (missing > 0) return { ...told, outcome: 'not_enough_data', rowsNeeded: Math.ceil(missing) };
  return { ...told, outcome: 'quiet', rowsNeeded: null };
}

/** What a comparison says of a mix, as fields of a reading. @param level that it was made at */
export function toldOf(
  { outcome, effect, shares, samples, logP, rowsNeeded }: CategoryComparison,
  level: number,
) {
  const isMeasured = outcome !== 'not_enough_data';
  return {
    outcome,
    direction: isMeasured ? ('mix' as const) : null,
    verdict: isMeasured ? ('change' as const) : null,
    effect,
    before: shares[0]?.before ?? null,
    after: shares[0]?.after ?? null,
    samples,
    rowsNeeded,
    evidence: Math.exp(Math.min(LOG_EVIDENCE_MAX, Math.log(level) - logP)),
  };
}

/** Keeps evidence finite for JSON. */
const LOG_EVIDENCE_MAX = 700;
