import { formatCount } from '../../core/format.ts';
import type { SpendBudget } from '../../core/spend-budget.ts';
import type { SpendCalls } from '../../sql/queries/spend.ts';

type Named = Pick<SpendBudget, 'name' | 'project' | 'model' | 'segment'>;

/** Why nothing can be spent of a budget that anybody would see, and what mends it; null if something can. */
export function blindness(budget: Named, { calls, priced, missing }: SpendCalls): string | null {
  const { name, project, model, segment } = budget;
  const said = `Budget “${name}” counts nothing:`;
  if (missing === 'project') return `${said} no inference of project “${project}” is stored`;
  if (missing === 'model')
    return `${said} no inference of model “${model}” in project “${project}” is stored`;
  if (missing === 'segment')
    return `${said} “${segment}” is no segment that is watched in project “${project}”: no inference has it, or it is beyond SEGMENT_VALUES_MAX or SEGMENT_ATTRIBUTES_MAX`;
  if (missing === 'model_in_segment')
    return `${said} no inference of model “${model}” in project “${project}” has “${segment}”`;
  if (calls > 0 && priced === 0)
    return `${said} none of its ${formatCount(calls)} calls has a price (cost_usd, PRICES_FILE)`;
  return null;
}

/** What the spend of a budget leaves out; null if nothing. */
export function unpricedWords(budget: Named, calls: SpendCalls): string | null {
  const unpriced = calls.calls - calls.priced;
  if (unpriced <= 0) return null;
  return `Budget “${budget.name}” leaves out ${formatCount(unpriced)} of ${formatCount(calls.calls)} calls, whose price is not known`;
}
