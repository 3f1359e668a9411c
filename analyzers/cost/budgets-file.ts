import { z } from 'zod';
import type { SpendBudget } from '../../core/spend-budget.ts';
import { type Path, parseYamlSettings, type SettingFault } from '../../core/yaml-settings.ts';

/** Each is a forecast of a thousand futures an hour. */
const BUDGETS_MAX = 100;

const Budget = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, 'expected up to 64 letters, digits, "_", "." and "-"'),
  project: z.string().min(1).default('default'),
  model: z.string().default(''),
  segment: z
    .string()
    .regex(/^[^=]+=.+$/, 'expected attribute=value')
    .or(z.literal(''))
    .default(''),
  usd: z.number().positive(),
  per: z.enum(['day', 'week', 'month']).default('month'),
});
const File = z.strictObject({ budgets: z.array(Budget).max(BUDGETS_MAX).default([]) });

const BUDGET_KEYS = Object.keys(Budget.shape);

/**
 * The budgets that a file says (docs/cost.md).
 *
 * @param file name of the file, for what is said about it
 * @throws AppError `invalid_input` that tells every fault with line and column
 */
export function parseBudgetsFile(text: string, file: string): readonly SpendBudget[] {
  return parseYamlSettings(text, { file, schema: File, keysAt, faultsOf: repeatedNames }).budgets;
}

const keysAt = (path: Path): readonly string[] => (path.length === 0 ? ['budgets'] : BUDGET_KEYS);

function repeatedNames({ budgets }: z.output<typeof File>): SettingFault[] {
  return budgets.flatMap(({ name }, index) =>
    budgets.findIndex((other) => other.name === name) < index
      ? [{ path: ['budgets', index, 'name'], message: `${name} is the name of another budget` }]
      : [],
  );
}
