import type { Finding } from '../../core/finding.ts';
import { ALL_MODELS, BUDGET_PREFIX, type SpendBudget } from '../../core/spend-budget.ts';
import type { SpendForecast, SpendPeriod } from './spend-forecast.ts';

/** A budget is said not to last when at most one future in twenty keeps it. */
export const CHANCE_OVER_MIN = 0.95;
const MICRO = 1e6;

/**
 * What a forecast says of a budget, as a finding of the hour before `now`: an alarm when it is spent, with a forecast or
 * without, or will be with a chance of 95 %. The effect is the spend at the end of the period against the budget, with the
 * forecast's interval; without one, what is spent, which is the least that it can be.
 *
 * @param forecast null: not enough history
 * @param spent of the period so far
 * @param hours of spend that the forecast was made of
 */
export function budgetFinding(
  budget: SpendBudget,
  forecast: SpendForecast | null,
  {
    period,
    spent,
    hours,
    hoursNeeded,
  }: { period: SpendPeriod; spent: number; hours: number; hoursNeeded: number },
): Finding {
  const { usd, name, project, model, segment } = budget;
  const since = new Date(period.now.getTime() - 3_600_000);
  const told = {
    project,
    model: model === '' ? ALL_MODELS : model,
    version: '',
    segment,
    signal: `${BUDGET_PREFIX}${name}`,
    family: 'cost',
    detector: 'budget',
    since,
    until: period.now,
    before: usd * MICRO,
    samples: { baseline: hours, current: hours },
    histograms: { before: [], after: [] },
    changedSince: since,
    baselineVersion: '',
    becameBaseline: false,
  } as const;
  const isSpent = spent >= usd;
  if (forecast === null && !isSpent) {
    const nothing = { direction: null, verdict: null, effect: null, after: null, evidence: 0 } as const;
    return { ...told, ...nothing, outcome: 'not_enough_data', rowsNeeded: Math.max(1, hoursNeeded) };
  }
  const total = forecast?.total ?? { value: spent, low: spent, high: spent };
  const chanceOver = isSpent ? 1 : (forecast?.chanceOver ?? 0);
  const over = (value: number): number => value / usd - 1;
  const isOver = chanceOver >= CHANCE_OVER_MIN;
  const isUp = isSpent || total.value > usd;
  return {
    ...told,
    outcome: isOver ? 'alarm' : 'quiet',
    direction: isUp ? 'up' : 'down',
    verdict: isUp ? 'regression' : 'improvement',
    effect: {
      name: 'relative_change',
      value: over(total.value),
      low: over(total.low),
      high: over(total.high),
    },
    after: total.value * MICRO,
    evidence: isOver
      ? Math.max(1, chanceOver / CHANCE_OVER_MIN)
      : Math.min(0.99, chanceOver / CHANCE_OVER_MIN),
    rowsNeeded: null,
  };
}
