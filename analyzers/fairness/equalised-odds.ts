import { GRID_ONE } from '../../core/grid.ts';
import type { GroupTable, GroupTally } from '../../core/group-table.ts';
import { FALSE_POSITIVE_PREFIX, TRUE_POSITIVE_PREFIX } from '../../core/signals.ts';

/** A decision among inferences whose right answer is known. */
export interface Odds {
  /** Of signals `true_positive_rate:…` and `false_positive_rate:…`, for any detector of rates. */
  readonly tallies: readonly GroupTally[];
  /** Why there are none: nothing was decided, no inference has a label, or what was decided is no yes or no. */
  readonly lacks: 'prediction' | 'labels' | 'rate' | null;
}

/**
 * Equalised odds: of the inferences whose right answer is yes, do the groups get a yes alike (true positives), and of
 * those whose right answer is no as well (false positives)? Either is a rate of a group against the rest, of strata without
 * the label, which every detector of disparities takes.
 *
 * @param table with the label, 0 or 1, as the first line of each stratum (sql/queries/group-strata.ts, `label`)
 * @param prediction signal of zeros and ones that was given, `score:approved`
 * @see Hardt, Price & Srebro (2016)
 */
export function oddsOf(table: GroupTable, prediction: string): Odds {
  const given = table.tallies.filter(({ signal }) => signal === prediction);
  if (given.length === 0) return { tallies: [], lacks: 'prediction' };
  if (!given.every(isBinary)) return { tallies: [], lacks: 'rate' };
  const tallies = given.flatMap((tally) => {
    const [label = '', ...rest] = tally.stratum.split('\n');
    const prefix = PREFIXES_BY_LABEL.get(label);
    return prefix === undefined
      ? []
      : [{ ...tally, signal: `${prefix}${prediction}`, stratum: rest.join('\n') }];
  });
  return { tallies, lacks: tallies.length === 0 ? 'labels' : null };
}

const isBinary = ({ bins }: GroupTally): boolean => bins.every(([bin]) => bin === 0 || bin === GRID_ONE);

const PREFIXES_BY_LABEL: ReadonlyMap<string, string> = new Map([
  ['1', TRUE_POSITIVE_PREFIX],
  ['0', FALSE_POSITIVE_PREFIX],
]);
