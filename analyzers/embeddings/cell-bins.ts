import type { Bins } from '../categories/bins.ts';
import { type Counts, OTHER } from '../categories/counts.ts';

/** A centre's number, with a `+` for each level that a text lies beyond. */
const CELL = /^(\d+)(\+*)$/;
const LEVELS = 3;

/**
 * Every cell of a map as a bin: each centre inside, beyond its first and beyond its second level. What is bet on besides
 * the learned direction is how many texts lie beyond each level, over all centres: novelty, or its opposite.
 *
 * @param reference counts by cell, without the id of the map
 */
export function cellBins(reference: Counts): Bins {
  const centres =
    1 + reference.reduce((last, [name]) => Math.max(last, Number(CELL.exec(name)?.[1] ?? 0)), 0);
  const cells = Array.from({ length: centres * LEVELS }, (_, bin) => nameOf(bin));
  const other = cells.length;
  return {
    names: [...cells, OTHER],
    of(name) {
      const [, centre, beyond = ''] = CELL.exec(name) ?? [];
      const bin = LEVELS * Number(centre) + Math.min(beyond.length, LEVELS - 1);
      return centre === undefined || bin >= other ? other : bin;
    },
    groups: [1, 2].map((level) => cells.flatMap((_, bin) => (bin % LEVELS >= level ? [bin] : []))),
  };
}

const nameOf = (bin: number): string => `${Math.floor(bin / LEVELS)}${'+'.repeat(bin % LEVELS)}`;
