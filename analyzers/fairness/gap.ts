import type { Effect } from '../../core/finding.ts';
import { normalLogSf } from '../stats/normal.ts';
import type { Estimate } from '../stats/ratio-interval.ts';
import { addRanks, fadeRanks, type MatchedRanks, matchRanks, rankGap } from './matched-ranks.ts';
import { addRates, fadeRates, type MatchedRates, matchRates, rateGap } from './matched-rates.ts';
import type { FairnessOptions } from './options.ts';
import type { GroupSignal } from './strata.ts';

/** A group against the rest over some windows, rates or numbers; sums that add up. JSON. */
export type Matched =
  | ({ readonly kind: 'rate' } & MatchedRates)
  | ({ readonly kind: 'number' } & MatchedRanks);

/** What is between a group and the rest. */
export interface Gap {
  /** Rates, or medians, of like with like. */
  readonly group: number;
  readonly rest: number;
  readonly effect: Effect;
  /** Of rates, group less rest, with Newcombe's interval; null of a number. */
  readonly difference: Estimate | null;
  readonly side: 'up' | 'down';
  /** On a scale where 0 is none, with the nearer and farther end of its interval: log of a ratio, or δ. */
  readonly size: Estimate;
  /** Of a rate: the same of the event, and of its absence; of a number the one that there is. */
  readonly sizes: readonly Estimate[];
  /** How far from none the tolerance ends on that scale, and from where on a size matters; both > 0. */
  readonly tolerance: number;
  readonly sizeMin: number;
  /** Whether it matters whatever the ratio: a difference of rates is not small. */
  readonly isEnough: boolean;
  /** Rows of either side. */
  readonly rows: { readonly group: number; readonly rest: number };
  /** Rows of the group that count: of the rarer outcome where it is a rate; as independent ones. */
  readonly events: number;
  /** Share of its rows that are such; 1 for a number. */
  readonly eventShare: number;
}

export function matchOf({ kind, strata }: Pick<GroupSignal, 'kind' | 'strata'>): Matched {
  return kind === 'rate' ? { kind, ...matchRates(strata) } : { kind, ...matchRanks(strata) };
}

/** Of disjoint rows; of two kinds, the later one alone. */
export function addMatched(a: Matched, b: Matched): Matched {
  if (a.kind === 'rate' && b.kind === 'rate') return { kind: 'rate', ...addRates(a, b) };
  if (a.kind === 'number' && b.kind === 'number') return { kind: 'number', ...addRanks(a, b) };
  return b;
}

export function fadeMatched(matched: Matched, share: number): Matched {
  return matched.kind === 'rate'
    ? { kind: 'rate', ...fadeRates(matched, share) }
    : { kind: 'number', ...fadeRanks(matched, share) };
}

/** The gap with an interval at `z`; null where no stratum has both sides. */
export function gapOf(
  matched: Matched,
  options: FairnessOptions,
  { z, designEffect }: { z: number; designEffect: number },
): Gap | null {
  return matched.kind === 'rate'
    ? gapOfRates(matched, options, { z, designEffect })
    : gapOfRanks(matched, options, { z, designEffect });
}

type Precision = { readonly z: number; readonly designEffect: number };

function gapOfRates(matched: MatchedRates, options: FairnessOptions, precision: Precision): Gap | null {
  const gap = rateGap(matched, precision);
  if (!gap) return null;
  const { difference, ratio, otherRatio } = gap;
  const tolerance = Math.log(options.ratioMin);
  const asLog = logOf(ratio);
  // Of a frequent outcome the ratio moves little: then the other one's tells who is worse off.
  const other = negated(logOf(otherRatio));
  const isOther = Math.abs(nearEnd(other)) > Math.abs(nearEnd(asLog));
  const pooled = (matched.group.events + matched.rest.events) / (matched.group.rows + matched.rest.rows);
  const isRare = pooled <= 0.5;
  const { rows, events } = matched.group;
  const observed = isRare ? events : rows - events;
  const eventShare = Math.max(Math.min(pooled, 1 - pooled), rows > 0 ? observed / rows : 0);
  return {
    group: gap.group.value,
    rest: gap.rest.value,
    effect:
      isOther || !Number.isFinite(ratio.high)
        ? { name: 'rate_difference', ...difference }
        : { name: 'rate_ratio', ...ratio },
    difference,
    side: difference.value >= 0 ? 'up' : 'down',
    size: isOther ? other : asLog,
    sizes: [asLog, other],
    tolerance,
    sizeMin: tolerance,
    isEnough: Math.abs(difference.value) >= options.differenceMin,
    rows: { group: rows, rest: matched.rest.rows },
    events: (rows * eventShare) / precision.designEffect,
    eventShare,
  };
}

function gapOfRanks(matched: MatchedRanks, options: FairnessOptions, precision: Precision): Gap | null {
  const gap = rankGap(matched, precision);
  if (!gap) return null;
  return {
    group: gap.group,
    rest: gap.rest,
    effect: { name: 'cliffs_delta', ...gap.delta },
    difference: null,
    side: gap.delta.value >= 0 ? 'up' : 'down',
    size: gap.delta,
    sizes: [gap.delta],
    tolerance: options.deltaTolerance,
    sizeMin: options.deltaMin,
    isEnough: true,
    rows: { group: matched.group.rows, rest: matched.rest.rows },
    events: matched.group.rows / precision.designEffect,
    eventShare: 1,
  };
}

function logOf({ value, low, high }: Estimate): Estimate {
  return { value: Math.log(value), low: Math.log(low), high: Math.log(high) };
}

function negated({ value, low, high }: Estimate): Estimate {
  return { value: -value, low: -high, high: -low };
}

/** The end of an interval that is nearer to none; 0 when it holds none. */
export function nearEnd({ low, high }: Estimate): number {
  if (low > 0) return low;
  return high < 0 ? high : 0;
}

/** Whether a gap is beyond the tolerance with the confidence of its interval, and matters. */
export function isDisparity(gap: Gap): boolean {
  return (
    gap.isEnough && Math.abs(nearEnd(gap.size)) > gap.tolerance && Math.abs(gap.size.value) >= gap.sizeMin
  );
}

const HALVINGS = 40;
const Z_MAX = 38;

/** log p, two-sided, of a group that gets what the rest gets: the level at which the interval would just hold that. */
export function logPOf(matched: Matched, options: FairnessOptions, designEffect: number): number {
  const isBeyond = (z: number) => {
    const gap = gapOf(matched, options, { z, designEffect });
    return gap !== null && nearEnd(gap.size) !== 0;
  };
  let [beyond, within] = [0, Z_MAX];
  if (!isBeyond(1e-9)) return 0;
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (beyond + within) / 2;
    if (isBeyond(middle)) beyond = middle;
    else within = middle;
  }
  return Math.min(0, Math.LN2 + normalLogSf(beyond));
}

/** About how many more rows of the group make `eventsMin`; 0 for none. */
export function rowsMissing(gap: Gap | null, options: FairnessOptions, designEffect: number): number {
  if (!gap) return options.eventsMin;
  const missing = options.eventsMin - gap.events;
  if (missing <= 0) return 0;
  const share = Math.max(gap.eventShare, 1 / Math.max(1, gap.rows.group + gap.rows.rest));
  return Math.max(1, Math.ceil((missing * designEffect) / share));
}
