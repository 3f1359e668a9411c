import type { Finding } from '../../core/finding.ts';
import type { SpendBudget } from '../../core/spend-budget.ts';
import type { Store } from '../../sql/client.ts';
import { type AnsweredCalls, answeredCalls } from '../../sql/queries/answered-calls.ts';
import { type SpendCalls, type SpendPart, spendParts } from '../../sql/queries/spend.ts';
import { type BudgetOutlook, outlookOf } from './budget-watch.ts';
import { blindness, unpricedWords } from './budget-words.ts';
import { type CapacityLine, capacityReport } from './capacity-report.ts';
import { type CheaperModels, cheaperModels } from './cheaper-models.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What a model was like before is no guide to what it is now, and a month of rows takes four times as long to choose from. */
const COMPARED_DAYS = 7;

export interface CostQuery {
  /** Empty: all of them. */
  readonly project: string;
  readonly days: number;
  readonly by: 'stream' | 'segment';
  /** Whether models are compared too, which takes seconds and more. */
  readonly hasCheaper: boolean;
  readonly now: Date;
}

/** What is spent and how long it lasts; times as ISO 8601, money in dollars, shares in [0, 1]. */
export interface CostReport {
  readonly since: string;
  readonly until: string;
  readonly spend: readonly {
    readonly project: string;
    readonly model: string;
    readonly version: string;
    readonly segment: string;
    readonly inferences: number;
    readonly usd: number;
    /** Share of the inferences whose price is known. */
    readonly priced: number;
    /** Of the calls whose price is known; null where none of them was answered. */
    readonly usd_per_answer: number | null;
    readonly answered: number | null;
  }[];
  readonly budgets: readonly {
    readonly name: string;
    readonly usd: number;
    readonly per: SpendBudget['per'];
    readonly period_until: string;
    readonly spent: number;
    readonly forecast: {
      readonly total: number;
      readonly low: number;
      readonly high: number;
      readonly chance_over: number;
      readonly exhausted_at: string | null;
      readonly exhausted_between: readonly [string | null, string | null];
    } | null;
    /** Hours of spend still missing before there is a forecast; 0 with one. */
    readonly hours_needed: number;
    /** `alarm`: spent, or will be with a chance of 95 %. */
    readonly outcome: Finding['outcome'];
    /** Calls of this period that it is about; those without a known price count nothing. */
    readonly calls: number;
    readonly calls_priced: number;
    /** What there is none of in eight weeks, so that nothing is counted; null: nothing is missing. */
    readonly missing: SpendCalls['missing'];
    /** What of it is not counted, and why, in words; null if all of it is. */
    readonly left_out: string | null;
  }[];
  /** The servers with the most calls first, and how many with fewer are left out. */
  readonly capacity: readonly CapacityLine[];
  readonly capacity_left_out: number;
  /** Of the last seven days at most; null if nobody asked. */
  readonly cheaper: CheaperModels | null;
}

/** Spend, budgets and capacity of the last days, and which cheaper models may do. */
export async function costReport(
  store: Store,
  budgets: readonly SpendBudget[],
  { project, days, by, hasCheaper, now }: CostQuery,
): Promise<CostReport> {
  const until = new Date(Math.ceil(now.getTime() / HOUR_MS) * HOUR_MS);
  const since = new Date(until.getTime() - days * DAY_MS);
  const parts = await spendParts(store, { project, by, since, until });
  const [answered, capacity] = await Promise.all([
    answeredCalls(store, { project, since, until, segments: by === 'segment' ? parts : [] }),
    capacityReport(store, { project, until }),
  ]);
  const answeredBy = new Map(answered.map((one) => [nameOf(one), one]));
  const outlooks = [];
  for (const budget of budgets) {
    if (project === '' || budget.project === project) outlooks.push(await outlookOf(store, budget, now));
  }
  const comparedSince = new Date(until.getTime() - Math.min(days, COMPARED_DAYS) * DAY_MS);
  return {
    since: since.toISOString(),
    until: until.toISOString(),
    spend: parts.map((part) => spendLine(part, answeredBy.get(nameOf(part)))),
    budgets: outlooks.map(budgetLine),
    capacity: capacity.lines,
    capacity_left_out: capacity.leftOut,
    cheaper: hasCheaper ? await cheaperModels(store, { project, since: comparedSince, until }) : null,
  };
}

function spendLine(
  { priced, ...part }: SpendPart,
  calls: AnsweredCalls | undefined,
): CostReport['spend'][number] {
  return {
    ...part,
    priced: part.inferences === 0 ? 0 : Math.min(1, priced / part.inferences),
    usd_per_answer: calls && calls.pricedAnswered > 0 ? calls.usd / calls.pricedAnswered : null,
    answered: calls && calls.calls > 0 ? calls.answered / calls.calls : null,
  };
}

function budgetLine({
  budget,
  period,
  spent,
  forecast,
  calls,
  finding,
}: BudgetOutlook): CostReport['budgets'][number] {
  return {
    name: budget.name,
    usd: budget.usd,
    per: budget.per,
    period_until: period.until.toISOString(),
    spent,
    forecast: forecast && {
      total: forecast.total.value,
      low: forecast.total.low,
      high: forecast.total.high,
      chance_over: forecast.chanceOver,
      exhausted_at: iso(forecast.exhaustedAt.value),
      exhausted_between: [iso(forecast.exhaustedAt.low), iso(forecast.exhaustedAt.high)],
    },
    hours_needed: finding.rowsNeeded ?? 0,
    outcome: finding.outcome,
    calls: calls.calls,
    calls_priced: calls.priced,
    missing: calls.missing,
    left_out: blindness(budget, calls) ?? unpricedWords(budget, calls),
  };
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
const nameOf = ({ project, model, version, segment }: AnsweredCalls | SpendPart): string =>
  JSON.stringify([project, model, version, segment]);
