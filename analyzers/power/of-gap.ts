import { GRID_ONE } from '../../core/grid.ts';
import { type GroupTable, type GroupTally, OTHER_VALUE } from '../../core/group-table.ts';
import type { Histogram } from '../../core/summary.ts';
import type { Sample } from '../drift/sample.ts';
import { designEffectOf, NO_SCATTER } from '../fairness/design-effect.ts';
import { type DisparityState, stepGroups } from '../fairness/disparities.ts';
import { DEFAULT_FAIRNESS_OPTIONS } from '../fairness/options.ts';
import { nameOf } from '../fairness/strata.ts';
import type { FamilyReading } from '../family.ts';
import { drawBinomial, numbersAt } from './draws.ts';
import { middlingCase, type Outlook, type PowerAnswer } from './outlook.ts';

export interface GapQuestion {
  /** Without `disparity:`. */
  readonly signal: string;
  readonly attribute: string;
  readonly value: string;
  readonly state: DisparityState;
  /** The signal's values, where it is a number: a gap keeps ranks only. */
  readonly numbers: Sample | null;
  /** What the group gets over what the rest gets, less one: of a rate its share of events, of a number each value. */
  readonly change: number;
  /** Its rows are those that have the attribute. */
  readonly outlook: Outlook;
  /** False alarms that the signal may give per window over all groups (budget.ts). */
  readonly level: number;
  readonly isTold?: (reading: FamilyReading) => boolean;
}

/** A group of an attribute, by what was seen of it of late. */
interface Side {
  readonly value: string;
  /** Of the rows that have the attribute. */
  readonly share: number;
}

/**
 * How long the real detectors of disparities take for a gap between one group and the rest: groups as large as they are, matched as well as
 * they are, rows as dependent as they are, and every other group gets what the rest gets. Rows are the group's. Null if most draws do not call it.
 */
export function windowsToSeeGap(question: GapQuestion): PowerAnswer | null {
  const { signal, attribute, value, state, outlook, level, isTold = () => true } = question;
  const segment = `${attribute}=${value}`;
  const context = { levelOf: () => level, versionShare: 0, siblings: [] };
  const sides = sidesOf(question);
  const own = sides.find((side) => side.value === value)?.share ?? 0;
  const seen = middlingCase(outlook, (random) => {
    let now = started(state, signal);
    const tableOf = drawnTable(question, sides, random);
    return ({ since, until, rows, isChanged }) => {
      const at = { window: { since, until }, context, options: DEFAULT_FAIRNESS_OPTIONS };
      const step = stepGroups(now, tableOf(rows, isChanged), at);
      now = step.state;
      return step.readings.some(
        (reading) => reading.segment === segment && reading.outcome === 'alarm' && isTold(reading),
      );
    };
  });
  return seen && { ...seen, rows: Math.round(seen.rows * own) };
}

/** The state with its bounds and what it knows of the rows, of one signal, without what has been added up. */
function started(state: DisparityState, signal: string): DisparityState {
  const groups = Object.entries(state.groups)
    .filter(([name]) => JSON.parse(name)[2] === signal)
    .map(([name, watch]) => [name, { ...watch, up: null, down: null, standing: null }] as const);
  return { ...state, groups: Object.fromEntries(groups) };
}

/** The groups of the attribute that have the signal, and what is in none of them. */
function sidesOf({ state, signal, attribute }: GapQuestion): Side[] {
  const known = (state.values[attribute] ?? []).flatMap((value) => {
    const watch = state.groups[nameOf({ attribute, value, signal })];
    return watch ? [{ value, rows: watch.long.group.rows, all: rowsOfGap(watch.long) }] : [];
  });
  const all = Math.max(...known.map((side) => side.all));
  const named = known.reduce((sum, { rows }) => sum + rows, 0);
  const total = Math.max(all, named);
  const sides = known.map(({ value, rows }) => ({ value, share: rows / total }));
  const other = (total - named) / total;
  return other > OTHER_MIN ? [...sides, { value: OTHER_VALUE, share: other }] : sides;
}

/** Groups fade from different days on, so that their sums differ a little. */
const OTHER_MIN = 0.02;

/** Rows of both sides. */
export const rowsOfGap = ({
  group,
  rest,
}: {
  readonly group: { readonly rows: number };
  readonly rest: { readonly rows: number };
}): number => group.rows + rest.rows;

/** Windows of the groups: those rows that are matched in one stratum, the others each in one of their own. */
function drawnTable(question: GapQuestion, sides: readonly Side[], random: () => number) {
  const { state, signal, attribute, value, numbers, change } = question;
  const long = state.groups[nameOf({ attribute, value, signal })]?.long;
  if (!long) return (): GroupTable => ({ tallies: [], pairs: [] });
  const all = rowsOfGap(long);
  const whole = (long.group.rows * long.rest.rows) / Math.max(1, all);
  const matched = whole > 0 ? Math.min(1, long.weight / whole) : 0;
  const units = designEffectOf(state.scatter[signal] ?? NO_SCATTER);
  const rate = long.kind === 'rate' ? long.rest.events / Math.max(1, long.rest.rows) : null;
  const binsOf = (rows: number, more: number): Histogram => {
    if (rate !== null) return rateBins(rows, { rate: Math.min(1, rate * (1 + more)), units, random });
    return numbers ? numbersAt(numbers, { rows, change: more, effect: units, random }).bins : [];
  };
  return (rows: number, isChanged: boolean): GroupTable => {
    const tallies = sides.flatMap((side): GroupTally[] => {
      const own = Math.floor(rows * side.share + random());
      const inCommon = Math.floor(own * matched + random());
      const more = isChanged && side.value === value ? change : 0;
      return [
        tallyOf({ signal, attribute, value: side.value, stratum: 'all' }, binsOf(inCommon, more)),
        tallyOf(
          { signal, attribute, value: side.value, stratum: `of ${side.value} alone` },
          binsOf(own - inCommon, more),
        ),
      ];
    });
    return { tallies: tallies.filter(({ count }) => count > 0), pairs: [] };
  };
}

/** Events come in groups of as many rows as the design effect says. */
function rateBins(rows: number, at: { rate: number; units: number; random: () => number }): Histogram {
  const groups = Math.max(1, Math.round(rows / at.units));
  const events = Math.min(rows, Math.round((drawBinomial(groups, at.rate, at.random) * rows) / groups));
  return [[0, rows - events] as const, [GRID_ONE, events] as const].filter(([, count]) => count > 0);
}

/** Without units: how rows depend on each other is known. */
function tallyOf(
  of: Pick<GroupTally, 'signal' | 'attribute' | 'value' | 'stratum'>,
  bins: Histogram,
): GroupTally {
  const count = bins.reduce((sum, [, rows]) => sum + rows, 0);
  const nothing = { sum: 0, sumSquares: 0, units: 0, unitRowSquares: 0, unitCross: 0, unitSumSquares: 0 };
  return { ...of, ...nothing, count, bins };
}
