/** What may be spent in a period, and on what. */
export interface SpendBudget {
  readonly name: string;
  /** Empty: `default`, where records without a project are. */
  readonly project: string;
  /** Empty: all models. */
  readonly model: string;
  /** `attribute=value`; empty: all inferences. */
  readonly segment: string;
  readonly usd: number;
  readonly per: 'day' | 'week' | 'month';
}

/** Name of the signal whose findings tell of a budget: `budget:` and its name. */
export const BUDGET_PREFIX = 'budget:';
/** Stands for the model in what is said of a budget over all of them. */
export const ALL_MODELS = '(all models)';

/** The calendar period, in UTC, that an instant lies in: a week begins on Monday. Half-open [since, until). */
export function periodOf(per: SpendBudget['per'], at: Date): { readonly since: Date; readonly until: Date } {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  if (per === 'month')
    return { since: new Date(Date.UTC(year, month, 1)), until: new Date(Date.UTC(year, month + 1, 1)) };
  const first = per === 'week' ? day - ((at.getUTCDay() + 6) % 7) : day;
  const days = per === 'week' ? 7 : 1;
  return {
    since: new Date(Date.UTC(year, month, first)),
    until: new Date(Date.UTC(year, month, first + days)),
  };
}
