import { AppError } from '../../core/errors.ts';
import type { Store } from '../../sql/client.ts';
import { budgetsOf } from './budget-watch.ts';
import { type CostQuery, type CostReport, costReport } from './cost-report.ts';

/** Reports that compare models, at once in a process: each holds some 50 MB, and others wait for the same cores. */
const AT_ONCE_MAX = 2;

/** Reports of a store, on the budgets that the settings name when it is asked. @throws AppError `overloaded` */
export function costReporter(
  store: Store,
  settings: Parameters<typeof budgetsOf>[0],
): (query: Omit<CostQuery, 'now'>) => Promise<CostReport> {
  let comparing = 0;
  return async (query) => {
    const report = () => costReport(store, budgetsOf(settings), { ...query, now: new Date() });
    if (!query.hasCheaper) return report();
    if (comparing >= AT_ONCE_MAX)
      throw new AppError(
        'overloaded',
        `${AT_ONCE_MAX} reports compare models now; try again, or with cheaper=no`,
      );
    comparing++;
    try {
      return await report();
    } finally {
      comparing--;
    }
  };
}
