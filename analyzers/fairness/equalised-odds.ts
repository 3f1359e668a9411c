import type { GroupTable } from '../../core/group-table.ts';
import { disparitiesOf, type GroupDisparity } from './disparities-of.ts';
import type { FairnessOptions } from './options.ts';

/**
 * Equalised odds: of the inferences whose right answer is yes, do the groups get a yes alike (`disparity:true_positive_rate`),
 * and of those whose right answer is no as well (`disparity:false_positive_rate`)? Needs labels.
 *
 * @param table with the label, 0 or 1, as the first line of each stratum (sql/queries/group-strata.ts, `label`)
 * @param options prediction: signal of zeros and ones that was given, `score:approved`
 * @see Hardt, Price & Srebro (2016)
 */
export function equalisedOdds(
  table: GroupTable,
  options: { prediction: string; familyWise: number; fairness: FairnessOptions },
): GroupDisparity[] {
  const tallies = table.tallies.flatMap((tally) => {
    if (tally.signal !== options.prediction) return [];
    const [label = '', ...rest] = tally.stratum.split('\n');
    const signal = RATES_BY_LABEL.get(label);
    return signal === undefined ? [] : [{ ...tally, signal, stratum: rest.join('\n') }];
  });
  return disparitiesOf({ tallies, pairs: [] }, options);
}

const RATES_BY_LABEL: ReadonlyMap<string, string> = new Map([
  ['1', 'true_positive_rate'],
  ['0', 'false_positive_rate'],
]);
