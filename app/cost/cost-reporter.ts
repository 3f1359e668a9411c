import type { Store } from '../../sql/client.ts';
import { budgetsOf } from './budget-watch.ts';
import { type CostQuery, type CostReport, costReport } from './cost-report.ts';

/** Reports of a store, on the budgets that the settings name when it is asked. */
export function costReporter(
  store: Store,
  settings: Parameters<typeof budgetsOf>[0],
): (query: Omit<CostQuery, 'now'>) => Promise<CostReport> {
  return (query) => costReport(store, budgetsOf(settings), { ...query, now: new Date() });
}
