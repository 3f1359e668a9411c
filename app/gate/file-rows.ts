import { createHash } from 'node:crypto';
import { type GateRow, type GateSide, sideOf } from '../../analyzers/gate/side.ts';
import { AppError } from '../../core/errors.ts';
import { SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';
import type { MeasuredRow } from '../measure.ts';
import type { ExampleText } from './answer.ts';
import { cutExample } from './open-gate.ts';
import type { GatePlan } from './request.ts';

/** Of one file: beyond it a sample by hash would be needed, which a store does better. */
const FILE_ROWS_MAX = 200_000;

const NUMBERS = SIGNALS.filter(({ kind }) => kind !== 'category').map(({ name }) => name);
const CATEGORIES = SIGNALS.filter(({ kind }) => kind === 'category').map(({ name }) => name);

/** Collects the measured rows of a file as a side, and their texts, cut, for the examples. */
export function createFileSide(pairBy: GatePlan['pairBy'], texts: Map<string, ExampleText>) {
  const rows: GateRow[] = [];
  return {
    add(measured: readonly MeasuredRow[]): void {
      if (rows.length + measured.length > FILE_ROWS_MAX)
        throw new AppError(
          'invalid_input',
          `a file may hold ${FILE_ROWS_MAX} inferences to be compared; import larger ones, and select by version`,
        );
      for (const row of measured) {
        rows.push(rowOf(row, pairBy));
        texts.set(
          String(row['id']),
          cutExample({ prompt: userText(row), response: textOf(row['response']) }),
        );
      }
    },
    side: (): GateSide => sideOf(rows),
  };
}

function rowOf(row: MeasuredRow, pairBy: GatePlan['pairBy']): GateRow {
  const numbers: Record<string, number> = {};
  for (const name of NUMBERS) {
    const value = row[name];
    if (typeof value === 'number') numbers[name] = value;
  }
  const scores = (row['scores'] ?? {}) as Record<string, number>;
  for (const [name, value] of Object.entries(scores)) numbers[`${SCORE_PREFIX}${name}`] = value;
  return {
    id: String(row['id']),
    unit: textOf(row['session']) || textOf(row['user']) || String(row['id']),
    pair: pairKey(row, pairBy),
    numbers,
    categories: Object.fromEntries(CATEGORIES.map((name) => [name, textOf(row[name])])),
    groups: (row['groups'] ?? {}) as Record<string, string>,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function pairKey(row: MeasuredRow, pairBy: GatePlan['pairBy']): string | null {
  if (pairBy === 'none') return null;
  if (pairBy !== 'prompt') {
    const { field, key } = pairBy;
    const value = key === '' ? row[field] : (row[field] as Record<string, unknown> | undefined)?.[key];
    return textOf(value) || null;
  }
  const text = userText(row).trim().toLowerCase().replace(/\s+/g, ' ');
  return text === '' ? null : createHash('sha256').update(text).digest('base64');
}

/** All that the user said: what sql/queries/gate-rows.ts says in SQL. */
function userText(row: MeasuredRow): string {
  if (textOf(row['prompt']) !== '') return textOf(row['prompt']);
  const messages = typeof row['messages'] === 'string' ? JSON.parse(row['messages']) : row['messages'];
  if (!Array.isArray(messages)) return '';
  return (messages as { role?: unknown; content?: unknown }[])
    .filter(({ role }) => role === 'user' || role === 'human')
    .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content ?? '')))
    .join('\n');
}
