import { type Interval, newcombeInterval, wilsonInterval } from '../stats/proportion-interval.ts';
import { type Estimate, ratioInterval } from '../stats/ratio-interval.ts';
import { eventsOf, rowsOf, type Stratum } from './strata.ts';

/** One side of a matched comparison of rates: sums over strata. */
interface RateSide {
  readonly rows: number;
  readonly events: number;
  /** Σ w p, with Mantel and Haenszel's weight w = n₁ n₀ / (n₁ + n₀). */
  readonly weightedRate: number;
  /** Σ w² / n: how few rows carry the weight. */
  readonly spread: number;
  /** Σ (w² / n) p̄ and Σ (w² / n) p̄(1 − p̄) N/(N − 1), with the rate p̄ of the stratum's two sides together. */
  readonly pooledRate: number;
  readonly pooledVariance: number;
}

/** A group's rate and the rest's, stratum by stratum, as sums: those of two windows add up. JSON. */
export interface MatchedRates {
  readonly weight: number;
  /** With both sides. */
  readonly strata: number;
  readonly group: RateSide;
  readonly rest: RateSide;
}

const EMPTY_SIDE: RateSide = {
  rows: 0,
  events: 0,
  weightedRate: 0,
  spread: 0,
  pooledRate: 0,
  pooledVariance: 0,
};
const NO_RATES: MatchedRates = {
  weight: 0,
  strata: 0,
  group: EMPTY_SIDE,
  rest: EMPTY_SIDE,
};

/** Rates of both sides, their difference and their ratio (group over rest), each with its interval. */
export interface RateGap {
  readonly group: Estimate;
  readonly rest: Estimate;
  readonly difference: Estimate;
  readonly ratio: Estimate;
  /** Ratio of the rates of the other outcome: of 1 − rate. */
  readonly otherRatio: Estimate;
}

/** Sums of some strata; a stratum without one of the sides has no weight. */
export function matchRates(strata: readonly Stratum[]): MatchedRates {
  return strata.reduce((sum, stratum) => addRates(sum, ratesIn(stratum)), NO_RATES);
}

function ratesIn({ group, rest, times }: Stratum): MatchedRates {
  const [groupRows, restRows] = [rowsOf(group), rowsOf(rest)];
  const [groupEvents, restEvents] = [eventsOf(group), eventsOf(rest)];
  const all = groupRows + restRows;
  const weight = all === 0 ? 0 : (groupRows * restRows) / all;
  const side = (rows: number, events: number): RateSide => {
    const counted = { ...EMPTY_SIDE, rows: times * rows, events: times * events };
    if (weight === 0) return counted;
    const pooled = (groupEvents + restEvents) / all;
    const spread = (times * weight * weight) / rows;
    return {
      ...counted,
      weightedRate: (times * weight * events) / rows,
      spread,
      pooledRate: spread * pooled,
      pooledVariance: (spread * pooled * (1 - pooled) * all) / (all - 1),
    };
  };
  return {
    weight: times * weight,
    strata: weight === 0 ? 0 : times,
    group: side(groupRows, groupEvents),
    rest: side(restRows, restEvents),
  };
}

/** Sums of the strata of both; of disjoint rows. */
export function addRates(a: MatchedRates, b: MatchedRates): MatchedRates {
  return {
    weight: a.weight + b.weight,
    strata: a.strata + b.strata,
    group: addSides(a.group, b.group),
    rest: addSides(a.rest, b.rest),
  };
}

function addSides(a: RateSide, b: RateSide): RateSide {
  return {
    rows: a.rows + b.rows,
    events: a.events + b.events,
    weightedRate: a.weightedRate + b.weightedRate,
    spread: a.spread + b.spread,
    pooledRate: a.pooledRate + b.pooledRate,
    pooledVariance: a.pooledVariance + b.pooledVariance,
  };
}

/** The sums of what counts for `share` of what it was: old windows fade. */
export function fadeRates(rates: MatchedRates, share: number): MatchedRates {
  const side = (one: RateSide): RateSide => ({
    rows: one.rows * share,
    events: one.events * share,
    weightedRate: one.weightedRate * share,
    spread: one.spread * share,
    pooledRate: one.pooledRate * share,
    pooledVariance: one.pooledVariance * share,
  });
  return {
    weight: rates.weight * share,
    strata: rates.strata * share,
    group: side(rates.group),
    rest: side(rates.rest),
  };
}

/**
 * The group's rate and the rest's, standardised to the same mix of strata: Mantel and Haenszel's risk difference and risk
 * ratio, with Newcombe's hybrid score interval and MOVER-R on Wilson limits. Of one stratum they are those methods exactly;
 * of several each side counts as the number of rows whose variance it has, also where strata hold a row or two (Sato's and
 * Greenland & Robins' intervals are the same within a few per cent where events abound, and have no sense where they are none).
 *
 * @param z standard normal quantile: 1.96 for 95 % on two sides
 * @param designEffect variance of the rates over that of independent rows; at least 1
 * @returns null where no stratum has both sides
 * @see Mantel & Haenszel (1959); Yan & Su, Stat. Biopharm. Res. 2 (2010), the same idea with fixed weights; oracle in
 * test/golden/fairness.py
 */
export function rateGap(
  rates: MatchedRates,
  { z, designEffect }: { z: number; designEffect: number },
): RateGap | null {
  if (rates.weight === 0) return null;
  const [groupTrials, restTrials] = [
    effectiveRows(rates, rates.group) / designEffect,
    effectiveRows(rates, rates.rest) / designEffect,
  ];
  const group = estimateOf(rates.group.weightedRate / rates.weight, groupTrials, z);
  const rest = estimateOf(rates.rest.weightedRate / rates.weight, restTrials, z);
  const difference = newcombeInterval(
    { successes: rest.value * restTrials, trials: restTrials },
    { successes: group.value * groupTrials, trials: groupTrials },
    z,
  );
  return {
    group,
    rest,
    difference: { value: group.value - rest.value, ...difference },
    ratio: ratioInterval(group, rest),
    otherRatio: ratioInterval(complement(group), complement(rest)),
  };
}

/** Rows of one stratum whose rate would vary as much. */
function effectiveRows({ weight, strata }: MatchedRates, side: RateSide): number {
  const rows = (weight * weight) / side.spread;
  const rate = side.pooledRate / side.spread;
  const variance = side.pooledVariance / side.spread;
  // Strata that differ much vary less within themselves than all rows together do; where one of a few rows must have the
  // event (one candidate of a list is chosen) they vary more than independent rows.
  const isMixed = strata > 1 && variance > 0 && rate > 0 && rate < 1;
  return isMixed ? (rows * rate * (1 - rate)) / variance : rows;
}

function estimateOf(rate: number, trials: number, z: number): Estimate {
  const limits: Interval = wilsonInterval({ successes: rate * trials, trials }, z);
  return { value: rate, low: Math.min(limits.low, rate), high: Math.max(limits.high, rate) };
}

function complement({ value, low, high }: Estimate): Estimate {
  return { value: 1 - value, low: 1 - high, high: 1 - low };
}
