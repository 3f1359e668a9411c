import { readFileSync } from 'node:fs';
import { budgetFinding } from '../../analyzers/cost/budget-finding.ts';
import { parseBudgetsFile } from '../../analyzers/cost/budgets-file.ts';
import { forecastSpend, HISTORY_HOURS_MIN, type SpendForecast } from '../../analyzers/cost/spend-forecast.ts';
import { AppError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { periodOf, type SpendBudget } from '../../core/spend-budget.ts';
import type { Store } from '../../sql/client.ts';
import { writeFindings } from '../../sql/queries/findings.ts';
import { type SpendCalls, spendByHour, spendCalls } from '../../sql/queries/spend.ts';
import { blindness } from './budget-words.ts';

const HOUR_MS = 3_600_000;
/** Eight weeks teach the hours of the week; what is older teaches what the model cost in another time. */
const HISTORY_MS = 56 * 24 * HOUR_MS;

/** A budget, and how its period will end. */
export interface BudgetOutlook {
  readonly budget: SpendBudget;
  readonly period: { readonly since: Date; readonly until: Date };
  /** Null: too little history. */
  readonly forecast: SpendForecast | null;
  /** Of this period, dollars. */
  readonly spent: number;
  /** Calls of this period that it is about. */
  readonly calls: SpendCalls;
  readonly finding: Finding;
}

/** The budgets that the settings name; none without a file. @throws AppError `invalid_input` for what cannot be used */
export function budgetsOf({
  BUDGETS_FILE: file,
}: {
  readonly BUDGETS_FILE?: string | undefined;
}): readonly SpendBudget[] {
  if (file === undefined) return [];
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_input', `BUDGETS_FILE=${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
  return parseBudgetsFile(text, file);
}

/** How the period of a budget will end, by what is stored up to the last whole hour before `at`. */
export async function outlookOf(store: Store, budget: SpendBudget, at: Date): Promise<BudgetOutlook> {
  const now = new Date(at.getTime() - (at.getTime() % HOUR_MS));
  // The hour that has just ended belongs to its own period.
  const period = periodOf(budget.per, new Date(now.getTime() - 1));
  const earliest = new Date(Math.min(period.since.getTime(), now.getTime() - HISTORY_MS));
  const { project, model, segment } = budget;
  const asked = { project, model, segment, since: earliest, until: now };
  const hours = await spendByHour(store, asked);
  const calls = await spendCalls(store, { ...asked, periodSince: period.since });
  const first = hours[0]?.hour ?? now;
  const values = Array.from({ length: (now.getTime() - first.getTime()) / HOUR_MS }, () => 0);
  let spent = 0;
  for (const { hour, usd } of hours) {
    values[(hour.getTime() - first.getTime()) / HOUR_MS] = usd;
    if (hour >= period.since) spent += usd;
  }
  const limits = { ...period, now, limit: budget.usd };
  const forecast = forecastSpend({ since: first, values }, spent, limits);
  const finding = budgetFinding(budget, forecast, {
    period: limits,
    spent,
    hours: values.length,
    hoursNeeded: HISTORY_HOURS_MIN - values.length,
  });
  return { budget, period, forecast, spent, calls, finding };
}

/** Judges every budget once an hour, soon after its end, and stores what was found. */
export function createBudgetWatch(
  store: Store,
  budgets: readonly SpendBudget[],
): {
  turn(closed: Date): Promise<void>;
  /** Budgets that no alarm can come of, as of the last hour. */
  warnings(): string[];
} {
  let judgedUntil = 0;
  let warnings: string[] = [];
  return {
    warnings: () => warnings,
    async turn(closed) {
      const hour = closed.getTime() - (closed.getTime() % HOUR_MS);
      if (budgets.length === 0 || hour <= judgedUntil) return;
      const outlooks = [];
      for (const budget of budgets) outlooks.push(await outlookOf(store, budget, new Date(hour)));
      // The same hour again, after a restart, replaces what was found of it.
      await writeFindings(
        store,
        outlooks.map(({ finding }) => finding),
      );
      warnings = outlooks.flatMap(({ budget, calls }) => blindness(budget, calls) ?? []);
      judgedUntil = hour;
    },
  };
}
