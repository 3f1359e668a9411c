import { sideMeans } from './group-change.ts';
import type { CauseTable } from './table.ts';

/** What each row says about where the change is larger than elsewhere. Sums over rows are what a subset is scored by. */
export interface Evidence {
  /** Positive where it changed more than the whole did; adds up to about 0. */
  readonly signed: Float64Array;
  /** Variance of `signed` where the change is the same everywhere, in units of `variance`. */
  readonly weights: Float64Array;
  readonly weightTotal: number;
  readonly variance: number;
}

/** Rounds of fitting one attribute after the other; attributes hang together, and what is left after these is small. */
const ROUNDS = 4;
/** A value of few rows is drawn towards no effect, as if there were so many rows more without one. */
const SHRINKAGE_ROWS = 10;

/**
 * What is left of the scores after the level of every value of every attribute and one change that is the same for all: what is left after the change
 * counts for, what is left before it against. Values that always were different, and a mix that changed, leave nothing; a
 * subset whose level moved more than the others' leaves its share on both sides. O(rows · attributes).
 *
 * @param direction 1: where it rose more; −1: where it fell more
 */
export function evidenceOf(table: CauseTable, direction: 1 | -1): Evidence {
  const residuals = residualsOf(table);
  const { before, after } = sideMeans(table);
  const ratio = before.rows === 0 ? 0 : after.rows / before.rows;
  const signed = new Float64Array(table.rows);
  const weights = new Float64Array(table.rows);
  let [weightTotal, squares] = [0, 0];
  for (let row = 0; row < table.rows; row++) {
    const residual = residuals[row] ?? 0;
    const factor = table.isAfter[row] === 1 ? 1 : -ratio;
    signed[row] = direction * factor * residual;
    weights[row] = factor * factor;
    weightTotal += factor * factor;
    squares += residual * residual;
  }
  return { signed, weights, weightTotal, variance: squares / Math.max(1, table.rows) };
}

/** Backfitting of an additive model (Friedman & Stuetzle 1981): a level for each side and one for each value. */
function residualsOf(table: CauseTable): Float64Array {
  const { before, after } = sideMeans(table);
  const residuals = table.scores.map(
    (score, row) => score - (table.isAfter[row] === 1 ? after.mean : before.mean),
  );
  const sides = { values: ['before', 'after'], codes: table.isAfter };
  for (let round = 0; round < ROUNDS; round++)
    for (const attribute of [...table.attributes, sides]) takeLevels(residuals, attribute);
  return residuals;
}

function takeLevels(
  residuals: Float64Array,
  { values, codes }: { values: readonly string[]; codes: Uint16Array | Uint8Array },
): void {
  const sums = new Float64Array(values.length);
  const counts = new Float64Array(values.length);
  for (let row = 0; row < residuals.length; row++) {
    const code = codes[row] ?? 0;
    sums[code] = (sums[code] ?? 0) + (residuals[row] ?? 0);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  const levels = sums.map((sum, code) => sum / ((counts[code] ?? 0) + SHRINKAGE_ROWS));
  for (let row = 0; row < residuals.length; row++)
    residuals[row] = (residuals[row] ?? 0) - (levels[codes[row] ?? 0] ?? 0);
}
