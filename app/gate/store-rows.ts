import type { CanaryUnit } from '../../analyzers/gate/canary.ts';
import { type GateRow, type GateSide, sideOf } from '../../analyzers/gate/side.ts';
import type { Store } from '../../sql/client.ts';
import {
  begunRows,
  gateRows,
  numbersOf,
  type Selector,
  type StoredGateRow,
} from '../../sql/queries/gate-rows.ts';
import type { GatePlan } from './request.ts';

/** Of each side. Forty numbers a row, and two places of 64 axes: 50 MB a side at most, and a few seconds of one core. */
export const SIDE_ROWS_MAX = 20_000;

/** One side of a plan, from the store. */
export async function storedSide(
  store: Store,
  plan: Pick<GatePlan, 'project' | 'since' | 'until' | 'pairBy'>,
  where: readonly Selector[],
  limit = SIDE_ROWS_MAX,
): Promise<GateSide> {
  const { rows, total } = await gateRows(store, { ...plan, where, limit });
  return sideOf(rows.map(toGateRow), Math.max(0, total - rows.length));
}

function toGateRow(row: StoredGateRow): GateRow {
  const { id, unit, pair, categories, groups, places } = row;
  return { id, unit, pair: pair === '' ? null : pair, numbers: numbersOf(row), categories, groups, places };
}

/**
 * Units that began in [since, until), oldest first, each with what it did in its first `settleMs`: all of them by one law, however
 * soon after they began one looks. One that has rows in [from, since) began before.
 */
export async function storedUnits(
  store: Store,
  plan: Omit<GatePlan, 'options' | 'since' | 'until'>,
  at: { where: readonly Selector[]; from: Date; since: Date; until: Date; settleMs: number },
  limit = SIDE_ROWS_MAX,
): Promise<CanaryUnit[]> {
  const { settleMs, until: begunUntil, ...span } = at;
  const until = new Date(begunUntil.getTime() + settleMs);
  const rows = await begunRows(store, { ...plan, ...span, begunUntil, until, limit });
  const units = new Map<string, [StoredGateRow, ...StoredGateRow[]]>();
  for (const row of rows) {
    const own = units.get(row.unit);
    if (!own) units.set(row.unit, [row]);
    else if (row.timestamp.getTime() <= own[0].timestamp.getTime() + settleMs) own.push(row);
  }
  return [...units.values()].map((own) => ({
    pair: own[0].pair || null,
    numbers: meansOf(own.map(numbersOf)),
  }));
}

function meansOf(rows: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const row of rows)
    for (const [name, value] of Object.entries(row)) {
      const before = sums.get(name) ?? { sum: 0, count: 0 };
      sums.set(name, { sum: before.sum + value, count: before.count + 1 });
    }
  return Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count]));
}
