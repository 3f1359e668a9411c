import type { MixShare, ValueShare } from '../../core/cause.ts';
import { clusteredError, estimateOf, meanChange } from './group-change.ts';
import type { CauseAttribute, CauseTable } from './table.ts';

/** Per value of an attribute, rows and mean score of each side. */
interface Cells {
  readonly rows: readonly [before: Float64Array, after: Float64Array];
  readonly means: readonly [before: Float64Array, after: Float64Array];
}

/** Values shown; the others are put together. */
const VALUES_SHOWN = 8;
const REST = '(other)';
const SHARE_KNOWN_MIN = 0.01;

/**
 * How much of the change of the mean is that other inferences arrive (`mix`), and how much that the same are answered otherwise (`within`), by one
 * attribute (Kitagawa 1955): Δ = Σ (w1 − w0)(m0_s − m0) + Σ w1 (m1_s − m0_s), exactly. A value that is new has no mean before: what it adds is mix.
 * Intervals by the delta method, the rows of a session together. O(rows).
 */
export function mixShare(table: CauseTable, attribute: CauseAttribute): MixShare {
  const { means, value: change } = meanChange(table);
  const cells = cellsOf(table, attribute);
  const [sizeBefore, sizeAfter] = [Math.max(1, means.before.rows), Math.max(1, means.after.rows)];
  const values = attribute.values.map((value, code): ValueShare => {
    const shareBefore = (cells.rows[0][code] ?? 0) / sizeBefore;
    const shareAfter = (cells.rows[1][code] ?? 0) / sizeAfter;
    const meanAfter = cells.means[1][code] ?? 0;
    const meanBefore = shareBefore > 0 ? (cells.means[0][code] ?? 0) : meanAfter;
    return {
      value,
      shareBefore,
      shareAfter,
      mix: (shareAfter - shareBefore) * (meanBefore - means.before.mean),
      within: shareAfter * (meanAfter - meanBefore),
    };
  });
  const mix = values.reduce((sum, one) => sum + one.mix, 0);
  const influence = (row: number): number => {
    const code = attribute.codes[row] ?? 0;
    const score = table.scores[row] ?? 0;
    const { shareBefore, shareAfter } = values[code] ?? { shareBefore: 0, shareAfter: 0 };
    const known = shareBefore > 0 ? (cells.means[0][code] ?? 0) : score;
    if (table.isAfter[row] === 1) return (known - means.before.mean - mix) / sizeAfter;
    return ((shareAfter / shareBefore - 1) * (score - known) - (known - means.before.mean)) / sizeBefore;
  };
  const whole = (row: number): number => {
    const score = table.scores[row] ?? 0;
    return table.isAfter[row] === 1
      ? (score - means.after.mean) / sizeAfter
      : -(score - means.before.mean) / sizeBefore;
  };
  return {
    attribute: attribute.name,
    mix: estimateOf(mix, clusteredError(table, influence)),
    within: estimateOf(
      change - mix,
      clusteredError(table, (row) => whole(row) - influence(row)),
    ),
    values: shown(values),
  };
}

/**
 * How alike the two sides are in an attribute. `common`: what their shares have in common, Σ min(w0, w1); `known`: the share of the inferences after whose
 * value at least one in a hundred had before.
 */
export function sharesOf(
  table: CauseTable,
  attribute: CauseAttribute,
): { readonly common: number; readonly known: number } {
  const [before, after] = cellsOf(table, attribute).rows;
  const [sizeBefore, sizeAfter] = [before, after].map((rows) =>
    Math.max(
      1,
      rows.reduce((sum, one) => sum + one, 0),
    ),
  ) as [number, number];
  let [common, known] = [0, 0];
  after.forEach((rows, code) => {
    const [shareBefore, shareAfter] = [(before[code] ?? 0) / sizeBefore, rows / sizeAfter];
    common += Math.min(shareBefore, shareAfter);
    if (shareBefore >= SHARE_KNOWN_MIN) known += shareAfter;
  });
  return { common, known };
}

function cellsOf({ rows, scores, isAfter }: CauseTable, { values, codes }: CauseAttribute): Cells {
  const counts = [new Float64Array(values.length), new Float64Array(values.length)] as const;
  const sums = [new Float64Array(values.length), new Float64Array(values.length)] as const;
  for (let row = 0; row < rows; row++) {
    const side = isAfter[row] === 1 ? 1 : 0;
    const code = codes[row] ?? 0;
    counts[side][code] = (counts[side][code] ?? 0) + 1;
    sums[side][code] = (sums[side][code] ?? 0) + (scores[row] ?? 0);
  }
  const mean = (side: 0 | 1) => sums[side].map((sum, code) => sum / Math.max(1, counts[side][code] ?? 0));
  return { rows: counts, means: [mean(0), mean(1)] };
}

function shown(values: readonly ValueShare[]): ValueShare[] {
  const size = ({ mix, within }: ValueShare): number => Math.abs(mix) + Math.abs(within);
  const ordered = values.toSorted((a, b) => size(b) - size(a));
  const rest = ordered.slice(VALUES_SHOWN);
  if (rest.length === 0) return ordered;
  const sum = (of: (one: ValueShare) => number): number => rest.reduce((total, one) => total + of(one), 0);
  return [
    ...ordered.slice(0, VALUES_SHOWN),
    {
      value: REST,
      shareBefore: sum((one) => one.shareBefore),
      shareAfter: sum((one) => one.shareAfter),
      mix: sum((one) => one.mix),
      within: sum((one) => one.within),
    },
  ];
}
