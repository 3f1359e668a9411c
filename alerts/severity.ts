import type { Effect, Finding } from '../core/finding.ts';
import type { Severity } from '../core/severity.ts';

/**
 * From here on a regression is critical. Each is held against the end of the effect's interval that is nearer to nothing,
 * so that a small sample wakes nobody: it is a warning first, and escalates when it is sure.
 */
export const LARGE_EFFECT: Readonly<Record<Effect['name'], number>> = {
  // One call in ten is worse than before.
  rate_difference: 0.1,
  // "Large" in Romano et al. (2006): three pairs of a call before and one after out of four are the worse way round.
  cliffs_delta: 0.474,
  // What shifting a normal distribution by δ = 0.474 gives: 2Φ(√2 Φ⁻¹(0.737) / 2) − 1 = 0.346.
  ks_distance: 0.35,
  // Half of it gone.
  relative_change: 0.5,
  // Twice as often as the rest, or half as often.
  rate_ratio: 2,
};

/**
 * How urgent a change is in itself, before a rule says otherwise: a regression is a warning, and critical when it is
 * surely large; improvements and changes without better or worse are to be read.
 */
export function severityOf({ verdict, effect }: Pick<Finding, 'verdict' | 'effect'>): Severity {
  if (verdict !== 'regression') return 'info';
  return effect !== null && sizeOf(effect) >= LARGE_EFFECT[effect.name] ? 'critical' : 'warning';
}

/** Of a ratio what is nothing is 1, and half is as much as twice. */
function sizeOf(effect: Effect): number {
  if (effect.name !== 'rate_ratio') return nearEnd(effect);
  const { low, high } = effect;
  return low <= 1 && high >= 1 ? 1 : Math.max(low, 1 / Math.max(high, Number.MIN_VALUE));
}

/** Distance from nothing to the nearer end of the interval; 0 when the interval holds nothing. */
function nearEnd({ low, high }: Effect): number {
  return low <= 0 && high >= 0 ? 0 : Math.min(Math.abs(low), Math.abs(high));
}
