import { readRunbook, runbookNames } from '../../../alerts/rules/runbooks.ts';
import { AppError } from '../../../core/errors.ts';
import type { RunbookAnswer } from '../../../dashboards/page/api-views.ts';

/** A page of docs/runbooks as it was written. Throws `not_found`, with the names that there are, for any other name. */
export async function runbookAnswer(name: string): Promise<RunbookAnswer> {
  const markdown = await readRunbook(name);
  if (markdown === null)
    throw new AppError('not_found', `no runbook has this name; there are ${runbookNames().join(', ')}`);
  return { name, markdown };
}
