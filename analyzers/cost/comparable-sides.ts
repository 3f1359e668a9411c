import { groupBy } from '../../core/group-by.ts';
import { pairsOf } from '../gate/pairs.ts';
import { type GateSide, NOWHERE } from '../gate/side.ts';

/** Two sides that answered the same kind of traffic. */
export interface ComparableSides {
  readonly dear: GateSide;
  readonly cheap: GateSide;
  /** `prompts`: of the same prompts; `strata`: as many rows of each kind of prompt on both sides. */
  readonly by: 'prompts' | 'strata';
  /** Share of the dear side's rows whose kind of prompt the cheap one answers too. */
  readonly coverage: number;
}

/** Below this a kind of prompt is too rare on the cheap side to say that it answers such prompts. */
const STRATUM_ROWS_MIN = 5;

/**
 * What of two sides can be compared: all of them where enough prompts are the same, else rows that are alike in number by
 * stratum, so that no side has the easier prompts as far as strata tell.
 *
 * @param stratumOf name of a row's kind of prompt
 */
export function comparableSides(
  dear: GateSide,
  cheap: GateSide,
  stratumOf: (side: GateSide, row: number) => string,
): ComparableSides {
  const [old, now] = [dear, cheap].map((side) =>
    groupBy(
      side.ids.map((_, row) => row),
      (row) => stratumOf(side, row),
    ),
  ) as [Map<string, number[]>, Map<string, number[]>];
  const shared = [...old].flatMap(([name, rows]) => {
    const others = now.get(name) ?? [];
    return others.length < STRATUM_ROWS_MIN ? [] : [{ rows, others }];
  });
  const covered = shared.reduce((sum, { rows }) => sum + rows.length, 0);
  const coverage = dear.rows === 0 ? 0 : covered / dear.rows;
  if (pairsOf(dear, cheap).length > 0) return { dear, cheap, by: 'prompts', coverage };
  const [fromDear, fromCheap]: [number[], number[]] = [[], []];
  for (const { rows, others } of shared) {
    const count = Math.min(rows.length, others.length);
    fromDear.push(...spread(rows, count));
    fromCheap.push(...spread(others, count));
  }
  return { dear: rowsOf(dear, fromDear), cheap: rowsOf(cheap, fromCheap), by: 'strata', coverage };
}

/** So many of them, at even distances: rows come in order of time, and none of it counts more. */
function spread(rows: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, place) => rows[Math.floor((place * rows.length) / count)] ?? 0);
}

function rowsOf(side: GateSide, rows: readonly number[]): GateSide {
  const pick = <T>(values: readonly T[], missing: T): T[] => rows.map((row) => values[row] ?? missing);
  return {
    rows: rows.length,
    ids: pick(side.ids, ''),
    units: pick(side.units, ''),
    // What has no counterpart as a whole must not be paired by the few that have one.
    pairs: rows.map(() => null),
    columns: new Map(
      [...side.columns].map(([signal, column]) => [
        signal,
        Float64Array.from(rows, (row) => column[row] ?? Number.NaN),
      ]),
    ),
    categories: pick(side.categories, {}),
    groups: pick(side.groups, {}),
    places: pick(side.places, NOWHERE),
    leftOut: side.leftOut + side.rows - rows.length,
  };
}
