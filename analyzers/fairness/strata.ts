import { GRID_ONE } from '../../core/grid.ts';
import { groupBy } from '../../core/group-by.ts';
import type { GroupPairs, GroupTable, GroupTally } from '../../core/group-table.ts';
import type { Histogram } from '../../core/summary.ts';

/** A group and everybody else in one stratum; `times` of the same one, as counterfactual pairs are. */
export interface Stratum {
  readonly name: string;
  readonly group: Histogram;
  readonly rest: Histogram;
  readonly times: number;
}

/** What is compared: one group against the rest, for one signal. */
export interface GroupSignal {
  readonly attribute: string;
  readonly value: string;
  readonly signal: string;
  /** Whether every value is 0 or 1. */
  readonly kind: 'rate' | 'number';
  /** Ordered by name; a stratum that lacks a side stays: it counts rows. */
  readonly strata: readonly Stratum[];
}

/**
 * Every group of a table against all rows of the same attribute with another value, stratum by stratum, in order of name.
 * A row without the attribute is on neither side.
 */
export function groupSignals(table: GroupTable): GroupSignal[] {
  const pairs = groupBy(table.pairs, nameOf);
  const bySignal = groupBy(table.tallies, ({ attribute, signal }) => JSON.stringify([attribute, signal]));
  const signals = [...bySignal.values()].flatMap((tallies) => signalsOf(tallies, pairs));
  const seen = new Set(signals.map(nameOf));
  for (const [name, ofGroup] of pairs) {
    const [first] = ofGroup;
    if (!first || seen.has(name)) continue;
    const { attribute, value, signal } = first;
    signals.push({ attribute, value, signal, kind: 'rate', strata: ofGroup.flatMap(pairStrata) });
  }
  return signals.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** One signal of one attribute, for each of its values. */
function signalsOf(
  tallies: readonly GroupTally[],
  pairs: ReadonlyMap<string, readonly GroupPairs[]>,
): GroupSignal[] {
  const isBinary = tallies.every(({ bins }) => bins.every(([bin]) => bin === 0 || bin === GRID_ONE));
  const kind = isBinary ? 'rate' : 'number';
  const strata = [...groupBy(tallies, ({ stratum }) => stratum)].sort(byName);
  return [...groupBy(tallies, (tally) => tally.value)].flatMap(([value, [first]]) => {
    if (!first) return [];
    const ordinary = strata.map(([name, inStratum]) => stratumOf(name, inStratum, value));
    const paired = isBinary ? (pairs.get(nameOf(first)) ?? []).flatMap(pairStrata) : [];
    const { attribute, signal } = first;
    return [{ attribute, value, signal, kind, strata: [...ordinary, ...paired] } as const];
  });
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

/** Name of a group's signal; no separator can be forged. */
export function nameOf({ attribute, value, signal }: Omit<GroupSignal, 'kind' | 'strata'>): string {
  return JSON.stringify([attribute, value, signal]);
}

function stratumOf(name: string, tallies: readonly GroupTally[], value: string): Stratum {
  const sides: [Histogram[], Histogram[]] = [[], []];
  for (const tally of tallies) sides[tally.value === value ? 0 : 1].push(tally.bins);
  return { name, group: sumOf(sides[0]), rest: sumOf(sides[1]), times: 1 };
}

/** Ascending union of histograms. */
export function sumOf(parts: readonly Histogram[]): Histogram {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const rows = new Map<number, number>();
  for (const part of parts) for (const [bin, count] of part) rows.set(bin, (rows.get(bin) ?? 0) + count);
  return [...rows].sort(([a], [b]) => a - b);
}

/** A pair is a stratum of two rows: then Mantel and Haenszel's method is McNemar's. */
function pairStrata({ both, groupOnly, restOnly, neither }: GroupPairs): Stratum[] {
  const one: Histogram = [[GRID_ONE, 1]];
  const none: Histogram = [[0, 1]];
  const kinds = [
    { name: 'pair: both', group: one, rest: one, times: both },
    { name: 'pair: group only', group: one, rest: none, times: groupOnly },
    { name: 'pair: neither', group: none, rest: none, times: neither },
    { name: 'pair: rest only', group: none, rest: one, times: restOnly },
  ];
  return kinds.filter(({ times }) => times > 0);
}

/** Rows of a histogram. */
export function rowsOf(histogram: Histogram): number {
  return histogram.reduce((sum, [, rows]) => sum + rows, 0);
}

/** Rows of a rate that are not 0. */
export function eventsOf(histogram: Histogram): number {
  return histogram.reduce((sum, [bin, rows]) => sum + (bin === 0 ? 0 : rows), 0);
}
